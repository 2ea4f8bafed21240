import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from './clock.ts';
import { type Leave, RequestGate, type RequestLimits } from './request-limits.ts';

/** Stands still until it is moved. */
class GivenClock implements Clock {
  #nowMs = 0;
  readonly #sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  wait(timeMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { atMs: this.#nowMs + timeMs, wake: () => resolve() };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', sleeper.wake);
    });
  }

  advance(timeMs: number): void {
    this.#nowMs += timeMs;
    for (const { atMs, wake } of this.#sleepers) if (atMs <= this.#nowMs) wake();
  }
}

/** Requests that want to go, and those that went, by name. */
class Requests {
  readonly clock = new GivenClock();
  readonly went: string[] = [];
  readonly #gate: RequestGate;
  readonly #leave = new Map<string, Leave>();
  readonly signal = new AbortController();

  constructor(limits: RequestLimits) {
    this.#gate = new RequestGate(limits, this.clock);
  }

  async come(...names: readonly string[]): Promise<readonly string[]> {
    for (const name of names) void this.#enter(name);
    return this.after(0);
  }

  async leave(name: string): Promise<readonly string[]> {
    this.#leave.get(name)?.();
    return this.after(0);
  }

  /** Who went by then. */
  async after(timeMs: number): Promise<readonly string[]> {
    this.clock.advance(timeMs);
    await setImmediate();
    return this.went.splice(0);
  }

  async #enter(name: string): Promise<void> {
    const leave = await this.#gate.enter(this.signal.signal);
    this.#leave.set(name, leave);
    this.went.push(name);
  }
}

describe('RequestGate', () => {
  it('lets a burst go at once, then so many a second', async () => {
    const requests = new Requests({ qps: 2, burst: 3 });
    assert.deepEqual(await requests.come('a', 'b', 'c', 'd', 'e', 'f'), ['a', 'b', 'c']);
    assert.deepEqual(await requests.after(499), []);
    assert.deepEqual(await requests.after(1), ['d']);
    assert.deepEqual(await requests.after(1000), ['e', 'f']);
  });

  it('saves no more than a burst while nobody asks', async () => {
    const requests = new Requests({ qps: 2, burst: 2 });
    await requests.after(60_000);
    assert.deepEqual(await requests.come('a', 'b', 'c'), ['a', 'b']);
    assert.deepEqual(await requests.after(500), ['c']);
  });

  for (const limits of [{}, { qps: 0, burst: 0, maxInflight: 0 }]) {
    it(`has the defaults of client-go, 5 a second and 10 at once, with ${JSON.stringify(limits)}`, async () => {
      const requests = new Requests(limits);
      const names = Array.from({ length: 12 }, (_, i) => String(i));
      assert.equal((await requests.come(...names)).length, 10);
      assert.deepEqual(await requests.after(200), ['10']);
      assert.deepEqual(await requests.after(200), ['11']);
    });
  }

  it('lets no more go than may be under way, first come first', async () => {
    const requests = new Requests({ qps: 1000, burst: 1000, maxInflight: 2 });
    assert.deepEqual(await requests.come('a', 'b', 'c', 'd'), ['a', 'b']);
    assert.deepEqual(await requests.leave('b'), ['c']);
    assert.deepEqual(await requests.leave('b'), [], 'it left before');
    assert.deepEqual(await requests.leave('a'), ['d']);
    assert.deepEqual(await requests.leave('c'), []);
    assert.deepEqual(await requests.come('e'), ['e']);
  });

  it('saves no tokens for those who wait for a place', async () => {
    const requests = new Requests({ qps: 1, burst: 1, maxInflight: 1 });
    assert.deepEqual(await requests.come('a', 'b', 'c'), ['a']);
    await requests.after(60_000);
    assert.deepEqual(await requests.leave('a'), ['b']);
    assert.deepEqual(await requests.leave('b'), []);
    assert.deepEqual(await requests.after(1000), ['c']);
  });

  it('lets all go when the signal aborts, for nothing to wait for ever', async () => {
    const requests = new Requests({ qps: 1, burst: 1, maxInflight: 1 });
    await requests.come('a', 'b');
    requests.signal.abort();
    assert.deepEqual(await requests.after(0), ['b']);
    assert.deepEqual(await requests.come('c'), ['c']);
  });
});

/** A clock for tests: stands still until it is moved. */
import type { Clock, Timer } from './clock.ts';

export class GivenClock implements Clock {
  #nowMs = Date.parse('2026-03-01T03:12:00Z');
  readonly #sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  elapsedMs(): number {
    return this.#nowMs;
  }

  sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { atMs: this.#nowMs + durationMs, wake: () => wake() };
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.#sleepers.delete(sleeper);
        resolve();
      };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', wake);
    });
  }

  after(durationMs: number, call: () => void): Timer {
    const sleeper = { atMs: this.#nowMs + durationMs, wake: () => wake() };
    const wake = () => {
      this.#sleepers.delete(sleeper);
      call();
    };
    this.#sleepers.add(sleeper);
    return { cancel: () => this.#sleepers.delete(sleeper) };
  }

  /** Wakes all whose time has come by then. */
  advance(durationMs: number): void {
    this.#nowMs += durationMs;
    for (const sleeper of this.#sleepers) if (sleeper.atMs <= this.#nowMs) sleeper.wake();
  }
}

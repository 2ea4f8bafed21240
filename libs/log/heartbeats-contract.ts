/** The laws of heartbeats, as tests that run on every adapter beside those of the log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Heard, Heartbeats } from './heartbeats.ts';

/** Beats may be lost, so they are said until one is heard. */
const AGAIN_MS = 20;

/** `here` and `there`: of two processes, where the medium allows for more than one. */
export function testHeartbeats(heartbeats: () => readonly [Heartbeats, Heartbeats]): void {
  test('a beat is heard by whoever listens, with its cluster', async () => {
    const [here, there] = heartbeats();
    const ended = new AbortController();
    const data = new TextEncoder().encode('one');
    const saying = until(ended.signal, () => here.beat('east', data));
    const heard: Heard[] = [];
    for await (const one of there.hear(ended.signal)) {
      heard.push(one);
      if (one.kind === 'beat') ended.abort();
    }
    await saying;
    assert.deepEqual(heard[0], { kind: 'hearing' });
    const beat = heard.find((one) => one.kind === 'beat');
    assert.deepEqual(beat && [beat.cluster, Buffer.from(beat.data).toString()], ['east', 'one']);
  });

  test('a question reaches watchers', async () => {
    const [here, there] = heartbeats();
    const ended = new AbortController();
    const asking = until(ended.signal, () => here.ask());
    for await (const _ of there.asked(ended.signal)) ended.abort();
    await asking;
  });

  test('hearing ends with the signal, heard or not', async () => {
    const [here] = heartbeats();
    const ended = new AbortController();
    const hearing = here.hear(ended.signal)[Symbol.asyncIterator]();
    assert.deepEqual((await hearing.next()).value, { kind: 'hearing' });
    const next = hearing.next();
    ended.abort();
    assert.equal((await next).done, true);
  });
}

async function until(signal: AbortSignal, say: () => void): Promise<void> {
  while (!signal.aborted) {
    say();
    await delay(AGAIN_MS, undefined, { signal }).catch(() => {});
  }
}

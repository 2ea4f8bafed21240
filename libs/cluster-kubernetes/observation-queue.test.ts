import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Observation } from '../cluster/source.ts';
import { ObservationQueue } from './observation-queue.ts';

const trouble = (why: string): Observation => ({ kind: 'trouble', of: 'Service', why });

describe('ObservationQueue', () => {
  it('keeps the order, and holds back who pushes more than there is room for', async () => {
    const queue = new ObservationQueue();
    const abort = new AbortController();
    let pushed = 0;
    const pushing = (async () => {
      for (; pushed < 5000; pushed++) await queue.push(trouble(`${pushed}`));
    })();
    const got: string[] = [];
    for await (const observation of queue.drain(abort.signal)) {
      assert.ok(pushed - got.length <= 2001, 'never more than two fillings ahead');
      if (observation.kind === 'trouble') got.push(observation.why);
      if (got.length === 5000) abort.abort();
    }
    await pushing;
    assert.deepEqual(
      got,
      Array.from({ length: 5000 }, (_, i) => `${i}`),
    );
  });

  it('ends while it waits, when the signal aborts', async () => {
    const abort = new AbortController();
    const drained = new ObservationQueue().drain(abort.signal).next();
    abort.abort();
    assert.deepEqual(await drained, { value: undefined, done: true });
  });

  it('lets go who waits for room, when the consumer goes', async () => {
    const queue = new ObservationQueue();
    let held: Promise<void> | undefined;
    while (held === undefined) held = queue.push(trouble('x'));
    const drain = queue.drain(new AbortController().signal);
    await drain.next();
    await drain.return(undefined);
    await held;
  });
});

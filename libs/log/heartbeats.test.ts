import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Heard, LocalHeartbeats } from './heartbeats.ts';

const data = (text: string) => new TextEncoder().encode(text);

test('who listens hears what is said from then on, until the signal aborts', async () => {
  const heartbeats = new LocalHeartbeats();
  heartbeats.beat('east', data('before'));
  const ended = new AbortController();
  const heard: Heard[] = [];
  const hearing = (async () => {
    for await (const one of heartbeats.hear(ended.signal)) {
      heard.push(one);
      if (heard.length === 1) heartbeats.beat('east', data('one'));
      if (heard.length === 2) ended.abort();
    }
  })();
  await hearing;
  assert.deepEqual(heard, [
    { kind: 'hearing' },
    { kind: 'beat', cluster: 'east', data: data('one') },
  ]);
});

test('a question reaches every watcher', async () => {
  const heartbeats = new LocalHeartbeats();
  const ended = new AbortController();
  const turns = [heartbeats.asked(ended.signal), heartbeats.asked(ended.signal)];
  const waiting = turns.map((turn) => turn.next());
  heartbeats.ask();
  for (const { done } of await Promise.all(waiting)) assert.equal(done, false);
  ended.abort();
  for (const turn of turns) assert.equal((await turn.next()).done, true);
});

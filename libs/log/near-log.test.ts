import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entry } from './contract-facts.ts';
import type { Heard } from './heartbeats.ts';
import { LogUnavailable } from './log.ts';
import { createMemoryLogs } from './memory.ts';
import { withLogNear } from './near-log.ts';

const DATA = new Uint8Array([1]);

function given() {
  const [near, far] = [createMemoryLogs(), createMemoryLogs()];
  return { near, far, logs: withLogNear('east', near, far) };
}

test('the log of the cluster is the near one, all others are far', async () => {
  const { near, far, logs } = given();
  for (const cluster of ['east', 'west', '_control']) {
    await logs.open(cluster).append(0, [entry(cluster, 'a', '1')]);
  }
  assert.equal((await near.open('east').head()).position, 1);
  assert.equal((await far.open('east').head()).position, 0);
  assert.equal((await far.open('west').head()).position, 1);
  assert.equal((await far.open('_control').head()).position, 1);
  assert.deepEqual(await logs.clusters(), ['east', 'west']);
});

test('which clusters there are is known far away', async () => {
  const { near, far } = given();
  const unavailable = () => Promise.reject(new LogUnavailable('away'));
  const logs = withLogNear('east', near, { ...far, clusters: unavailable });
  await assert.rejects(logs.clusters(), LogUnavailable);
  assert.equal((await logs.open('east').head()).position, 0);
});

test('beats are heard both ways, and questions go both ways', async () => {
  const { near, far, logs } = given();
  const ending = new AbortController();
  const heard: Heard[] = [];
  const asked = { near: 0, far: 0 };
  const count = async (which: 'near' | 'far', from: AsyncIterable<void>) => {
    for await (const _ of from) asked[which]++;
  };
  const all = Promise.all([
    count('near', near.heartbeats.asked(ending.signal)),
    count('far', far.heartbeats.asked(ending.signal)),
    (async () => {
      for await (const one of logs.heartbeats.hear(ending.signal)) {
        heard.push(one);
        if (one.kind === 'hearing') {
          near.heartbeats.beat('east', DATA);
          far.heartbeats.beat('west', DATA);
          far.heartbeats.beat('east', DATA);
          logs.heartbeats.ask();
        }
        if (heard.length === 4) ending.abort();
      }
    })(),
  ]);
  await all;
  const words = heard.map((one) => (one.kind === 'beat' ? one.cluster : one.kind));
  assert.deepEqual(words.sort(), ['east', 'east', 'hearing', 'west']);
  assert.deepEqual(asked, { near: 1, far: 1 });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHeartbeat, HEARTBEAT_MS, type Heartbeat } from '../../libs/event/heartbeat.ts';
import { Given, settled, until } from './given-watcher.ts';

/** A watcher that is synced, and what has been heard of it. */
async function heard(given: Given) {
  const beats: Heartbeat[] = [];
  const ended = new AbortController();
  const hearing = (async () => {
    for await (const one of given.logs.heartbeats.hear(ended.signal)) {
      const beat = one.kind === 'beat' ? decodeHeartbeat(one.data) : undefined;
      if (beat !== undefined) beats.push(beat);
    }
  })();
  const watcher = await given.syncedWatcher();
  await until(() => beats.length > 0, 'it has beaten');
  const end = () => {
    ended.abort();
    return hearing;
  };
  return { beats, watcher, end };
}

test('a watcher beats every five seconds, and says how far it is', async (t) => {
  const given = new Given(t);
  const { beats, watcher, end } = await heard(given);
  given.clock.advance(HEARTBEAT_MS);
  await until(() => beats.length > 1, 'it has beaten again');
  const { position } = await given.log.head();
  const { role, state, silentMs, ...more } = beats.at(-1) ?? assert.fail();
  assert.deepEqual({ role, state, silentMs }, { role: 'writer', state: 'synced', silentMs: 0 });
  assert.equal(more.position, position);
  assert.deepEqual(more.counts, watcher.status().counts);
  await end();
});

test('who asks hears it at once', async (t) => {
  const given = new Given(t);
  const { beats, end } = await heard(given);
  const before = beats.length;
  given.logs.heartbeats.ask();
  await until(() => beats.length > before, 'it has answered');
  await end();
});

test('who asks without end is answered now and then', async (t) => {
  const given = new Given(t);
  const { beats, end } = await heard(given);
  const before = beats.length;
  for (let i = 0; i < 100; i++) given.logs.heartbeats.ask();
  await settled();
  assert.equal(beats.length, before + 1);
  given.clock.advance(100);
  await until(() => beats.length === before + 2, 'it has answered again');
  await end();
});

test('of a cluster that does not reply it says for how long, and that it lives itself', async (t) => {
  const given = new Given(t);
  const { beats, end } = await heard(given);
  given.cluster.isSilent = true;
  for (let i = 1; i <= 3; i++) {
    const before = beats.length;
    given.clock.advance(HEARTBEAT_MS);
    await until(() => beats.length > before, 'it has beaten');
  }
  assert.equal(beats.at(-1)?.silentMs, 3 * HEARTBEAT_MS);
  await end();
});

test('a cluster that never replied has no time at which it did', async (t) => {
  const given = new Given(t);
  given.cluster.isSilent = true;
  const { beats, end } = await heard(given);
  assert.equal(beats[0]?.silentMs, undefined);
  await end();
});

test('a standby beats too', async (t) => {
  const given = new Given(t);
  const { beats, watcher, end } = await heard(given);
  const second = given.watcher();
  await until(() => second.status().state === 'synced', 'the second writes');
  // The first looks at the log now and then.
  given.clock.advance(HEARTBEAT_MS);
  await until(() => watcher.status().state === 'standby', 'the first stands by');
  await settled();
  beats.length = 0;
  given.logs.heartbeats.ask();
  await until(() => beats.length === 2, 'both have answered');
  assert.deepEqual(beats.map(({ role }) => role).sort(), ['standby', 'writer']);
  await Promise.all([end(), second.stop()]);
});

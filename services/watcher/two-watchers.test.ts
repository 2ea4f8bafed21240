import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_KINDS } from '../../libs/event/object.ts';
import { GivenCluster, pod, service } from './given-cluster.ts';
import { Given, settled, until } from './given-watcher.ts';

const WEB = service('web', '10.0.0.1');
const CART = service('cart', '10.0.0.2');
/** Twice the shortest period of silence that a standby waits for. */
const SILENCE_MS = 20_000;
/** Longest time until an idle writer looks at the head of its log. */
const HEAD_CHECK_MS = 5000;

test('who starts takes over; the one before meets a conflict and stands by', async (t) => {
  const given = new Given(t);
  const first = await given.syncedWatcher();
  const second = await given.syncedWatcher();
  const before = await given.told();
  given.cluster.apply(WEB);
  await until(() => first.status().state === 'standby', 'the first stands by');
  await settled();
  assert.equal(second.status().state, 'synced');
  assert.deepEqual(await given.toldAfter(before), ['+Service/shop/web 10.0.0.1']);
  assert.equal(first.status().deposals, 1);
});

test('an idle writer finds out as well that it was deposed', async (t) => {
  const given = new Given(t);
  const first = await given.syncedWatcher();
  await given.syncedWatcher();
  given.clock.advance(HEAD_CHECK_MS);
  await until(() => first.status().state === 'standby', 'the first stands by');
});

test('of two that start at once, one goes on and the other stands by', async (t) => {
  const given = new Given(t);
  given.cluster.apply(WEB);
  const both = [given.watcher(), given.watcher()];
  await settled();
  const states = both.map((watcher) => watcher.status().state).sort();
  assert.deepEqual(states, ['standby', 'synced']);
  assert.deepEqual(await given.told(), ['WatchStarted', '+Service/shop/web 10.0.0.1', 'Synced']);
});

test('a standby that finds in the log all that it sees does not disturb', async (t) => {
  const given = new Given(t);
  given.cluster.apply(WEB);
  const first = await given.syncedWatcher();
  await first.stop();
  const both = [given.watcher(), given.watcher()];
  await settled();
  assert.deepEqual(both.map((watcher) => watcher.status().state).sort(), ['standby', 'synced']);
  const before = await given.told();
  // There and back while an append is on its way: the log is told neither.
  given.logs.hold();
  given.cluster.apply(CART);
  await settled();
  given.cluster.apply(service('web', '10.0.0.9'), WEB);
  await settled();
  given.logs.release();
  for (let i = 0; i < 5; i++) {
    await settled();
    given.clock.advance(SILENCE_MS);
  }
  await settled();
  assert.deepEqual(await given.toldAfter(before), ['+Service/shop/cart 10.0.0.2']);
});

test('a standby does not disturb a writer that tells what there is to tell', async (t) => {
  const given = new Given(t);
  const first = await given.syncedWatcher();
  const second = await given.syncedWatcher();
  given.clock.advance(HEAD_CHECK_MS);
  await until(() => first.status().state === 'standby', 'the first stands by');
  const before = await given.told();
  for (let i = 1; i <= 10; i++) {
    given.cluster.apply(service('web', `10.0.0.${i}`));
    await settled();
    given.clock.advance(SILENCE_MS);
    await settled();
  }
  assert.equal((await given.toldAfter(before)).length, 10);
  assert.equal(second.status().state, 'synced');
  assert.equal(first.status().untold, 0);
});

test('a standby takes over when the log was not told what it sees', async (t) => {
  const given = new Given(t);
  const first = await given.syncedWatcher();
  const second = await given.syncedWatcher();
  given.clock.advance(HEAD_CHECK_MS);
  await until(() => first.status().state === 'standby', 'the first stands by');
  await second.stop();
  const before = await given.told();
  given.cluster.apply(WEB);
  for (let i = 0; i < 2; i++) {
    await settled();
    given.clock.advance(SILENCE_MS);
  }
  await until(() => first.status().state === 'synced', 'the first is the writer again');
  assert.deepEqual(await given.toldAfter(before), [
    'WatchStarted',
    '+Service/shop/web 10.0.0.1',
    'Synced',
  ]);
});

test('a standby takes over within seconds when no writer answers', async (t) => {
  const given = new Given(t);
  const first = await given.syncedWatcher();
  const second = await given.syncedWatcher();
  given.clock.advance(HEAD_CHECK_MS);
  await until(() => first.status().state === 'standby', 'the first stands by');
  await second.stop();
  given.cluster.apply(WEB);
  for (let seconds = 0; seconds < 6; seconds++) {
    await settled();
    given.clock.advance(1000);
  }
  await until(() => first.status().state === 'synced', 'the first is the writer again');
});

test('a writer that answers is left alone, though it tells nothing for a while', async (t) => {
  const given = new Given(t);
  const first = await given.syncedWatcher();
  const second = await given.syncedWatcher();
  given.clock.advance(HEAD_CHECK_MS);
  await until(() => first.status().state === 'standby', 'the first stands by');
  given.logs.hold();
  given.cluster.apply(WEB);
  for (let seconds = 0; seconds < 9; seconds++) {
    await settled();
    given.clock.advance(1000);
  }
  await settled();
  given.logs.release();
  await until(() => second.status().untold === 0, 'the second has told it');
  assert.equal(first.status().state, 'standby');
});

test('what a deposed writer had on its way is not forgotten', async (t) => {
  const given = new Given(t);
  const first = await given.syncedWatcher();
  const second = await given.syncedWatcher();
  await second.stop();
  const before = await given.told();
  given.cluster.apply(WEB);
  await until(() => first.status().state === 'standby', 'the first meets a conflict');
  assert.equal(first.status().untold, 1);
  for (let i = 0; i < 2; i++) {
    await settled();
    given.clock.advance(SILENCE_MS);
  }
  await until(() => first.status().state === 'synced', 'the first is the writer again');
  assert.deepEqual(await given.toldAfter(before), [
    'WatchStarted',
    '+Service/shop/web 10.0.0.1',
    'Synced',
  ]);
});

test('a standby takes over from a writer that died before it was complete', async (t) => {
  const given = new Given(t);
  const first = await given.syncedWatcher();
  const blind = new GivenCluster();
  blind.observe = async function* (signal) {
    yield { kind: 'listing', of: 'Service' };
    await until(() => signal.aborted, 'the test ends');
  };
  const second = given.watcher(blind);
  await until(() => second.status().state === 'listing', 'the second is the writer');
  given.clock.advance(HEAD_CHECK_MS);
  await until(() => first.status().state === 'standby', 'the first stands by');
  for (let i = 0; i < 2; i++) {
    await settled();
    given.clock.advance(SILENCE_MS);
  }
  await until(() => first.status().state === 'synced', 'the first is the writer again');
  await second.stop();
});

test('a standby does not take a log that cannot be reached for a silent one', async (t) => {
  const given = new Given(t);
  const first = await given.syncedWatcher();
  const second = await given.syncedWatcher();
  given.clock.advance(HEAD_CHECK_MS);
  await until(() => first.status().state === 'standby', 'the first stands by');
  const before = await given.told();
  given.logs.isDown = true;
  given.cluster.apply(WEB);
  for (let i = 0; i < 5; i++) {
    await settled();
    given.clock.advance(SILENCE_MS);
  }
  await settled();
  given.logs.isDown = false;
  given.clock.advance(1000);
  await settled();
  assert.deepEqual(await given.toldAfter(before), ['+Service/shop/web 10.0.0.1']);
  assert.equal(second.status().state, 'synced');
  assert.equal(first.status().state, 'standby');
});

test('two that see different things depose each other ever more seldom', async (t) => {
  const given = new Given(t);
  const other = new GivenCluster();
  given.watcher();
  given.watcher(other);
  let changes = 0;
  const takeOversIn = async (minutes: number) => {
    const before = given.lines.length;
    for (let seconds = 0; seconds < minutes * 60; seconds += 5) {
      if (seconds % 60 === 0) {
        changes++;
        given.cluster.apply(service('web', `10.0.0.${changes}`));
        other.apply(service('cart', `10.1.0.${changes}`));
      }
      given.clock.advance(5000);
      await settled();
    }
    return given.lines.slice(before).filter((line) => line.includes('takes over')).length;
  };
  assert.ok((await takeOversIn(10)) > 1, 'they do depose each other');
  await takeOversIn(50);
  assert.ok((await takeOversIn(60)) <= 12, 'at most every five minutes in the end');
});

test('a log that was made anew is told everything again, also by an idle writer', async (t) => {
  const given = new Given(t);
  given.cluster.apply(WEB);
  const watcher = await given.syncedWatcher();
  const { position } = await given.log.head();
  await given.logs.makeAnew();
  // Of the same length: only the incarnation tells.
  const data = new TextEncoder().encode('{}');
  const other = Array.from({ length: position }, (_, i) => ({ subject: 'x', data, id: `${i}` }));
  await given.log.append(0, other);
  given.clock.advance(HEAD_CHECK_MS);
  await settled();
  await until(() => watcher.status().state === 'synced', 'synced');
  assert.deepEqual(await given.told(), ['WatchStarted', '+Service/shop/web 10.0.0.1', 'Synced']);
});

test('a watcher that wants no pods removes them once, and then leaves those of another', async (t) => {
  const given = new Given(t);
  given.cluster.apply(pod('web-0', '10.1.0.1'));
  const first = await given.syncedWatcher();
  const withoutPods = new GivenCluster();
  withoutPods.kinds = DEFAULT_KINDS;
  const second = given.watcher(withoutPods);
  await until(() => second.status().state === 'synced', 'the second writes');
  assert.equal((await given.told()).at(-2), '-Pod/shop/web-0');
  given.clock.advance(HEAD_CHECK_MS);
  await until(() => first.status().state === 'standby', 'the first stands by');
  const before = await given.told();
  given.cluster.apply(pod('web-0', '10.1.0.2'));
  for (let i = 0; i < 5; i++) {
    given.clock.advance(SILENCE_MS);
    await settled();
  }
  assert.deepEqual(await given.toldAfter(before), ['WatchStarted', '+Pod/shop/web-0', 'Synced']);
  assert.equal(first.status().state, 'synced');
  assert.equal(second.status().state, 'standby');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashOfKeys } from '../../libs/event/key-sum.ts';
import { DEFAULT_KINDS, OBJECT_KINDS } from '../../libs/event/object.ts';
import { ENTRY_OCTETS_MAX } from '../../libs/log/log.ts';
import { RESYNC_MS } from './ask-again.ts';
import { GivenCluster, namespace, pod, service } from './given-cluster.ts';
import { allEvents, fold } from './given-logs.ts';
import { Given, relistAll, settled, until } from './given-watcher.ts';
import { CONFIRM_MS } from './holds.ts';

const SHOP = namespace('shop');
const WEB = service('web', '10.0.0.1');
const CART = service('cart', '10.0.0.2');

test('a first start tells of everything, then says that it is complete', async (t) => {
  const given = new Given(t);
  given.cluster.apply(SHOP, WEB);
  await given.syncedWatcher();
  assert.deepEqual(await given.told(), [
    'WatchStarted',
    '+Namespace//shop',
    '+Service/shop/web 10.0.0.1',
    'Synced',
  ]);
});

test('Synced counts what a reader has at its position', async (t) => {
  const given = new Given(t);
  given.cluster.apply(SHOP, WEB, CART);
  await given.syncedWatcher();
  // And so it is when changes and Synced waited together for an append.
  given.logs.hold();
  given.cluster.apply(service('api', '10.0.0.3'));
  await settled();
  given.cluster.applyUnseen(service('pay', '10.0.0.4'));
  given.cluster.relist('Service');
  await settled();
  given.logs.release();
  await settled();
  const events = await allEvents(given.log);
  const synced = events.at(-1)?.event;
  assert.ok(synced?.kind === 'synced');
  assert.equal(synced.hash, hashOfKeys([...fold(events).keys()]));
  assert.deepEqual(synced.counts, {
    Namespace: 1,
    Node: 0,
    Pod: 0,
    Service: 4,
    EndpointSlice: 0,
    ServiceExport: 0,
    ServiceImport: 0,
  });
  assert.equal(synced.resourceVersions.Service, '7');
});

test('pods that are watched no more are removed, and Synced does not speak of them', async (t) => {
  const given = new Given(t);
  given.cluster.apply(SHOP, pod('web-0', '10.1.0.1'));
  const first = await given.syncedWatcher();
  await first.stop();
  const before = await given.told();
  given.cluster.kinds = DEFAULT_KINDS;
  const second = await given.syncedWatcher();
  assert.deepEqual(await given.toldAfter(before), ['WatchStarted', '-Pod/shop/web-0', 'Synced']);
  const synced = (await allEvents(given.log)).at(-1)?.event;
  assert.ok(synced?.kind === 'synced');
  assert.equal(synced.counts.Pod, undefined);
  assert.equal(synced.resourceVersions.Pod, undefined);
  assert.equal(synced.counts.Namespace, 1);
  await second.stop();
  given.cluster.kinds = OBJECT_KINDS;
  await given.syncedWatcher();
  assert.deepEqual((await given.told()).slice(-2), ['+Pod/shop/web-0', 'Synced']);
});

test('pods that may not be listed hold up nothing, and those known stay', async (t) => {
  const given = new Given(t);
  given.cluster.apply(SHOP, pod('web-0', '10.1.0.1'));
  const first = await given.syncedWatcher();
  await first.stop();
  const before = await given.told();
  const forbidding = new GivenCluster();
  forbidding.observe = async function* (signal) {
    yield { kind: 'trouble', of: 'Pod', why: 'forbidden' };
    for (const of of DEFAULT_KINDS) {
      yield { kind: 'listing', of };
      if (of === 'Namespace') yield { kind: 'found', object: SHOP };
      yield { kind: 'listed', of, resourceVersion: '' };
    }
    await until(() => signal.aborted, 'the test ends');
  };
  const watcher = given.watcher(forbidding);
  await settled();
  assert.deepEqual(await given.toldAfter(before), ['WatchStarted', 'Synced']);
  const synced = (await allEvents(given.log)).at(-1)?.event;
  assert.equal(synced?.kind === 'synced' ? synced.counts.Pod : 0, undefined);
  await watcher.stop();
});

test('a restart in a quiet cluster appends two events', async (t) => {
  const given = new Given(t);
  given.cluster.apply(SHOP, WEB);
  const first = await given.syncedWatcher();
  await first.stop();
  const before = await given.told();
  await given.syncedWatcher();
  assert.deepEqual(await given.toldAfter(before), ['WatchStarted', 'Synced']);
});

test('a restart tells of what changed while no watcher ran, and of nothing else', async (t) => {
  const given = new Given(t);
  given.cluster.apply(SHOP, WEB, CART);
  const first = await given.syncedWatcher();
  await first.stop();
  const before = await given.told();
  given.cluster.apply(service('web', '10.0.0.9'));
  given.cluster.remove(CART);
  await given.syncedWatcher();
  assert.deepEqual(await given.toldAfter(before), [
    'WatchStarted',
    '+Service/shop/web 10.0.0.9',
    '-Service/shop/cart',
    'Synced',
  ]);
});

test('each event points to the event before it of its subject', async (t) => {
  const given = new Given(t);
  given.cluster.apply(WEB);
  const first = await given.syncedWatcher();
  given.cluster.remove(WEB);
  await settled();
  await first.stop();
  given.cluster.apply(service('web', '10.0.0.9'));
  await given.syncedWatcher();
  const last = new Map<string, number>();
  for (const { subject, position, prev, event } of await allEvents(given.log)) {
    assert.equal(prev, last.get(subject) ?? 0, `${event.kind} at ${position}`);
    last.set(subject, position);
  }
});

test('a change is told in the tick in which it is observed', async (t) => {
  const given = new Given(t);
  await given.syncedWatcher();
  await settled();
  const before = given.logs.appends;
  given.cluster.apply(WEB);
  // Promises only: no timer and no turn of the event loop lies between.
  for (let steps = 0; steps < 20; steps++) await Promise.resolve();
  assert.equal(given.logs.appends, before + 1);
});

test('100 changes in one turn of the event loop cost two appends', async (t) => {
  const given = new Given(t);
  await given.syncedWatcher();
  await settled();
  const appends = given.logs.appends;
  for (let i = 1; i <= 100; i++) given.cluster.apply(service(`web-${i}`, `10.0.0.${i}`));
  await settled();
  assert.equal(given.logs.appends, appends + 2);
});

test('a burst of 100 changes of one object costs two appends, and its last state wins', async (t) => {
  const given = new Given(t);
  await given.syncedWatcher();
  const before = await given.told();
  const appends = given.logs.appends;
  given.logs.hold();
  for (let i = 1; i <= 100; i++) {
    given.cluster.apply(service('web', `10.0.0.${i}`));
    await settled();
  }
  given.logs.release();
  await settled();
  assert.equal(given.logs.appends, appends + 2);
  assert.deepEqual(await given.toldAfter(before), [
    '+Service/shop/web 10.0.0.1',
    '+Service/shop/web 10.0.0.100',
  ]);
});

test('a change that is taken back while another is on its way is told as well', async (t) => {
  const given = new Given(t);
  given.cluster.apply(WEB);
  await given.syncedWatcher();
  const before = await given.told();
  given.logs.hold();
  given.cluster.apply(service('web', '10.0.0.9'));
  await settled();
  given.cluster.apply(WEB);
  await settled();
  given.logs.release();
  await settled();
  assert.deepEqual(await given.toldAfter(before), [
    '+Service/shop/web 10.0.0.9',
    '+Service/shop/web 10.0.0.1',
  ]);
});

test('a list that was cut off removes nothing; the complete one removes what it lacks', async (t) => {
  const given = new Given(t);
  given.cluster.apply(WEB, CART);
  await given.syncedWatcher();
  const before = await given.told();
  given.cluster.removeUnseen(CART);
  given.cluster.cutList('Service', 0);
  given.cluster.cutList('Service', 1);
  await settled();
  assert.deepEqual(await given.toldAfter(before), []);
  given.cluster.relist('Service');
  await settled();
  assert.deepEqual(await given.toldAfter(before), ['-Service/shop/cart', 'Synced']);
});

test('what a watch left out is told after a list that comes by itself, hours later', async (t) => {
  const given = new Given(t);
  given.cluster.apply(namespace('shop'), service('web', '10.0.0.1'));
  await given.syncedWatcher();
  const before = await given.told();
  given.cluster.applyUnseen(service('late', '10.0.0.2'));
  given.cluster.removeUnseen(service('web', '10.0.0.1'));
  given.clock.advance(2 * RESYNC_MS);
  await settled();
  assert.deepEqual(await given.toldAfter(before), [
    '+Service/shop/late 10.0.0.2',
    '-Service/shop/web',
    'Synced',
  ]);
});

test('a list that changed nothing is not worth an event', async (t) => {
  const given = new Given(t);
  given.cluster.apply(SHOP, WEB);
  await given.syncedWatcher();
  const before = await given.told();
  relistAll(given.cluster);
  await settled();
  assert.deepEqual(await given.toldAfter(before), []);
});

test('nothing is complete before every kind is listed, or known not to be served', async (t) => {
  const given = new Given(t);
  const silent = new GivenCluster();
  silent.observe = async function* (signal) {
    for (const of of OBJECT_KINDS.slice(0, -1)) {
      yield { kind: 'listing', of };
      yield { kind: 'listed', of, resourceVersion: '' };
    }
    await until(() => isServed !== undefined || signal.aborted, 'the test goes on');
    yield { kind: 'unserved', of: 'ServiceImport' };
    await until(() => signal.aborted, 'the test ends');
  };
  let isServed: boolean | undefined;
  const watcher = given.watcher(silent);
  await settled();
  assert.deepEqual(await given.told(), ['WatchStarted']);
  assert.equal(watcher.status().state, 'listing');
  isServed = false;
  await settled();
  assert.deepEqual(await given.told(), ['WatchStarted', 'Synced']);
  await watcher.stop();
});

test('a kind that is not served any more has no objects, when it is said for a minute', async (t) => {
  const given = new Given(t);
  const ref = { kind: 'ServiceExport', namespace: 'shop', name: 'web' } as const;
  given.cluster.apply({ ...ref, createdAt: '2026-01-01T00:00:00Z' });
  await given.syncedWatcher();
  const before = await given.told();
  given.cluster.removeUnseen(ref);
  for (let i = 0; i < 3; i++) given.cluster.say({ kind: 'unserved', of: 'ServiceExport' });
  await settled();
  assert.deepEqual(await given.toldAfter(before), ['RemovalsHeld 1/1']);
  given.clock.advance(CONFIRM_MS);
  await settled();
  assert.deepEqual(await given.toldAfter(before), [
    'RemovalsHeld 1/1',
    '-ServiceExport/shop/web',
    'RemovalsReleased by watcher',
    'Synced',
  ]);
});

test('trouble with a kind leaves what was known of it', async (t) => {
  const given = new Given(t);
  given.cluster.apply(WEB);
  const watcher = await given.syncedWatcher();
  const before = await given.told();
  given.cluster.say({ kind: 'trouble', of: 'Service', why: 'may not list services' });
  await settled();
  assert.deepEqual(await given.toldAfter(before), []);
  assert.equal(watcher.status().lastTrouble, 'Service: may not list services');
  assert.doesNotMatch(given.lines.join('\n'), /may not list/, 'the source tells people itself');
});

test('a log that is unavailable for a while loses nothing', async (t) => {
  const given = new Given(t);
  given.cluster.apply(WEB);
  const watcher = await given.syncedWatcher();
  const before = await given.told();
  given.logs.isDown = true;
  given.cluster.apply(CART);
  await settled();
  assert.equal(watcher.status().state, 'waiting');
  given.cluster.remove(WEB);
  given.cluster.apply(service('cart', '10.0.0.3'));
  await settled();
  assert.equal(watcher.status().untold, 3);
  given.logs.isDown = false;
  given.clock.advance(1000);
  await settled();
  assert.deepEqual(await given.toldAfter(before), [
    '+Service/shop/cart 10.0.0.2',
    '-Service/shop/web',
    '+Service/shop/cart 10.0.0.3',
  ]);
  assert.equal(watcher.status().state, 'synced');
  assert.equal(watcher.status().untold, 0);
});

test('a log that is unavailable at the start is waited for', async (t) => {
  const given = new Given(t);
  given.cluster.apply(WEB);
  given.logs.isDown = true;
  const watcher = given.watcher();
  await settled();
  assert.equal(watcher.status().state, 'waiting');
  given.logs.isDown = false;
  given.clock.advance(1000);
  await until(() => watcher.status().state === 'synced', 'synced');
});

test('an answer that was lost does not make an event twice', async (t) => {
  const given = new Given(t);
  await given.syncedWatcher();
  const before = await given.told();
  given.logs.areAcksLost = true;
  given.cluster.apply(WEB);
  await settled();
  given.clock.advance(1000);
  await settled();
  given.logs.areAcksLost = false;
  given.clock.advance(1000);
  await settled();
  given.cluster.apply(CART);
  await settled();
  assert.deepEqual(await given.toldAfter(before), [
    '+Service/shop/web 10.0.0.1',
    '+Service/shop/cart 10.0.0.2',
  ]);
});

test('an object that is too large for the log is told in part, and people are told', async (t) => {
  const given = new Given(t);
  const watcher = await given.syncedWatcher();
  const before = await given.told();
  given.cluster.apply({ ...WEB, annotations: { 'isthmus.dev/x': 'x'.repeat(ENTRY_OCTETS_MAX) } });
  given.cluster.apply(CART);
  await settled();
  assert.deepEqual(await given.toldAfter(before), [
    '+Service/shop/web 10.0.0.1',
    '+Service/shop/cart 10.0.0.2',
  ]);
  assert.match(
    watcher.status().lastTrouble ?? '',
    /^Service "shop\/web" takes \d+ octets; expected/,
  );
  const lines = given.lines.filter((line) => line.includes('Service "shop/web" takes'));
  assert.equal(lines.length, 1);
});

test('an entry that cannot be read is told anew', async (t) => {
  const given = new Given(t);
  given.cluster.apply(WEB);
  const first = await given.syncedWatcher();
  await first.stop();
  const { position } = await given.log.head();
  const data = new TextEncoder().encode('{"v":99}');
  const subject = 'isthmus.demo.east.service.shop.';
  await given.log.append(position, [
    { subject: `${subject}web`, data, id: 'newer-1' },
    { subject: `${subject}cart`, data, id: 'newer-2' },
  ]);
  const before = await given.told();
  await given.syncedWatcher();
  assert.deepEqual(await given.toldAfter(before), [
    'WatchStarted',
    '+Service/shop/web 10.0.0.1',
    '-Service/shop/cart',
    'Synced',
  ]);
});

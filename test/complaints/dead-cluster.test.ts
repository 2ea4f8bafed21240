/** Complaints of § 7.1: dead clusters, and state that is stale or lost. See README.md. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RESYNC_MS } from '../../services/watcher/ask-again.ts';
import { CONFIRM_MS } from '../../services/watcher/holds.ts';
import { exported, inSet, LIMITS, SHOP, settled, slice, World } from './given-world.ts';

const WEB = inSet('web');
const LATE = inSet('late');
const BOTH = ['east', 'west'];

/** East and west, each with `web`; a resolver that has read both. */
async function twoClusters(t: TestContext) {
  const world = new World(t);
  world.cluster('east').apply(SHOP, ...exported('web', '10.1.0.1'));
  world.cluster('west').apply(SHOP, ...exported('web', '10.2.0.1'));
  const east = await world.watcher('east');
  const west = await world.watcher('west');
  const resolver = await world.resolver(BOTH);
  await world.pass(10);
  assert.equal(resolver.ask(WEB), '10.1.0.1 10.2.0.1');
  return { world, east, west, resolver };
}

test('7.1 #1 cilium#19217: a crashed cluster leaves the answers, and returns to them', async (t) => {
  const { world, west, resolver } = await twoClusters(t);
  await west.kill();
  await world.pass(LIMITS.staleMs / 1000 + 10);
  assert.equal(resolver.ask(WEB), '10.1.0.1');
  await world.watcher('west');
  await world.pass(20);
  assert.equal(resolver.ask(WEB), '10.1.0.1 10.2.0.1');
});

test('7.1 #2 cilium#48050: what went while a watcher was away is gone when it is back', async (t) => {
  const { world, west, resolver } = await twoClusters(t);
  await west.kill();
  world.cluster('west').remove(slice('web', []));
  world.cluster('west').apply(...exported('late', '10.2.0.9'));
  await world.watcher('west');
  assert.equal(resolver.ask(WEB), '10.1.0.1');
  assert.equal(resolver.ask(LATE), '10.2.0.9');
});

test('7.1 #3 cilium#47793: a CRD that is away for an upgrade deletes nothing', async (t) => {
  const { world, resolver } = await twoClusters(t);
  const west = world.cluster('west');
  west.say({ kind: 'unserved', of: 'ServiceExport' });
  await world.pass(CONFIRM_MS / 1000 - 5);
  assert.equal(resolver.ask(WEB), '10.1.0.1 10.2.0.1');
  west.relist('ServiceExport');
  await world.pass(3 * (CONFIRM_MS / 1000));
  assert.equal(resolver.ask(WEB), '10.1.0.1 10.2.0.1');
});

test('7.1 #4 cilium#37231, #43807: an export that is deleted, an endpoint not ready, go', async (t) => {
  const { world, resolver } = await twoClusters(t);
  world.cluster('west').apply(slice('web', [{ addresses: ['10.2.0.1'], ready: false }]));
  await settled();
  assert.equal(resolver.ask(WEB), '10.1.0.1');
  world.cluster('west').apply(slice('web', ['10.2.0.1']));
  world.cluster('east').remove({ kind: 'ServiceExport', namespace: 'shop', name: 'web' });
  await settled();
  assert.equal(resolver.ask(WEB), '10.2.0.1');
});

test('7.1 #4 cilium#23823, #19813: a watcher that restarts loses nothing, and goes on', async (t) => {
  const { world, west, resolver } = await twoClusters(t);
  await west.kill();
  await settled();
  assert.equal(resolver.ask(WEB), '10.1.0.1 10.2.0.1');
  await world.watcher('west');
  assert.equal(resolver.ask(WEB), '10.1.0.1 10.2.0.1');
  world.cluster('west').apply(slice('web', ['10.2.0.2']));
  await settled();
  assert.equal(resolver.ask(WEB), '10.1.0.1 10.2.0.2');
});

test('7.1 #5 submariner#821: a cluster whose workers are all down leaves the answers', async (t) => {
  const { world, resolver } = await twoClusters(t);
  // Its API server lives, and says that nothing is ready.
  world.cluster('west').apply(slice('web', [{ addresses: ['10.2.0.1'], ready: false }]));
  await settled();
  assert.equal(resolver.ask(WEB), '10.1.0.1');
});

test('7.1 #5 submariner#821: and so does one whose API server replies no more', async (t) => {
  const { world, resolver } = await twoClusters(t);
  world.cluster('west').isSilent = true;
  await world.pass(LIMITS.lostMs / 1000 + 20);
  assert.equal(resolver.ask(WEB), '10.1.0.1');
});

test('7.1 #6 lighthouse#1416: a Service deleted while its watcher was down is gone', async (t) => {
  const { world, west, resolver } = await twoClusters(t);
  await west.kill();
  for (const object of exported('web')) world.cluster('west').remove(object);
  await world.watcher('west');
  assert.equal(resolver.ask(WEB), '10.1.0.1');
});

test('7.1 #6 lighthouse#386, #693: a Service that is made again has its names again', async (t) => {
  const { world, resolver } = await twoClusters(t);
  const [service] = exported('web');
  world.cluster('west').remove(service);
  await settled();
  assert.equal(resolver.ask(WEB), '10.1.0.1');
  world.cluster('west').apply(service);
  await settled();
  assert.equal(resolver.ask(WEB), '10.1.0.1 10.2.0.1');
});

test('7.1 #8 istio#32102: a cluster that can not be reached holds up no other', async (t) => {
  const world = new World(t);
  world.cluster('east').apply(SHOP, ...exported('web', '10.1.0.1'));
  await world.watcher('east');
  const resolver = await world.resolver(BOTH);
  await world.pass(10);
  assert.deepEqual(resolver.waitingFor(), []);
  assert.equal(resolver.ask(WEB), '10.1.0.1');
  // The opposite risk: what only west may know is not denied.
  assert.equal(resolver.ask(LATE), 'unready');
});

test('7.1 #8 istio#38440: a list that was cut off is not taken for an empty cluster', async (t) => {
  const { world, resolver } = await twoClusters(t);
  for (const kind of ['Service', 'EndpointSlice', 'ServiceExport'] as const) {
    world.cluster('west').cutList(kind, 0);
  }
  await settled();
  assert.equal(resolver.ask(WEB), '10.1.0.1 10.2.0.1');
});

test('7.1 #8 istio#45992: an API that was away for a while takes no name with it', async (t) => {
  const { world, resolver } = await twoClusters(t);
  const west = world.cluster('west');
  for (const kind of ['Service', 'EndpointSlice'] as const) {
    west.say({ kind: 'trouble', of: kind, why: 'connection refused' });
  }
  west.applyUnseen(slice('web', ['10.2.0.2']));
  await world.pass(10);
  assert.equal(resolver.ask(WEB), '10.1.0.1 10.2.0.1');
  west.relist('EndpointSlice');
  await settled();
  assert.equal(resolver.ask(WEB), '10.1.0.1 10.2.0.2');
});

test('7.1 #9 coredns#3879: after a long outage deleted Services do not resolve', async (t) => {
  const { world, resolver } = await twoClusters(t);
  const west = world.cluster('west');
  for (const object of exported('web')) west.removeUnseen(object);
  await world.pass(60);
  for (const kind of west.kinds) west.relist(kind);
  await settled();
  assert.equal(resolver.ask(WEB), '10.1.0.1');
});

test('7.1 #9 coredns#3587, eve#6113: what a watch left out is found by a later list', async (t) => {
  const { world, resolver } = await twoClusters(t);
  for (const object of exported('late', '10.2.0.9')) world.cluster('west').applyUnseen(object);
  await settled();
  assert.equal(resolver.ask(LATE), 'nxdomain');
  world.clock.advance(2 * RESYNC_MS);
  await settled();
  assert.equal(resolver.ask(LATE), '10.2.0.9');
});

test('7.1 #10 cloud-map-mcs#140: the endpoints of a dead cluster do not stay for ever', async (t) => {
  const { world, west, resolver } = await twoClusters(t);
  await west.kill();
  await world.pass(LIMITS.lostMs / 1000 + 20);
  assert.equal(resolver.ask(WEB), '10.1.0.1');
});

test('7.1 #11 coredns#720, #1967: while the API is down, what is known is answered', async (t) => {
  const { world, east, resolver } = await twoClusters(t);
  world.cluster('east').isSilent = true;
  await world.pass(60);
  assert.equal(resolver.ask(WEB), '10.1.0.1 10.2.0.1');
  await east.kill();
  // A resolver that starts now has the log.
  const next = await world.resolver(BOTH);
  assert.equal(next.ask(WEB), '10.1.0.1 10.2.0.1');
});

test('7.1 #11 coredns#5642: a cluster that nobody has listed yet denies nothing', async (t) => {
  const world = new World(t);
  world.cluster('west').apply(SHOP);
  await world.watcher('west');
  const resolver = await world.resolver(BOTH);
  assert.equal(resolver.ask('web.shop.svc.cluster.local.'), 'unready');
});

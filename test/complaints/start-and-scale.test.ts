/** Complaints of § 7.2: starts, growth, herds. By counts, not by time. See README.md. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodObject } from '../../libs/event/object.ts';
import { MemoryStore } from '../../libs/store/memory.ts';
import { allEntries } from '../../services/watcher/given-logs.ts';
import { FORGET_AFTER_MS } from '../../services/watcher/gone.ts';
import { exported, inSet, SHOP, settled, slice, World } from './given-world.ts';

const WEB = inSet('web');
const HOUR_S = 3600;

test('7.2 #12 lighthouse#1957: a watcher of 1,000 Services that restarts tells 2 events', async (t) => {
  const world = new World(t);
  const many = Array.from({ length: 1000 }, (_, i) =>
    exported(`s${i}`, `10.1.${i >> 8}.${i & 255}`),
  );
  world.cluster('east').apply(SHOP, ...many.flat());
  const first = await world.watcher('east');
  await world.pass(5);
  const { position } = await world.logs.open('east').head();
  await first.kill();
  const second = await world.watcher('east');
  await world.pass(5);
  assert.equal(second.watcher.status().state, 'synced');
  assert.equal((await world.logs.open('east').head()).position, position + 2);
});

test('7.2 #12 lighthouse#1957: a resolver that restarts has the facts of the others', async (t) => {
  const world = new World(t);
  world.cluster('east').apply(SHOP, ...exported('web', '10.1.0.1'));
  await world.watcher('east');
  const store = new MemoryStore();
  const first = await world.resolver(['east'], store);
  await world.pass(5);
  assert.equal(first.ask(WEB), '10.1.0.1');
  await world.resolver(['east'], store);
  assert.ok(world.lines.some((line) => /cluster east: \d+ facts from the store/.test(line)));
});

test('7.2 #13 coredns#2095, #2511: what pods that come and go leave behind is bounded', async (t) => {
  const world = new World(t);
  const cluster = world.cluster('east');
  cluster.apply(SHOP, ...exported('web', '10.1.0.1'));
  await world.watcher('east');
  const kept = async () => (await allEntries(world.logs.open('east'))).length;
  const before = await kept();
  for (let i = 0; i < 100; i++) {
    const pod: PodObject = {
      kind: 'Pod',
      namespace: 'shop',
      name: `p${i}`,
      addresses: ['10.1.9.9'],
    };
    cluster.apply(pod);
    await settled();
    cluster.remove(pod);
    await settled();
  }
  assert.ok((await kept()) >= before + 100);
  world.clock.advance(FORGET_AFTER_MS);
  await world.pass(200);
  // One more: what was forgotten.
  assert.ok((await kept()) <= before + 1, `${await kept()} entries, ${before} before`);
});

test('7.2 #14 cilium#22037, #26083: resolvers do not watch clusters, however many', async (t) => {
  const world = new World(t);
  const cluster = world.cluster('east');
  let observers = 0;
  const observe = cluster.observe.bind(cluster);
  cluster.observe = (signal) => {
    observers++;
    return observe(signal);
  };
  cluster.apply(SHOP, ...exported('web', '10.1.0.1'));
  await world.watcher('east');
  for (let i = 0; i < 5; i++) {
    const resolver = await world.resolver(['east']);
    assert.equal(resolver.ask(WEB), '10.1.0.1');
  }
  assert.equal(observers, 1);
});

test('7.2 #15 istio#60919, #60966: one change tells a table its own names, not all', async (t) => {
  const world = new World(t);
  const many = Array.from({ length: 200 }, (_, i) => exported(`s${i}`, `10.1.0.${i}`));
  world.cluster('east').apply(SHOP, ...many.flat());
  await world.watcher('east');
  const resolver = await world.resolver(['east']);
  await world.pass(5);
  assert.ok(resolver.told().length > 800);
  world.cluster('east').apply(slice('s7', ['10.1.1.7']));
  await world.pass(1);
  const names = resolver.told().filter((name) => name.includes('.shop.svc.'));
  assert.ok(names.length > 0);
  assert.deepEqual(
    names.filter((name) => !/(^|\.)s7\.shop\.svc\./.test(name)),
    [],
  );
});

test('7.2 #16 cloud-map-mcs#128: a quiet cluster is not polled, and tells nothing', async (t) => {
  const world = new World(t);
  const cluster = world.cluster('east');
  cluster.apply(SHOP, ...exported('web', '10.1.0.1'));
  await world.watcher('east');
  await world.resolver(['east']);
  await world.pass(10);
  let observers = 0;
  const observe = cluster.observe.bind(cluster);
  cluster.observe = (signal) => {
    observers++;
    return observe(signal);
  };
  const { appends } = world.logs;
  await world.pass(HOUR_S / 2);
  assert.deepEqual([observers, world.logs.appends], [0, appends]);
});

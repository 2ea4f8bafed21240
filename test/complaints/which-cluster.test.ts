/** Complaints of §§ 7.3 to 7.5: which cluster answers, headless Services. See README.md. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type RawObject, rawObject } from '../cluster/collections.ts';
import { GivenFederation } from '../conformance/given-federation.ts';
import { type Clusters, DB, db, FEBRUARY, WEB, web } from '../conformance/mcs-rows.ts';
import { HTTP, headless, service, slice } from '../conformance/objects.ts';
import { expectedOf } from '../conformance/two-ways.ts';
import { exported, inSet, LIMITS, SHOP, World } from './given-world.ts';

const IDLE_WEB = [...web('10.1.0.1').slice(0, 1), ...web('10.1.0.1').slice(2)];

interface Solved {
  readonly options?: readonly string[];
  readonly given: Clusters;
  readonly asked: Readonly<Record<string, readonly string[]>>;
}

function solved(complaint: string, { options, given, asked }: Solved): void {
  test(complaint, async () => {
    const federation = new GivenFederation(Object.keys(given), options);
    for (const [cluster, objects] of Object.entries(given)) federation.set(cluster, objects);
    for (const [question, answer] of Object.entries(asked)) {
      assert.deepEqual(await federation.ask(question), expectedOf(question, answer), question);
    }
    federation.stop();
  });
}

function selected(annotation: string, objects: readonly RawObject[]): readonly RawObject[] {
  return objects.map((raw) => {
    if (raw.kind !== 'Service') return raw;
    const annotations = { 'isthmus.dev/select': annotation };
    return { ...raw, metadata: { ...raw.metadata, annotations } };
  });
}

describe('7.3 split brain, global load balancing', () => {
  test('7.3 #17 k8gb#1314: in a partition both sides answer, and one decides', async (t) => {
    const world = new World(t);
    world.cluster('east').apply(SHOP, ...exported('web', '10.1.0.1'));
    world.cluster('west').apply(SHOP, ...exported('web', '10.2.0.1'));
    await world.watcher('east');
    const west = await world.watcher('west');
    const resolvers = [
      await world.resolver(['east', 'west']),
      await world.resolver(['east', 'west']),
    ];
    await world.pass(10);
    const { position } = await world.logs.open('_control').head();
    await west.kill();
    await world.pass(LIMITS.staleMs / 1000 + 10);
    // Each saw it; the position lets one of them say so, and the other follows.
    assert.equal((await world.logs.open('_control').head()).position, position + 1);
    for (const { ask } of resolvers) assert.equal(ask(inSet('web')), '10.1.0.1');
    // Who can't reach the log has what it had.
    world.logs.isDown = true;
    await world.pass(LIMITS.lostMs / 1000);
    for (const { ask } of resolvers) assert.equal(ask(inSet('web')), '10.1.0.1');
  });

  solved('7.3 #18 k8gb#1943, #1964: clients see the weights, in addresses and in SRV', {
    options: ['select east=3 west=1'],
    given: {
      east: db(['10.1.0.1', '10.1.0.2', '10.1.0.3']),
      west: db(['10.2.0.1', '10.2.0.2', '10.2.0.3'], FEBRUARY),
    },
    asked: {
      [`${DB} A`]: ['5 IN A 10.1.0.1', '5 IN A 10.1.0.2', '5 IN A 10.1.0.3', '5 IN A 10.2.0.1'],
      [`_http._tcp.${DB} SRV`]: [
        `5 IN SRV 0 25 80 10-1-0-1.east.${DB}`,
        `5 IN SRV 0 25 80 10-1-0-2.east.${DB}`,
        `5 IN SRV 0 25 80 10-1-0-3.east.${DB}`,
        `5 IN SRV 0 25 80 10-2-0-1.west.${DB}`,
      ],
    },
  });

  solved('7.3 #18 k8gb#2022: another cluster answers for a name of cluster.local', {
    options: ['across failover'],
    given: { east: IDLE_WEB, west: web('10.2.0.1') },
    asked: { 'web.shop.svc.cluster.local. A': ['5 IN A 10.2.0.1'] },
  });
});

describe('7.4 locality, latency, weights', () => {
  solved('7.4 #19 lighthouse#366, #1711: local and remote together, by weight', {
    options: ['select home=2 all'],
    given: { east: db(['10.1.0.1', '10.1.0.2']), west: db(['10.2.0.1', '10.2.0.2'], FEBRUARY) },
    asked: { [`${DB} A`]: ['5 IN A 10.1.0.1', '5 IN A 10.1.0.2', '5 IN A 10.2.0.1'] },
  });

  solved('7.4 #20 cilium#29200: clusters in an order, the first that is ready', {
    options: ['select east then north then west'],
    given: { east: IDLE_WEB, west: web('10.2.0.1'), north: web('10.3.0.1') },
    asked: { [`${WEB} A`]: ['5 IN A 10.3.0.1'] },
  });

  solved('7.4 #21 enhancements#5939: selectors in an order, by whoever exports it first', {
    given: {
      east: web('10.1.0.1', { createdAt: FEBRUARY }),
      west: selected('north then all', web('10.2.0.1')),
      north: web('10.3.0.1', { createdAt: FEBRUARY }),
    },
    asked: { [`${WEB} A`]: ['5 IN A 10.3.0.1'] },
  });
});

test('7.4 #20 cilium#41390, #22 kubernetes#15675: who asks gets what is near', async () => {
  const zoned = (zone: string, address: string) => [
    rawObject('Node', '', zone, {}, { labels: { 'topology.kubernetes.io/zone': zone } }),
    headless('shop/db'),
    rawObject(
      'EndpointSlice',
      'shop',
      'db-1',
      { addressType: 'IPv4', endpoints: [{ addresses: [address], zone }], ports: [HTTP] },
      { labels: { 'kubernetes.io/service-name': 'db' } },
    ),
    ...db([]).slice(2),
  ];
  const options = ['select nearest then all', 'client 198.51.100.0/24 zone b'];
  const federation = new GivenFederation(['east', 'west'], options);
  federation.set('east', zoned('a', '10.1.0.1'));
  federation.set('west', zoned('b', '10.2.0.1'));
  const [near, all] = [['5 IN A 10.2.0.1'], ['5 IN A 10.1.0.1', '5 IN A 10.2.0.1']];
  const question = `${DB} A`;
  assert.deepEqual(await federation.ask(question, '198.51.100.9'), expectedOf(question, near));
  assert.deepEqual(await federation.ask(question), expectedOf(question, all));
  federation.stop();
});

describe('7.5 headless Services and StatefulSets across clusters', () => {
  const pods = (...names: readonly string[]) =>
    names.map((name, i) => ({ addresses: [`10.2.0.${i + 1}`], hostname: name }));

  solved('7.5 #23 lighthouse#215, #601: a pod of another cluster has a name that stays', {
    given: { east: [], west: db(pods('db-0', 'db-1')) },
    asked: {
      [`db-0.west.${DB} A`]: ['5 IN A 10.2.0.1'],
      [`db-1.west.${DB} A`]: ['5 IN A 10.2.0.2'],
    },
  });

  solved('7.5 #23 lighthouse#1728: without a hostname it is called as its address', {
    given: { east: [], west: db(['10.2.0.7']) },
    asked: { [`10-2-0-7.west.${DB} A`]: ['5 IN A 10.2.0.7'] },
  });

  solved('7.5 #24 istio#29969: a headless Service has the endpoints of all clusters', {
    given: { east: db(['10.1.0.1']), west: db(['10.2.0.1'], FEBRUARY) },
    asked: { [`${DB} A`]: ['5 IN A 10.1.0.1', '5 IN A 10.2.0.1'] },
  });

  solved('7.5 #24 istio#33070: or of this cluster only, where that is wanted', {
    options: ['select home for shop/db'],
    given: { east: db(['10.1.0.1']), west: db(['10.2.0.1'], FEBRUARY) },
    asked: {
      [`${DB} A`]: ['5 IN A 10.1.0.1'],
      'db.shop.svc.cluster.local. A': ['5 IN A 10.1.0.1'],
    },
  });

  solved('7.5 #25 cilium#7070, karmada#3372: equal pod names of two clusters are told apart', {
    given: {
      east: [
        headless('shop/db'),
        slice('shop/db', [{ addresses: ['10.1.0.1'], hostname: 'db-0' }]),
        ...db([]).slice(2),
      ],
      west: db(pods('db-0'), FEBRUARY),
    },
    asked: {
      [`db-0.east.${DB} A`]: ['5 IN A 10.1.0.1'],
      [`db-0.west.${DB} A`]: ['5 IN A 10.2.0.1'],
    },
  });

  solved('7.5 #25 linkerd2#6090: also below cluster.local, where clusters answer together', {
    options: ['across merge'],
    given: {
      east: [...db([{ addresses: ['10.1.0.1'], hostname: 'db-0' }]), service('shop/web')],
      west: db(pods('db-0'), FEBRUARY),
    },
    asked: {
      'db-0.db.shop.svc.cluster.local. A': ['5 IN A 10.1.0.1'],
      'db-0-west.db.shop.svc.cluster.local. A': ['5 IN A 10.2.0.1'],
    },
  });
});

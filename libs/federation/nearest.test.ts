/**
 * What is nearest to who asks: endpoints in the client's topology zone, then in its region, then in
 * its own cluster; in a zone or region those of its own cluster first.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClusterObject, EndpointSliceObject } from '../event/object.ts';
import { ClientNetworks, parseNetwork } from './client-networks.ts';
import { ClusterState, evolve } from './cluster-state.ts';
import { namesOfGroup } from './federation.ts';
import type { ManyClusters } from './federation-layers.ts';
import {
  exported,
  given,
  manyConfig,
  node,
  SHOP,
  selection,
  service,
  shown,
  slice,
} from './given-clusters.ts';
import { isForTable } from './names.ts';
import type { Place } from './place.ts';
import { ENDPOINTS_ONLY } from './reach.ts';
import { NO_RULES } from './selection.ts';

type Clusters = Readonly<Record<string, readonly ClusterObject[]>>;

/** `10.1.0.1@e-a`: an address of an endpoint, and its node. */
function at(of: string, name: string, texts: readonly string[]): EndpointSliceObject {
  const ports = [{ name: 'http', protocol: 'TCP', port: 8080 }];
  const endpoints = texts.map((text) => {
    const [address = '', on = ''] = text.split('@');
    return { addresses: [address], pod: `${of}-${on}`, ready: true, node: on };
  });
  return slice(of, [], { name, endpoints, ports });
}

function headless(addresses: readonly string[], createdAt: string): readonly ClusterObject[] {
  const isOf = (six: boolean) => addresses.filter((one) => one.includes('::') === six);
  return [
    SHOP,
    service('db', { headless: true }),
    at('db', 'db-4', isOf(false)),
    at('db', 'db-6', isOf(true)),
    exported('db', createdAt),
  ];
}

const NODES = {
  east: [node('e-a', 'a', 'eu', ['192.0.2.11']), node('e-b', 'b', 'eu'), node('e-0')],
  west: [node('w-a', 'a', 'eu', ['192.0.2.21', '2001:db8::21']), node('w-c', 'c', 'us')],
  north: [node('n-d', 'd', 'us'), node('n-a', 'a', 'asia')],
};
const DB: Clusters = {
  east: [
    ...NODES.east,
    ...headless(['10.1.0.1@e-a', 'fd00:1::1@e-a', '10.1.0.2@e-b', '10.1.0.9@e-0'], '2026-01-01'),
  ],
  west: [
    ...NODES.west,
    ...headless(['10.2.0.1@w-a', '10.2.0.3@w-c', 'fd00:2::3@w-c'], '2026-01-02'),
  ],
  north: [...NODES.north, ...headless(['10.3.0.4@n-d', '10.3.0.1@n-a'], '2026-01-03')],
};

/** `CLUSTER/ZONE/REGION` of the client 192.0.2.1; '' is not said. */
function networks(text: string): ClientNetworks {
  const [cluster, topologyZone, topologyRegion] = text.split('/').map((one) => one || undefined);
  const place: Place = { cluster, topologyZone, topologyRegion };
  const network = parseNetwork('192.0.2.1');
  assert.ok(network !== undefined);
  return new ClientNetworks(text === '' ? [] : [[network, place]]);
}

function rules(text: string) {
  return { ...NO_RULES, all: selection(text) };
}

/** The last numbers of the addresses that the name has, of both families. */
function addresses(ask: ReturnType<typeof given>, name: string, client = '192.0.2.1'): string {
  const of = (type: string) =>
    shown(ask(name, type, client)).flatMap((line) => / (?:A|AAAA) (\S+)$/.exec(line)?.[1] ?? []);
  return [...of('A'), ...of('AAAA')].join(' ');
}

const db = 'db.shop.svc.clusterset.local.';

describe('a headless Service has what is nearest', () => {
  const rows: readonly (readonly [wanted: string, client: string, expected: string])[] = [
    ['nearest', 'east/a/eu', '10.1.0.1 fd00:1::1'],
    ['nearest', 'west/a/eu', '10.2.0.1'],
    ['nearest', 'north/a/asia', '10.3.0.1'],
    ['nearest', '/a/eu', '10.1.0.1 10.2.0.1 fd00:1::1'],
    ['nearest', '/a/', '10.1.0.1 10.2.0.1 10.3.0.1 fd00:1::1'],
    ['nearest', 'east/a/', '10.1.0.1 fd00:1::1'],
    ['nearest', 'north/b/eu', '10.1.0.2'],
    ['nearest', 'north/z/eu', '10.1.0.1 10.1.0.2 10.2.0.1 fd00:1::1'],
    ['nearest', 'west/z/us', '10.2.0.3 fd00:2::3'],
    ['nearest', '/z/us', '10.2.0.3 10.3.0.4 fd00:2::3'],
    ['nearest', 'north/z/z', '10.3.0.1 10.3.0.4'],
    ['nearest east west', 'north/d/us', '10.2.0.3 fd00:2::3'],
    ['nearest home', 'west/c/us', '10.2.0.3 fd00:2::3'],
    [
      'nearest east then all',
      '/c/us',
      '10.1.0.1 10.1.0.2 10.1.0.9 10.2.0.1 10.2.0.3 10.3.0.1 ' + '10.3.0.4 fd00:1::1 fd00:2::3',
    ],
    ['nearest then north', '/z/z', '10.3.0.1 10.3.0.4'],
    ['nearest then home', 'south/z/z', ''],
    ['north then nearest', 'east/a/eu', '10.3.0.1 10.3.0.4'],
    ['nearest then north', '', '10.3.0.1 10.3.0.4'],
    ['nearest then home then all', '', '10.1.0.1 10.1.0.2 10.1.0.9 fd00:1::1'],
    ['nearest east=2 west', '', '10.1.0.1 10.1.0.2 10.1.0.9 10.2.0.1 fd00:1::1'],
  ];
  for (const [wanted, client, expected] of rows) {
    test(`${wanted}: to ${client || 'who is not known'}`, () => {
      const config = manyConfig({ rules: rules(wanted), networks: networks(client) });
      assert.equal(addresses(given(DB, true, config), db), expected);
    });
  }
});

/** With cluster IPs; west and east have a pod in zone a, north is far from both. */
const WEB: Clusters = {
  east: [
    ...NODES.east,
    service('web', { clusterIPs: ['10.96.1.1', 'fd96:1::1'] }),
    at('web', 'web-4', ['10.1.0.1@e-a', '10.1.0.2@e-b']),
    exported('web', '2026-01-01'),
  ],
  west: [
    ...NODES.west,
    service('web', { clusterIPs: ['10.96.2.1'] }),
    at('web', 'web-4', ['10.2.0.1@w-a', '10.2.0.3@w-c']),
    exported('web', '2026-01-02'),
  ],
  north: [
    ...NODES.north,
    service('web', { clusterIPs: ['10.96.3.1'] }),
    at('web', 'web-4', ['10.3.0.4@n-d']),
    exported('web', '2026-01-03'),
  ],
};
const web = 'web.shop.svc.clusterset.local.';

describe('a Service with cluster IPs has that of the nearest cluster, where it is reached', () => {
  const routable = { ...ENDPOINTS_ONLY, routable: new Set(['west']) };
  const gateways = new Map([['east', ['192.0.2.99']]]);
  const rows: readonly (readonly [string, string, Partial<ManyClusters>, string])[] = [
    ['nearest', 'east/a/eu', {}, '10.96.1.1 fd96:1::1'],
    ['nearest', 'east/c/us', {}, '10.2.0.3'],
    ['nearest', 'east/c/us', { reach: routable }, '10.96.2.1'],
    // Whose clients can't reach the cluster IPs of the home cluster.
    ['nearest', 'west/b/eu', {}, '10.1.0.2'],
    ['nearest', 'west/b/eu', { reach: { ...routable, gateways } }, '192.0.2.99'],
    ['nearest then home', 'west/z/z', {}, '10.96.2.1'],
    ['nearest then home', 'north/z/z', {}, '10.96.3.1'],
    ['home then nearest', 'north/a/eu', {}, '10.96.3.1'],
    ['nearest then home', '', {}, '10.96.1.1 fd96:1::1'],
    ['nearest', '', {}, '10.1.0.1 10.1.0.2 10.2.0.1 10.2.0.3 10.3.0.4'],
    // Other selections are as for clients of the home cluster, whoever asks.
    ['home then all', 'west/a/eu', {}, '10.96.1.1 fd96:1::1'],
  ];
  for (const [wanted, client, more, expected] of rows) {
    test(`${wanted}: to ${client || 'who is not known'}, ${JSON.stringify(Object.keys(more))}`, () => {
      const config = manyConfig({ ...more, rules: rules(wanted), networks: networks(client) });
      assert.equal(addresses(given(WEB, true, config), web), expected);
    });
  }

  test('while nobody is ready, that of its own cluster', () => {
    const idle = Object.entries(WEB).map(([cluster, objects]) => {
      return [cluster, objects.filter(({ kind }) => kind !== 'EndpointSlice')] as const;
    });
    const config = manyConfig({ rules: rules('nearest'), networks: networks('west//') });
    assert.equal(addresses(given(Object.fromEntries(idle), true, config), web), '10.96.2.1');
  });

  test('or the clusterset IP that its own cluster has of it', () => {
    const imported = (ip: string): ClusterObject => {
      const of = { kind: 'ServiceImport', namespace: 'shop', name: 'web', ports: [] } as const;
      return { ...of, type: 'ClusterSetIP', ips: [ip] };
    };
    const clusters = {
      ...WEB,
      east: [...(WEB.east ?? []), imported('10.97.0.1')],
      west: [...(WEB.west ?? []), imported('10.97.0.2')],
    };
    const answer = (client: string) => {
      const config = manyConfig({ rules: rules('nearest'), networks: networks(client) });
      return addresses(given(clusters, true, config), web);
    };
    assert.equal(answer(''), '10.97.0.1');
    assert.equal(answer('west/c/us'), '10.97.0.2');
    assert.equal(answer('north/d/us'), '10.96.3.1');
  });
});

test('SRV leads to the same endpoints', () => {
  const config = manyConfig({ rules: rules('nearest'), networks: networks('west/a/eu') });
  assert.deepEqual(shown(given(DB, true, config)(`_http._tcp.${db}`, 'SRV', '192.0.2.1')), [
    `+ 10-2-0-1.west.${db} 5 IN A 10.2.0.1`,
    `_http._tcp.${db} 5 IN SRV 0 100 8080 10-2-0-1.west.${db}`,
  ]);
});

test('names of single endpoints are everybody s', () => {
  const config = manyConfig({ rules: rules('nearest'), networks: networks('west/a/eu') });
  const name = `10-3-0-4.north.${db}`;
  assert.deepEqual(shown(given(DB, true, config)(name, 'A', '192.0.2.1')), [
    `${name} 5 IN A 10.3.0.4`,
  ]);
});

test('the table has the other names only: all at and below such a Service are for the chain', () => {
  const states = new Map([['east', new ClusterState('east')]]);
  const state = states.get('east');
  assert.ok(state !== undefined);
  for (const object of DB.east ?? []) evolve(state, { kind: 'observed', object }, 1);
  const config = manyConfig({ rules: rules('nearest') });
  const names = namesOfGroup(config, states, 'service/shop/db');
  const handedOver = [...names.keys()].filter((name) => !isForTable(names, name));
  assert.deepEqual(handedOver.sort(), [
    `10-1-0-1.east.${db}`,
    `10-1-0-2.east.${db}`,
    `10-1-0-9.east.${db}`,
    `_http._tcp.${db}`,
    `_tcp.${db}`,
    db,
    `east.${db}`,
    `fd00-1--1.east.${db}`,
  ]);
  assert.ok(isForTable(names, 'db.shop.svc.cluster.local.'));
  assert.ok(isForTable(names, 'db.shop.svc.east.many.local.'));
});

describe('in the home zone, where other clusters answer', () => {
  const home = 'db.shop.svc.cluster.local.';
  const away = { ...DB, east: NODES.east };
  const rows: readonly (readonly [string, Clusters, 'failover' | 'merge', string, string])[] = [
    ['home is ready', DB, 'failover', 'west/c/us', '10.1.0.1 10.1.0.2 10.1.0.9 fd00:1::1'],
    ['home has none', away, 'failover', 'west/c/us', '10.2.0.3 fd00:2::3'],
    ['home has none', away, 'failover', 'east/d/us', '10.3.0.4'],
    ['home has none', away, 'failover', '', '10.2.0.1 10.2.0.3 10.3.0.1 10.3.0.4 fd00:2::3'],
    ['endpoints of all', DB, 'merge', 'west/c/us', '10.2.0.3 fd00:2::3'],
  ];
  for (const [what, clusters, across, client, expected] of rows) {
    test(`${what}, ${across}: to ${client || 'who is not known'}`, () => {
      const more = { across, rules: rules('nearest'), networks: networks(client) };
      assert.equal(addresses(given(clusters, true, manyConfig(more)), home), expected);
    });
  }
});

describe('where a client is', () => {
  const pod = (name: string, addresses: readonly string[], more = {}): ClusterObject => {
    return { kind: 'Pod', namespace: 'shop', name, addresses, ...more };
  };
  const clusters: Clusters = {
    east: [
      ...(DB.east ?? []),
      pod('one', ['10.1.9.1', 'fd00:1::91'], { node: 'e-b' }),
      pod('shared', ['10.9.9.9'], { node: 'e-a' }),
      pod('agent', ['192.0.2.12'], { node: 'e-b', hostNetwork: true }),
      pod('proxy', ['192.0.2.12'], { node: 'e-b', hostNetwork: true }),
      pod('dying', ['10.1.9.2'], { node: 'e-a' }),
      pod('new', ['10.1.9.2'], { node: 'e-b' }),
      pod('old', ['10.1.9.3']),
    ],
    west: [
      ...(DB.west ?? []),
      pod('far', ['10.2.9.1'], { node: 'w-c' }),
      pod('shared', ['10.9.9.9'], { node: 'w-c' }),
      pod('twice', ['10.9.9.8'], { node: 'w-c' }),
    ],
    north: [...(DB.north ?? []), pod('twice', ['10.9.9.8'], { node: 'n-d' })],
  };
  const all = '10.1.0.1 10.1.0.2 10.1.0.9 10.2.0.1 10.2.0.3 10.3.0.1 10.3.0.4 fd00:1::1 fd00:2::3';
  const east = '10.1.0.1 10.1.0.2 10.1.0.9 fd00:1::1';
  for (const [what, said, client, expected] of [
    ['a pod, by its node', '', '10.1.9.1', '10.1.0.2'],
    ['by its other address', '', 'fd00:1::91', '10.1.0.2'],
    ['of another cluster', '', '10.2.9.1', '10.2.0.3 fd00:2::3'],
    ['home counts, where others have the address too', '', '10.9.9.9', '10.1.0.1 fd00:1::1'],
    ['two others have it', '', '10.9.9.8', all],
    ['pods of the network of one node', '', '192.0.2.12', '10.1.0.2'],
    ['an address that two nodes may have: the cluster is known', '', '10.1.9.2', east],
    ['the node is not known: the cluster is', '', '10.1.9.3', east],
    ['a node', '', '192.0.2.11', '10.1.0.1 fd00:1::1'],
    ['a node of another cluster, by its other address', '', '2001:db8::21', '10.2.0.1'],
    ['nobody', '', '198.51.100.1', all],
    ['a network says the cluster', 'west', '10.9.9.9', '10.2.0.3 fd00:2::3'],
    ['where a node says nothing, its network', 'east/b', '10.1.9.3', '10.1.0.2'],
    ['the node is more exact than the network', 'east/a', '10.1.9.1', '10.1.0.2'],
    ['the region is that of the zone in its cluster', 'east/b', '198.51.100.1', '10.1.0.2'],
  ] as const) {
    test(`${what}: ${client}`, () => {
      const [cluster, topologyZone] = said.split('/');
      const network = parseNetwork(client);
      assert.ok(network !== undefined);
      const place = { cluster, topologyZone };
      const own = new ClientNetworks(said === '' ? [] : [[network, place]]);
      const config = manyConfig({ rules: rules('nearest'), networks: own });
      assert.equal(addresses(given(clusters, true, config), db, client), expected);
    });
  }

  test('an endpoint without a node is where all of its cluster are', () => {
    const lonely = { ...DB, west: [node('w-1', 'c', 'us'), node('w-2', 'c', 'us')] };
    const bare = [...lonely.west, service('db', { headless: true }), exported('db', '2026-01-02')];
    const objects = [...bare, slice('db', ['10.2.0.7'])];
    const more = { rules: rules('nearest'), networks: networks('east/c/us') };
    const ask = given({ ...lonely, west: objects }, true, manyConfig(more));
    assert.equal(addresses(ask, db), '10.2.0.7');
  });

  test('a node that moves, or goes, counts as it is', () => {
    const moved = (...more: readonly ClusterObject[]) => {
      const at = { ...DB, east: [...(DB.east ?? []), ...more] };
      const config = manyConfig({ rules: rules('nearest'), networks: networks('') });
      return addresses(given(at, true, config), db, '192.0.2.11');
    };
    assert.equal(moved(node('e-a', 'c', 'us', ['192.0.2.11'])), '10.1.0.1 fd00:1::1');
    assert.equal(moved(node('e-a', 'a', 'eu', ['192.0.2.13'])), all);
  });
});

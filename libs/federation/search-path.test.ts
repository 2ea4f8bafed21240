import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ClusterState, evolve } from './cluster-state.ts';
import { HOME_DEFAULTS, type HomeLayer } from './layer.ts';
import { searchPathOf } from './search-path.ts';

/** Pods by cluster, as `NAMESPACE/NAME=ADDRESS`. */
const PODS = {
  east: [
    'shop/a=10.1.0.1',
    'shop/b=10.1.0.8',
    'shop/c=10.1.0.8',
    'shop/d=10.1.0.9',
    'bank/e=10.1.0.9',
  ],
  west: ['bank/a=10.2.0.1', 'bank/b=10.1.0.1', 'shop/c=fd00::1'],
};
const STATES = new Map(
  Object.entries(PODS).map(([cluster, pods]) => {
    const state = new ClusterState(cluster);
    for (const [i, text] of pods.entries()) {
      const [, namespace = '', name = '', address = ''] = /^(.*)\/(.*)=(.*)$/.exec(text) ?? [];
      const object = { kind: 'Pod', namespace, name, addresses: [address] } as const;
      evolve(state, { kind: 'observed', object }, i + 1);
    }
    return [cluster, state];
  }),
);

function layer(
  cluster: string,
  zones: readonly string[],
  more: Partial<HomeLayer> = {},
): HomeLayer {
  const shared = { ttl: 5, fallthrough: [], reverseZones: ['10.in-addr.arpa.'] };
  return { ...HOME_DEFAULTS, ...shared, kind: 'home', cluster, zones, pods: 'verified', ...more };
}

const SHARED = [layer('east', ['c.test.']), layer('west', ['c.test.', 'west.test.'])];
const OWN = [layer('east', ['east.test.']), layer('west', ['west.test.'])];
const path = (namespace: string, zone: string) => [`${namespace}.svc.${zone}`, `svc.${zone}`, zone];

describe('searchPathOf', () => {
  const rows: readonly (readonly [
    what: string,
    layers: readonly HomeLayer[],
    address: string,
    name: string,
    expected: readonly string[] | undefined,
  ])[] = [
    ['a pod of the second', SHARED, '10.2.0.1', 'x.c.test.', path('bank', 'c.test.')],
    ['in another zone of it', SHARED, '10.2.0.1', 'x.west.test.', path('bank', 'west.test.')],
    ['IPv6, as it came', SHARED, 'FD00:0::1', 'x.c.test.', path('shop', 'c.test.')],
    ['several pods of a namespace', SHARED, '10.1.0.8', 'x.c.test.', path('shop', 'c.test.')],
    ['pods of several namespaces', SHARED, '10.1.0.9', 'x.c.test.', undefined],
    ['pods of several clusters', SHARED, '10.1.0.1', 'x.c.test.', undefined],
    ['where the zone says which', OWN, '10.1.0.1', 'x.east.test.', path('shop', 'east.test.')],
    ['the other zone', OWN, '10.1.0.1', 'x.west.test.', path('bank', 'west.test.')],
    ['no pod', SHARED, '10.9.9.9', 'x.c.test.', undefined],
    ['no zone of theirs', SHARED, '10.2.0.1', 'x.other.', undefined],
    ['a reverse zone', SHARED, '10.2.0.1', '1.0.2.10.in-addr.arpa.', undefined],
    [
      'pods that are not verified',
      [layer('west', ['c.test.'], { pods: 'insecure' })],
      '10.2.0.1',
      'x.c.test.',
      undefined,
    ],
  ];
  for (const [what, layers, address, name, expected] of rows) {
    test(`${what}: ${address} asks for ${name}`, () => {
      assert.deepEqual(searchPathOf(layers, STATES, name, address), expected);
    });
  }
});

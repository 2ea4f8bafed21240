/** Names of kube-dns's federations, row by row. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClusterObject } from '../event/object.ts';
import { openNames } from './asked-name.ts';
import { federationConfig, MANY_DEFAULTS, type ManyClusters } from './federation-layers.ts';
import { given, node, SHOP, service, shown, slice } from './given-clusters.ts';
import { namespaceGroup } from './group.ts';
import { HOME_DEFAULTS } from './layer.ts';

const Z = 'cluster.local.';
const LONG = 'x'.repeat(60);
const PLACES = [
  node('one', 'us-east-1a', 'us-east-1'),
  node('two', 'us-east-1b', 'us-east-1'),
  node('three', 'US-East-1b', 'us-east-1'),
  node('four', 'us-east-1b', 'us-east-1'),
];
const OUTSIDE = 'svc.us-east-1b.us-east-1.example.org.';

const ZONES = {
  ...{ home: 'east', homeZone: Z, clustersetZone: undefined, reverseZones: [], ttl: 30 },
  homeOptions: HOME_DEFAULTS,
};

function configOf(many: Partial<ManyClusters> = {}, options = HOME_DEFAULTS) {
  const federations = new Map([
    ['fed', 'example.org.'],
    ['other', 'example.net.'],
    ['long', `${LONG}.${LONG}.example.com.`],
  ]);
  return federationConfig(
    { ...ZONES, homeOptions: options, many: { ...MANY_DEFAULTS, federations, ...many } },
    [],
  );
}

const EAST: readonly ClusterObject[] = [
  SHOP,
  ...PLACES,
  service('web', { clusterIPs: ['10.96.0.10'] }),
  slice('web', ['10.1.0.1']),
  service('db', { headless: true }),
  slice('db', ['10.1.0.2=db-0']),
  service('idle', { clusterIPs: ['10.96.0.11'] }),
  service('none', { headless: true }),
  service('pay', { type: 'ExternalName', externalName: 'pay.example.com' }),
];

const rows: readonly (readonly [what: string, name: string, answer: string])[] = [
  [
    'a Service that has an endpoint is the one here',
    `web.shop.fed.svc.${Z}`,
    `alias web.shop.svc.${Z}`,
  ],
  ['a headless one likewise', `db.shop.fed.svc.${Z}`, `alias db.shop.svc.${Z}`],
  ['an ExternalName likewise', `pay.shop.fed.svc.${Z}`, `alias pay.shop.svc.${Z}`],
  [
    'one without a ready endpoint is elsewhere',
    `idle.shop.fed.svc.${Z}`,
    `alias idle.shop.fed.${OUTSIDE}`,
  ],
  ['a headless one likewise', `none.shop.fed.svc.${Z}`, `alias none.shop.fed.${OUTSIDE}`],
  ['one that is not here is elsewhere', `cart.shop.fed.svc.${Z}`, `alias cart.shop.fed.${OUTSIDE}`],
  ['so is one of a namespace that is not', `a.b.fed.svc.${Z}`, `alias a.b.fed.${OUTSIDE}`],
  [
    'each federation has its domain',
    `cart.shop.other.svc.${Z}`,
    'alias cart.shop.other.svc.us-east-1b.us-east-1.example.net.',
  ],
  ['a name above such names exists', `shop.fed.svc.${Z}`, 'nodata'],
  ['so does the federation', `fed.svc.${Z}`, 'nodata'],
  ['no other federation has names', `web.shop.foo.svc.${Z}`, 'nxdomain'],
  ['nor has a name with more labels', `x.web.shop.fed.svc.${Z}`, 'nxdomain'],
  ['nor a port', `_http.shop.fed.svc.${Z}`, 'nxdomain'],
  ['nor a wildcard', `*.shop.fed.svc.${Z}`, 'nxdomain'],
  ['nor one whose name outside would be too long', `${LONG}.${LONG}.long.svc.${Z}`, 'nxdomain'],
  ['nor pods', `web.shop.fed.pod.${Z}`, 'nxdomain'],
];

describe('the name of a Service in a federation of kube-dns', () => {
  const ask = given({ east: EAST }, true, configOf());
  for (const [what, name, answer] of rows) {
    test(`${what}: ${name} → ${answer}`, () => assert.deepEqual(shown(ask(name, 'A')), [answer]));
  }

  test('is an alias whatever type is asked for', () => {
    const name = `web.shop.fed.svc.${Z}`;
    assert.deepEqual(shown(ask(name, 'CNAME')), [`${name} 30 IN CNAME web.shop.svc.${Z}`]);
    assert.deepEqual(shown(ask(name, 'TXT')), [`alias web.shop.svc.${Z}`]);
  });

  test('gives way to a hostname of a Service in a namespace that is called so', () => {
    const objects = [
      { kind: 'Namespace', namespace: '', name: 'fed' } as const,
      service('shop', { namespace: 'fed', headless: true }),
      slice('shop', ['10.1.0.9=web'], { namespace: 'fed' }),
    ];
    const both = given({ east: [...EAST, ...objects] }, true, configOf());
    const name = `web.shop.fed.svc.${Z}`;
    assert.deepEqual(shown(both(name, 'A')), [`${name} 30 IN A 10.1.0.9`]);
    assert.deepEqual(shown(both(`db.shop.fed.svc.${Z}`, 'A')), [`alias db.shop.svc.${Z}`]);
  });

  const outside = (nodes: readonly ClusterObject[]) =>
    shown(given({ east: [SHOP, ...nodes] }, true, configOf())(`a.shop.fed.svc.${Z}`, 'A'));

  test('is that of the region where nodes say no zone', () => {
    assert.deepEqual(outside([node('one', undefined, 'eu')]), [
      'alias a.shop.fed.svc.eu.example.org.',
    ]);
  });

  test('is that of the federation where nodes say no region', () => {
    assert.deepEqual(outside([node('one', 'eu-1', undefined)]), [
      'alias a.shop.fed.svc.example.org.',
    ]);
    assert.deepEqual(outside([]), ['alias a.shop.fed.svc.example.org.']);
  });

  test('is known while the cluster is not, if the Service is there', () => {
    const unready = given({ east: EAST }, false, configOf());
    assert.deepEqual(shown(unready(`web.shop.fed.svc.${Z}`, 'A')), [`alias web.shop.svc.${Z}`]);
    assert.deepEqual(shown(unready(`cart.shop.fed.svc.${Z}`, 'A')), ['unready']);
    assert.deepEqual(shown(unready(`shop.fed.svc.${Z}`, 'A')), ['unready']);
  });

  test('is the one here where another cluster answers for it', () => {
    const west = [
      SHOP,
      service('idle', { clusterIPs: ['10.97.0.11'] }),
      slice('idle', ['10.2.0.1']),
    ];
    const across = given({ east: EAST, west }, true, configOf({ across: 'failover' }));
    assert.deepEqual(shown(across(`idle.shop.fed.svc.${Z}`, 'A')), [`alias idle.shop.svc.${Z}`]);
  });

  test('is the one here with `noendpoints`, which says nothing of them', () => {
    const blind = given({ east: EAST }, true, configOf({}, { ...HOME_DEFAULTS, endpoints: false }));
    assert.deepEqual(shown(blind(`idle.shop.fed.svc.${Z}`, 'A')), [`alias idle.shop.svc.${Z}`]);
  });
});

test('the table denies nothing where such names may be', () => {
  assert.ok(openNames(configOf(), new Map()).has(`svc.${Z}`));
  assert.ok(openNames(configOf(), new Map(), namespaceGroup('fed')).has(`fed.svc.${Z}`));
  assert.ok(!openNames(configOf(), new Map(), namespaceGroup('shop')).has(`shop.svc.${Z}`));
  const none = configOf({ federations: undefined });
  assert.ok(!openNames(none, new Map()).has(`svc.${Z}`));
});

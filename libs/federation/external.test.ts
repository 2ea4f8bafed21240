import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClusterObject } from '../event/object.ts';
import { ALL_EXPOSED } from './exposure.ts';
import { given, SHOP, service, shown, slice } from './given-clusters.ts';
import type { ExternalLayer, FederationConfig } from './layer.ts';

const LAYER: ExternalLayer = {
  ...ALL_EXPOSED,
  kind: 'external',
  cluster: 'east',
  zones: ['example.org.'],
  reverseZones: ['100.51.198.in-addr.arpa.'],
  ttl: 30,
  fallthrough: [],
  apexLabel: 'dns',
  headless: true,
};

const OBJECTS: readonly ClusterObject[] = [
  SHOP,
  service('web', { external: ['198.51.100.1', '2001:db8::1'] }),
  service('host', { external: ['LB.Example.com'] }),
  service('both', { external: ['198.51.100.2', 'lb.example.com'] }),
  service('inside', { clusterIPs: ['10.96.0.1'] }),
  service('db', { headless: true }),
  slice('db', ['10.1.0.1=db-0', '10.1.0.2']),
  service('db-ips', { headless: true, external: ['198.51.100.3'] }),
  slice('db-ips', ['10.1.0.3=db-0']),
];

const config = (change: Partial<ExternalLayer> = {}): FederationConfig => ({
  layers: [{ ...LAYER, ...change }],
  nameServers: ['192.0.2.53', '127.0.0.1'],
});

describe('external names', () => {
  const ask = given({ east: OBJECTS }, true, config());
  const rows: readonly (readonly [question: string, ...answer: readonly string[]])[] = [
    ['web.shop.example.org. A', 'web.shop.example.org. 30 IN A 198.51.100.1'],
    ['web.shop.example.org. AAAA', 'web.shop.example.org. 30 IN AAAA 2001:db8::1'],
    [
      '_http._tcp.web.shop.example.org. SRV',
      '+ web.shop.example.org. 30 IN A 198.51.100.1',
      '+ web.shop.example.org. 30 IN AAAA 2001:db8::1',
      '_http._tcp.web.shop.example.org. 30 IN SRV 0 50 80 web.shop.example.org.',
    ],
    ['host.shop.example.org. A', 'alias lb.example.com.'],
    [
      '_http._tcp.host.shop.example.org. SRV',
      '_http._tcp.host.shop.example.org. 30 IN SRV 0 100 80 lb.example.com.',
    ],
    // RFC 2181 § 10.1: an alias has no other records.
    ['both.shop.example.org. A', 'both.shop.example.org. 30 IN A 198.51.100.2'],
    ['both.shop.example.org. CNAME', 'nodata'],
    ['inside.shop.example.org. A', 'nxdomain'],
    [
      'db.shop.example.org. A',
      'db.shop.example.org. 30 IN A 10.1.0.1',
      'db.shop.example.org. 30 IN A 10.1.0.2',
    ],
    ['db-0.db.shop.example.org. A', 'db-0.db.shop.example.org. 30 IN A 10.1.0.1'],
    ['db-ips.shop.example.org. A', 'db-ips.shop.example.org. 30 IN A 198.51.100.3'],
    ['db-0.db-ips.shop.example.org. A', 'nxdomain'],
    ['x.web.shop.example.org. A', 'nxdomain'],
    ['shop.example.org. A', 'nodata'],
    ['nope.example.org. A', 'nxdomain'],
    [
      '1.100.51.198.in-addr.arpa. PTR',
      '1.100.51.198.in-addr.arpa. 30 IN PTR web.shop.example.org.',
    ],
    ['9.100.51.198.in-addr.arpa. PTR', 'nxdomain'],
    ['dns.example.org. A', 'nodata'],
  ];
  for (const [question, ...answer] of rows) {
    test(question, () => {
      const [name = '', type = ''] = question.split(' ');
      assert.deepEqual(shown(ask(name, type)), answer);
    });
  }

  test('have no endpoints without `headless`', () => {
    const other = given({ east: OBJECTS }, true, config({ headless: false }));
    assert.deepEqual(shown(other('db.shop.example.org.', 'A')), ['nxdomain']);
  });
});

describe('the name server of an external zone', () => {
  const server = (objects: readonly ClusterObject[], change: Partial<ExternalLayer> = {}) =>
    shown(given({ east: objects }, true, config(change))('ns1.dns.example.org.', 'A')).map((line) =>
      line.replace(/^.* A /, ''),
    );
  const dns = (more: Parameters<typeof service>[1]) => service('dns', more);
  const fronting = slice('dns', ['192.0.2.53', '10.1.0.53']);

  test('has the addresses of this machine where no Service fronts it', () => {
    assert.deepEqual(server([]), ['127.0.0.1', '192.0.2.53']);
  });

  test('has the external addresses of the Service that does', () => {
    assert.deepEqual(server([dns({ external: ['198.51.100.53'] }), fronting]), ['198.51.100.53']);
  });

  test('has no address where that Service has none', () => {
    assert.deepEqual(server([dns({ clusterIPs: ['10.96.0.10'] }), fronting]), ['nodata']);
  });

  test('has the endpoints of a headless one, with `headless`', () => {
    const objects = [dns({ headless: true }), fronting];
    assert.deepEqual(server(objects), ['10.1.0.53', '192.0.2.53']);
    assert.deepEqual(server(objects, { headless: false }), ['nodata']);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatRRset } from '../dns/presentation.ts';
import type { ClusterObject } from '../event/object.ts';
import { ClusterState, evolve } from './cluster-state.ts';
import { namesOfGroup } from './federation.ts';
import { CONFIG, exported, given, HTTP, SHOP, service, shown, slice } from './given-clusters.ts';
import { PublishedNames } from './published.ts';

describe('the home zone (Kubernetes DNS specification 1.1.0)', () => {
  const ask = given({
    east: [
      SHOP,
      service('web', { clusterIPs: ['10.96.0.10', 'fd00::10'] }),
      slice('web', ['10.1.0.1', '10.1.0.2']),
      service('db', { headless: true }),
      slice('db', ['10.1.0.3=db-0', '10.1.0.4=db-1', 'fd01::4=db-1']),
      service('idle', { headless: true }),
      slice('idle', []),
      service('pay', { type: 'ExternalName', externalName: 'Pay.Example.com', ports: [] }),
      slice('pay', ['10.1.0.5']),
      service('any', { headless: true }),
      slice('any', ['10.1.0.6=any-0'], { ports: [HTTP, { ...HTTP, name: 'all', port: 0 }] }),
      service('odd', { type: 'ExternalName', externalName: '192.0.2.1', ports: [] }),
    ],
  });
  const rows: readonly (readonly [string, string, readonly string[]])[] = [
    ['web.shop.svc.cluster.local.', 'A', ['web.shop.svc.cluster.local. 5 IN A 10.96.0.10']],
    ['web.shop.svc.cluster.local.', 'AAAA', ['web.shop.svc.cluster.local. 5 IN AAAA fd00::10']],
    ['web.shop.svc.cluster.local.', 'MX', ['nodata']],
    [
      '_http._tcp.web.shop.svc.cluster.local.',
      'SRV',
      [
        '+ web.shop.svc.cluster.local. 5 IN A 10.96.0.10',
        '+ web.shop.svc.cluster.local. 5 IN AAAA fd00::10',
        '_http._tcp.web.shop.svc.cluster.local. 5 IN SRV 0 50 80 web.shop.svc.cluster.local.',
      ],
    ],
    ['_tcp.web.shop.svc.cluster.local.', 'A', ['nodata']],
    ['_udp.web.shop.svc.cluster.local.', 'A', ['nxdomain']],
    [
      '10-1-0-1.web.shop.svc.cluster.local.',
      'A',
      ['10-1-0-1.web.shop.svc.cluster.local. 5 IN A 10.1.0.1'],
    ],
    [
      'db.shop.svc.cluster.local.',
      'A',
      ['db.shop.svc.cluster.local. 5 IN A 10.1.0.3', 'db.shop.svc.cluster.local. 5 IN A 10.1.0.4'],
    ],
    [
      'db-1.db.shop.svc.cluster.local.',
      'AAAA',
      ['db-1.db.shop.svc.cluster.local. 5 IN AAAA fd01::4'],
    ],
    ['db-2.db.shop.svc.cluster.local.', 'A', ['nxdomain']],
    [
      'db-1.db.shop.svc.cluster.local.',
      'SRV',
      [
        '+ db-1.db.shop.svc.cluster.local. 5 IN A 10.1.0.4',
        '+ db-1.db.shop.svc.cluster.local. 5 IN AAAA fd01::4',
        'db-1.db.shop.svc.cluster.local. 5 IN SRV 0 50 8080 db-1.db.shop.svc.cluster.local.',
      ],
    ],
    [
      '_http._tcp.db.shop.svc.cluster.local.',
      'SRV',
      [
        '+ db-0.db.shop.svc.cluster.local. 5 IN A 10.1.0.3',
        '+ db-1.db.shop.svc.cluster.local. 5 IN A 10.1.0.4',
        '+ db-1.db.shop.svc.cluster.local. 5 IN AAAA fd01::4',
        '_http._tcp.db.shop.svc.cluster.local. 5 IN SRV 0 33 8080 db-0.db.shop.svc.cluster.local.',
        '_http._tcp.db.shop.svc.cluster.local. 5 IN SRV 0 33 8080 db-1.db.shop.svc.cluster.local.',
      ],
    ],
    [
      '_all._tcp.any.shop.svc.cluster.local.',
      'A',
      ['_all._tcp.any.shop.svc.cluster.local. 5 IN A 10.1.0.6'],
    ],
    ['_all._tcp.any.shop.svc.cluster.local.', 'SRV', ['nodata']],
    [
      'any.shop.svc.cluster.local.',
      'SRV',
      [
        '+ any-0.any.shop.svc.cluster.local. 5 IN A 10.1.0.6',
        'any.shop.svc.cluster.local. 5 IN SRV 0 50 80 any-0.any.shop.svc.cluster.local.',
      ],
    ],
    ['idle.shop.svc.cluster.local.', 'A', ['nxdomain']],
    [
      'pay.shop.svc.cluster.local.',
      'CNAME',
      ['pay.shop.svc.cluster.local. 5 IN CNAME pay.example.com.'],
    ],
    ['pay.shop.svc.cluster.local.', 'A', ['alias pay.example.com.']],
    ['odd.shop.svc.cluster.local.', 'A', ['nxdomain']],
    ['shop.svc.cluster.local.', 'A', ['nodata']],
    ['svc.cluster.local.', 'A', ['nodata']],
    ['ghost.svc.cluster.local.', 'A', ['nxdomain']],
    ['a.b.c.cluster.local.', 'A', ['nxdomain']],
    ['cluster.local.', 'A', ['nodata']],
    [
      'cluster.local.',
      'NS',
      ['+ ns.dns.cluster.local. 5 IN A 192.0.2.53', 'cluster.local. 5 IN NS ns.dns.cluster.local.'],
    ],
    [
      'cluster.local.',
      'SOA',
      [
        'cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 12 7200 1800 86400 5',
      ],
    ],
    ['dns-version.cluster.local.', 'TXT', ['dns-version.cluster.local. 28800 IN TXT "1.1.0"']],
    ['dns.cluster.local.', 'A', ['nodata']],
    [
      '10.0.96.10.in-addr.arpa.',
      'PTR',
      ['10.0.96.10.in-addr.arpa. 5 IN PTR web.shop.svc.cluster.local.'],
    ],
    [
      '2.0.1.10.in-addr.arpa.',
      'PTR',
      ['2.0.1.10.in-addr.arpa. 5 IN PTR 10-1-0-2.web.shop.svc.cluster.local.'],
    ],
    [
      '3.0.1.10.in-addr.arpa.',
      'PTR',
      ['3.0.1.10.in-addr.arpa. 5 IN PTR db-0.db.shop.svc.cluster.local.'],
    ],
    ['3.0.1.10.in-addr.arpa.', 'A', ['nodata']],
    ['1.10.in-addr.arpa.', 'PTR', ['nodata']],
    ['5.0.1.10.in-addr.arpa.', 'PTR', ['nxdomain']],
    ['9.0.1.10.in-addr.arpa.', 'PTR', ['nxdomain']],
    ['example.com.', 'A', ['outside']],
  ];
  for (const [name, type, expected] of rows) {
    test(`${name} ${type}`, () => assert.deepEqual(shown(ask(name, type)), expected));
  }
});

describe('the clusterset zone (MCS DNS specification 1.0.0, KEP-1645)', () => {
  const ask = given({
    west: [
      service('web', { clusterIPs: ['10.96.0.99'] }),
      slice('web', ['10.2.0.1']),
      exported('web', '2026-02-01T00:00:00Z'),
      service('search', { clusterIPs: ['10.96.0.98'] }),
      slice('search', ['10.2.0.9']),
      exported('search', '2026-01-01T00:00:00Z'),
      service('db', { headless: true }),
      slice('db', ['10.2.0.3=db-0']),
      exported('db', '2026-01-01T00:00:00Z'),
      service('secret', { clusterIPs: ['10.96.0.97'] }),
    ],
    east: [
      SHOP,
      service('web', { clusterIPs: ['10.96.0.10'] }),
      slice('web', ['10.1.0.1']),
      exported('web', '2026-01-01T00:00:00Z'),
      service('db', { headless: true }),
      slice('db', ['10.1.0.3=db-0']),
      exported('db', '2026-03-01T00:00:00Z'),
      exported('phantom', '2026-01-01T00:00:00Z'),
    ],
  });
  const rows: readonly (readonly [string, string, readonly string[]])[] = [
    ['web.shop.svc.clusterset.local.', 'A', ['web.shop.svc.clusterset.local. 5 IN A 10.96.0.10']],
    [
      'search.shop.svc.clusterset.local.',
      'A',
      ['search.shop.svc.clusterset.local. 5 IN A 10.2.0.9'],
    ],
    ['search.shop.svc.cluster.local.', 'A', ['nxdomain']],
    [
      'db.shop.svc.clusterset.local.',
      'A',
      [
        'db.shop.svc.clusterset.local. 5 IN A 10.1.0.3',
        'db.shop.svc.clusterset.local. 5 IN A 10.2.0.3',
      ],
    ],
    [
      'db-0.east.db.shop.svc.clusterset.local.',
      'A',
      ['db-0.east.db.shop.svc.clusterset.local. 5 IN A 10.1.0.3'],
    ],
    [
      'db-0.west.db.shop.svc.clusterset.local.',
      'A',
      ['db-0.west.db.shop.svc.clusterset.local. 5 IN A 10.2.0.3'],
    ],
    ['west.db.shop.svc.clusterset.local.', 'A', ['nodata']],
    ['west.web.shop.svc.clusterset.local.', 'A', ['nxdomain']],
    [
      '_http._tcp.db.shop.svc.clusterset.local.',
      'SRV',
      [
        '+ db-0.east.db.shop.svc.clusterset.local. 5 IN A 10.1.0.3',
        '+ db-0.west.db.shop.svc.clusterset.local. 5 IN A 10.2.0.3',
        '_http._tcp.db.shop.svc.clusterset.local. 5 IN SRV 0 50 8080 db-0.east.db.shop.svc.clusterset.local.',
        '_http._tcp.db.shop.svc.clusterset.local. 5 IN SRV 0 50 8080 db-0.west.db.shop.svc.clusterset.local.',
      ],
    ],
    ['secret.shop.svc.clusterset.local.', 'A', ['nxdomain']],
    ['phantom.shop.svc.clusterset.local.', 'A', ['nxdomain']],
    ['shop.svc.clusterset.local.', 'A', ['nodata']],
    [
      'dns-version.clusterset.local.',
      'TXT',
      ['dns-version.clusterset.local. 28800 IN TXT "1.0.0"'],
    ],
  ];
  for (const [name, type, expected] of rows) {
    test(`${name} ${type}`, () => assert.deepEqual(shown(ask(name, type)), expected));
  }

  test('an importer has its own clusterset IP when a controller gave it one', () => {
    const imported: ClusterObject = {
      kind: 'ServiceImport',
      namespace: 'shop',
      name: 'web',
      type: 'ClusterSetIP',
      ips: ['10.97.0.1'],
      ports: [HTTP],
    };
    const importing = given({
      east: [imported],
      west: [
        service('web', { clusterIPs: ['10.96.0.9'] }),
        exported('web', '2026-01-01T00:00:00Z'),
      ],
    });
    const expected = ['web.shop.svc.clusterset.local. 5 IN A 10.97.0.1'];
    assert.deepEqual(shown(importing('web.shop.svc.clusterset.local.', 'A')), expected);
  });

  test('home without a ready endpoint gives way to the other cluster', () => {
    const failing = given({
      east: [
        service('web', { clusterIPs: ['10.96.0.1'] }),
        exported('web', '2026-01-01T00:00:00Z'),
      ],
      west: [
        service('web', { clusterIPs: ['10.96.0.2'] }),
        slice('web', ['10.2.0.1']),
        exported('web', '2026-02-01T00:00:00Z'),
      ],
    });
    const expected = ['web.shop.svc.clusterset.local. 5 IN A 10.2.0.1'];
    assert.deepEqual(shown(failing('web.shop.svc.clusterset.local.', 'A')), expected);
  });
});

describe('before a cluster is synced', () => {
  const ask = given({ east: [service('web', { clusterIPs: ['10.96.0.10'] })] }, false);
  test('known names answer', () => {
    const expected = ['web.shop.svc.cluster.local. 5 IN A 10.96.0.10'];
    assert.deepEqual(shown(ask('web.shop.svc.cluster.local.', 'A')), expected);
  });
  test('nothing is denied', () => {
    assert.deepEqual(shown(ask('nope.shop.svc.cluster.local.', 'A')), ['unready']);
    assert.deepEqual(shown(ask('web.shop.svc.cluster.local.', 'AAAA')), ['unready']);
  });
});

test('PublishedNames.replace returns the names that are to be taken back', () => {
  const states = new Map([['east', new ClusterState('east')]]);
  const published = new PublishedNames(CONFIG);
  const state = states.get('east') ?? new ClusterState('east');
  evolve(state, { kind: 'observed', object: service('db', { headless: true }) }, 1);
  evolve(state, { kind: 'observed', object: slice('db', ['10.1.0.3=db-0', '10.1.0.4=db-1']) }, 2);
  assert.deepEqual(
    published.replace('service/shop/db', namesOfGroup(CONFIG, states, 'service/shop/db')),
    [],
  );
  const groups = evolve(state, { kind: 'observed', object: slice('db', ['10.1.0.3=db-0']) }, 3);
  assert.ok(groups.includes('service/shop/db') && groups.includes('address/10.1.0.4'));
  const gone = published.replace(
    'service/shop/db',
    namesOfGroup(CONFIG, states, 'service/shop/db'),
  );
  assert.deepEqual(gone, ['db-1.db.shop.svc.cluster.local.']);
  assert.ok(published.hasBelow('shop.svc.cluster.local.'));
  published.replace('service/shop/db', new Map());
  assert.ok(!published.hasBelow('shop.svc.cluster.local.'));
});

test('names of a group are the same whatever the order of the clusters', () => {
  const east = new ClusterState('east');
  const west = new ClusterState('west');
  for (const [state, ip] of [
    [east, '10.1.0.1'],
    [west, '10.2.0.1'],
  ] as const) {
    evolve(state, { kind: 'observed', object: service('db', { headless: true }) }, 1);
    evolve(state, { kind: 'observed', object: slice('db', [ip]) }, 2);
    evolve(state, { kind: 'observed', object: exported('db', '2026-01-01T00:00:00Z') }, 3);
  }
  const text = (states: Map<string, ClusterState>) =>
    [...namesOfGroup(CONFIG, states, 'service/shop/db').values()].flat().flatMap(formatRRset);
  const one = text(
    new Map([
      ['east', east],
      ['west', west],
    ]),
  );
  assert.deepEqual(
    one,
    text(
      new Map([
        ['west', west],
        ['east', east],
      ]),
    ),
  );
  assert.ok(one.length > 0);
});

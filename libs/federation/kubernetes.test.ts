/** What a kubernetes stanza serves with its options: the rows that were found beside CoreDNS. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClusterObject, PodObject, ServiceImportObject } from '../event/object.ts';
import { given, HTTP, SHOP, service, shown, slice } from './given-clusters.ts';
import { HOME_DEFAULTS, type HomeLayer, type ImportsLayer } from './layer.ts';

type Row = readonly [name: string, type: string, answer: readonly string[]];

/** A home zone, and a clusterset zone of what was imported. */
function stanza(objects: readonly ClusterObject[], options: Partial<HomeLayer> = {}) {
  const shared = { ...HOME_DEFAULTS, cluster: 'east', ttl: 5, fallthrough: [], ...options };
  const reverseZones = ['10.in-addr.arpa.'];
  const home: HomeLayer = { ...shared, kind: 'home', zones: ['cluster.local.'], reverseZones };
  const imports: ImportsLayer = {
    ...shared,
    kind: 'imports',
    zones: ['clusterset.local.'],
    reverseZones: [],
  };
  const config = { layers: [home, imports], nameServers: ['192.0.2.53'] };
  return given({ east: objects }, true, config);
}

function pod(name: string, addresses: readonly string[]): PodObject {
  return { kind: 'Pod', namespace: 'shop', name, addresses };
}

function check(ask: ReturnType<typeof stanza>, rows: readonly Row[]): void {
  for (const [name, type, answer] of rows) {
    test(`${name} ${type} → ${answer.join(', ')}`, () => {
      assert.deepEqual(shown(ask(name, type)), answer);
    });
  }
}

describe('a port and a protocol without underscores, as CoreDNS reads them', () => {
  check(stanza([SHOP, service('web', { clusterIPs: ['10.96.0.10'] })]), [
    [
      'http.tcp.web.shop.svc.cluster.local.',
      'A',
      ['http.tcp.web.shop.svc.cluster.local. 5 IN A 10.96.0.10'],
    ],
    // Above a name that exists (RFC 8020).
    ['tcp.web.shop.svc.cluster.local.', 'A', ['nodata']],
    ['udp.web.shop.svc.cluster.local.', 'A', ['nxdomain']],
  ]);
});

describe('an imported Service', () => {
  const imported: ServiceImportObject = {
    kind: 'ServiceImport',
    namespace: 'shop',
    name: 'db',
    type: 'Headless',
    ips: [],
    ports: [HTTP],
  };
  const virtual: ServiceImportObject = {
    ...imported,
    name: 'web',
    type: 'ClusterSetIP',
    ips: ['10.98.0.1'],
  };
  const endpoints = slice('db', ['10.1.0.3=db-0'], { sourceCluster: 'west' });
  const objects = [SHOP, imported, virtual, endpoints, pod('one', ['10.1.0.9'])];
  check(stanza(objects, { pods: 'verified' }), [
    [
      'db-0.west.db.shop.svc.clusterset.local.',
      'A',
      ['db-0.west.db.shop.svc.clusterset.local. 5 IN A 10.1.0.3'],
    ],
    // One underscore is enough to tell a port from an endpoint and its cluster.
    [
      '_http.tcp.db.shop.svc.clusterset.local.',
      'A',
      ['_http.tcp.db.shop.svc.clusterset.local. 5 IN A 10.1.0.3'],
    ],
    ['http.tcp.db.shop.svc.clusterset.local.', 'A', ['nxdomain']],
    [
      '10-1-0-9.shop.pod.clusterset.local.',
      'A',
      ['10-1-0-9.shop.pod.clusterset.local. 5 IN A 10.1.0.9'],
    ],
    ['shop.pod.clusterset.local.', 'A', ['nodata']],
    ['web.shop.svc.clusterset.local.', 'A', ['web.shop.svc.clusterset.local. 5 IN A 10.98.0.1']],
  ]);
  describe('without a ready endpoint, and `ignore empty_service`', () => {
    check(stanza(objects, { ignoreEmptyService: true }), [
      ['web.shop.svc.clusterset.local.', 'A', ['nxdomain']],
    ]);
  });
  describe('with `labels`, which are its endpoints’', () => {
    check(stanza(objects, { labels: [{ key: 'tier', operator: 'in', values: ['front'] }] }), [
      ['db.shop.svc.clusterset.local.', 'A', ['nxdomain']],
      ['web.shop.svc.clusterset.local.', 'A', ['web.shop.svc.clusterset.local. 5 IN A 10.98.0.1']],
    ]);
  });
});

describe('the name of a pod', () => {
  const own = '10-1-0-9.shop.pod.cluster.local.';
  describe('with `pods insecure`', () => {
    check(stanza([SHOP], { pods: 'insecure' }), [
      [own, 'SRV', [`${own} 5 IN SRV 0 100 0 ${own}`, `+ ${own} 5 IN A 10.1.0.9`].sort()],
      [`x.${own}`, 'SRV', [`x.${own} 5 IN SRV 0 100 0 ${own}`, `+ ${own} 5 IN A 10.1.0.9`].sort()],
    ]);
  });
  describe('with `pods verified`, where two have the address', () => {
    check(stanza([SHOP, pod('a', ['10.1.0.9']), pod('b', ['10.1.0.9'])], { pods: 'verified' }), [
      [own, 'A', [`${own} 5 IN A 10.1.0.9`]],
      [own, 'SRV', [`+ ${own} 5 IN A 10.1.0.9`, `${own} 5 IN SRV 0 50 0 ${own}`]],
    ]);
  });
});

describe('an endpoint called as its pod', () => {
  const endpoint = (name: string, address: string) => ({
    addresses: [address],
    ready: true,
    pod: name,
  });
  const endpoints = [endpoint('db-0', '10.1.0.3'), endpoint('db.1', '10.1.0.4')];
  const objects = [SHOP, service('db', { headless: true }), slice('db', [], { endpoints })];
  check(stanza(objects, { endpointPodNames: true }), [
    ['db-0.db.shop.svc.cluster.local.', 'A', ['db-0.db.shop.svc.cluster.local. 5 IN A 10.1.0.3']],
    // A name with a dot is no label.
    [
      '10-1-0-4.db.shop.svc.cluster.local.',
      'A',
      ['10-1-0-4.db.shop.svc.cluster.local. 5 IN A 10.1.0.4'],
    ],
  ]);
});

describe('names above those of topology zones', () => {
  const objects = [
    SHOP,
    service('db', { headless: true }),
    slice('db', ['10.1.0.3']),
    service('idle', { headless: true }),
    service('web', { clusterIPs: ['10.96.0.10'] }),
  ];
  check(stanza(objects, { zonal: true }), [
    ['_zone.db.shop.svc.cluster.local.', 'A', ['nodata']],
    ['pin._zone.db.shop.svc.cluster.local.', 'A', ['nodata']],
    ['nope._zone.db.shop.svc.cluster.local.', 'A', ['nxdomain']],
    ['a.pin._zone.db.shop.svc.cluster.local.', 'A', ['nodata']],
    // Nothing is below a Service that is not there.
    ['a.pin._zone.idle.shop.svc.cluster.local.', 'A', ['nxdomain']],
    ['_zone.web.shop.svc.cluster.local.', 'A', ['nxdomain']],
  ]);
});

describe('PTR of a cluster IP, with `ignore empty_service`', () => {
  const web = service('web', { clusterIPs: ['10.96.0.10'] });
  describe('of a Service without ready endpoints', () => {
    check(stanza([SHOP, web], { ignoreEmptyService: true }), [
      ['10.0.96.10.in-addr.arpa.', 'PTR', ['nxdomain']],
    ]);
  });
  describe('of one that has some', () => {
    check(stanza([SHOP, web, slice('web', ['10.1.0.1'])], { ignoreEmptyService: true }), [
      [
        '10.0.96.10.in-addr.arpa.',
        'PTR',
        ['10.0.96.10.in-addr.arpa. 5 IN PTR web.shop.svc.cluster.local.'],
      ],
    ]);
  });
});

describe('the name server of a zone', () => {
  const web = service('web', { clusterIPs: ['10.96.0.10'] });
  const fronted = (ready: boolean) =>
    slice('web', [], { endpoints: [{ addresses: ['192.0.2.53'], ready }] });
  describe('is the Service of which this machine is a ready endpoint', () => {
    check(stanza([SHOP, web, fronted(true)]), [
      [
        'cluster.local.',
        'NS',
        [
          '+ web.shop.svc.cluster.local. 5 IN A 10.96.0.10',
          'cluster.local. 5 IN NS web.shop.svc.cluster.local.',
        ],
      ],
    ]);
  });
  describe('is this machine itself, where `labels` hides its endpoint', () => {
    const labels = [{ key: 'tier', operator: 'in', values: ['front'] }] as const;
    const shownWeb = { ...web, labels: { tier: 'front' } };
    check(stanza([SHOP, shownWeb, fronted(true)], { labels }), [
      ['ns.dns.cluster.local.', 'A', ['ns.dns.cluster.local. 5 IN A 192.0.2.53']],
    ]);
  });
  describe('is this machine itself, while it is not ready', () => {
    check(stanza([SHOP, web, fronted(false)]), [
      [
        'cluster.local.',
        'NS',
        [
          '+ ns.dns.cluster.local. 5 IN A 192.0.2.53',
          'cluster.local. 5 IN NS ns.dns.cluster.local.',
        ],
      ],
    ]);
  });
});

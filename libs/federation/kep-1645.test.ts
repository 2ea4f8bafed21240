/**
 * What clusters export together, row by row: KEP-1645 (who contributes, who wins) and the MCS DNS
 * specification 1.0.0 (records). `5 IN A …` is a record of the name that is asked.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClusterObject, ServiceObject } from '../event/object.ts';
import { CONFIG, exported, given, HTTP, service, shown, slice } from './given-clusters.ts';

type Clusters = Readonly<Record<string, readonly ClusterObject[]>>;

const [JANUARY, FEBRUARY] = ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'];
const WEB = 'web.shop.svc.clusterset.local.';
const METRICS = { name: 'metrics', protocol: 'TCP', port: 9090 } as const;

/** `web` of a cluster, with one ready endpoint at the ports of the Service. */
function web(address: string, createdAt: string, more: Partial<ServiceObject> = {}) {
  const { ports = [HTTP] } = more;
  return [
    service('web', { clusterIPs: ['10.96.0.1'], ...more }),
    slice('web', [address], { ports }),
    exported('web', createdAt),
  ];
}

const BOTH = ['5 IN A 10.2.0.1', '5 IN A 10.3.0.1'];

interface Row {
  readonly what: string;
  readonly clusters: Clusters;
  readonly says: Readonly<Record<string, readonly string[]>>;
}

function table(rows: readonly Row[]): void {
  for (const { what, clusters, says } of rows) {
    const ask = given(clusters, true, CONFIG);
    for (const [question, answer] of Object.entries(says)) {
      test(`${what}: ${question}`, () => {
        const [name = '', type = ''] = question.split(' ');
        const expected = answer.map((line) => (/^\d/.test(line) ? `${name} ${line}` : line));
        const records = shown(ask(name, type)).filter((line) => !line.startsWith('+'));
        assert.deepEqual(records, [...expected].sort());
      });
    }
  }
}

describe('KEP-1645 § Exporting services: who contributes', () => {
  table([
    {
      what: 'only clusters with an export of their own',
      clusters: {
        west: web('10.2.0.1', JANUARY),
        north: [service('web'), slice('web', ['10.3.0.1'])],
      },
      says: { [`${WEB} A`]: ['5 IN A 10.2.0.1'] },
    },
    {
      what: 'no export without a Service',
      clusters: { west: [exported('web', JANUARY)] },
      says: { [`${WEB} A`]: ['nxdomain'] },
    },
    {
      what: 'no ExternalName',
      clusters: {
        west: [
          service('web', { type: 'ExternalName', externalName: 'a.example' }),
          exported('web', JANUARY),
        ],
        north: web('10.3.0.1', FEBRUARY),
      },
      says: { [`${WEB} A`]: ['5 IN A 10.3.0.1'] },
    },
    {
      what: 'NodePort and LoadBalancer as if they were ClusterIP',
      clusters: {
        west: web('10.2.0.1', JANUARY, { type: 'NodePort' }),
        north: web('10.3.0.1', FEBRUARY, { type: 'LoadBalancer', external: ['192.0.2.1'] }),
      },
      says: { [`${WEB} A`]: ['5 IN A 10.2.0.1', '5 IN A 10.3.0.1'] },
    },
  ]);
});

describe('KEP-1645 § Conflict resolution: who wins', () => {
  const headless = { headless: true, clusterIPs: [] };
  const hosts = { [`10-2-0-1.west.${WEB} A`]: ['5 IN A 10.2.0.1'] };
  table([
    {
      what: 'the oldest export says whether it is headless',
      clusters: { west: web('10.2.0.1', JANUARY, headless), north: web('10.3.0.1', FEBRUARY) },
      says: { ...hosts, [`10-3-0-1.north.${WEB} A`]: ['5 IN A 10.3.0.1'] },
    },
    {
      what: 'not the newer one',
      clusters: { west: web('10.2.0.1', FEBRUARY, headless), north: web('10.3.0.1', JANUARY) },
      says: { [`10-2-0-1.west.${WEB} A`]: ['nxdomain'], [`${WEB} A`]: BOTH },
    },
    {
      what: 'of two as old the first by name, however they were heard of',
      clusters: { west: web('10.2.0.1', JANUARY, headless), north: web('10.3.0.1', JANUARY) },
      says: { [`10-2-0-1.west.${WEB} A`]: ['nxdomain'], [`${WEB} A`]: BOTH },
    },
    {
      what: 'ports are the union, by name',
      clusters: {
        east: web('10.1.0.1', JANUARY),
        west: web('10.2.0.1', FEBRUARY, { ports: [{ ...HTTP, port: 8080 }, METRICS] }),
      },
      says: {
        [`_http._tcp.${WEB} SRV`]: [`5 IN SRV 0 100 80 ${WEB}`],
        [`_metrics._tcp.${WEB} SRV`]: [`5 IN SRV 0 100 9090 10-2-0-1.west.${WEB}`],
      },
    },
    {
      what: 'and by protocol and number',
      clusters: {
        east: web('10.1.0.1', JANUARY),
        west: web('10.2.0.1', FEBRUARY, {
          ports: [
            { ...HTTP, name: 'www' },
            { ...HTTP, name: 'quic', protocol: 'UDP' },
          ],
        }),
      },
      says: {
        [`_www._tcp.${WEB} SRV`]: ['nxdomain'],
        [`_quic._udp.${WEB} SRV`]: [`5 IN SRV 0 100 80 10-2-0-1.west.${WEB}`],
      },
    },
  ]);
});

describe('MCS DNS specification § Records', () => {
  const db = 'db.shop.svc.clusterset.local.';
  const endpoints = (...some: readonly string[]) => [
    service('db', { headless: true, ports: [HTTP, { ...HTTP, name: '', port: 81 }] }),
    slice('db', some, { ports: [HTTP, METRICS] }),
    exported('db', JANUARY),
  ];
  table([
    {
      what: 'headless: N endpoints, M ports',
      clusters: { west: endpoints('10.2.0.3=db-0', '10.2.0.4') },
      says: {
        [`${db} A`]: ['5 IN A 10.2.0.3', '5 IN A 10.2.0.4'],
        [`_http._tcp.${db} SRV`]: [
          `5 IN SRV 0 50 80 10-2-0-4.west.${db}`,
          `5 IN SRV 0 50 80 db-0.west.${db}`,
        ],
        [`_metrics._tcp.${db} SRV`]: [
          `5 IN SRV 0 50 9090 10-2-0-4.west.${db}`,
          `5 IN SRV 0 50 9090 db-0.west.${db}`,
        ],
        [`db-0.west.${db} A`]: ['5 IN A 10.2.0.3'],
        [`db-0.east.${db} A`]: ['nxdomain'],
        [`db-0.${db} A`]: ['nxdomain'],
      },
    },
    {
      what: 'headless without a ready endpoint: denied',
      clusters: { west: endpoints() },
      says: { [`${db} A`]: ['nxdomain'], [`_http._tcp.${db} SRV`]: ['nxdomain'] },
    },
    {
      what: 'no PTR',
      clusters: { west: endpoints('10.2.0.3=db-0') },
      says: { '3.0.2.10.in-addr.arpa. PTR': ['nxdomain'] },
    },
    {
      what: 'unnamed ports have no SRV of their own',
      clusters: { east: web('10.1.0.1', JANUARY, { ports: [{ ...HTTP, name: '' }] }) },
      says: {
        [`_http._tcp.${WEB} SRV`]: ['nxdomain'],
        [`${WEB} SRV`]: [`5 IN SRV 0 100 80 ${WEB}`],
      },
    },
    {
      what: 'the zone of the home cluster has no name of another',
      clusters: { east: [], west: web('10.2.0.1', JANUARY) },
      says: { 'web.shop.svc.cluster.local. A': ['nxdomain'] },
    },
  ]);
});

test('an export whose time can not be read is the youngest, whoever is known first', () => {
  const clusters = {
    a: web('10.2.0.1', FEBRUARY, { annotations: { 'isthmus.dev/select': 'a' } }),
    b: web('10.3.0.1', 'no time', { annotations: { 'isthmus.dev/select': 'b' } }),
    c: web('10.4.0.1', JANUARY, { annotations: { 'isthmus.dev/select': 'c' } }),
  };
  for (const order of ['abc', 'acb', 'bac', 'bca', 'cab', 'cba']) {
    const known = Object.entries(clusters).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
    const ask = given(Object.fromEntries(known), true, CONFIG);
    assert.deepEqual(shown(ask(WEB, 'A')), [`${WEB} 5 IN A 10.4.0.1`], order);
  }
});

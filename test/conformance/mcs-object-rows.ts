/** The rows of mcs-rows.ts that are about objects and who wins: §§ 1.1 and 1.2, KEP-1645. */
import type { RawObject } from '../cluster/collections.ts';
import {
  DB,
  db,
  exported,
  FEBRUARY,
  imported,
  JANUARY,
  METRICS,
  northern,
  type Row,
  SPEC_HEADLESS,
  WEB,
  web,
} from './mcs-rows.ts';
import { HTTP, service, slice } from './objects.ts';

const OBJECTS: readonly Row[] = [
  {
    section: '1.1',
    rule: 'a cluster without an export of its own contributes nothing',
    given: {
      east: [],
      west: web('10.2.0.1'),
      north: [service('shop/web'), slice('shop/web', ['10.3.0.1'])],
    },
    asked: { [`${WEB} A`]: ['5 IN A 10.2.0.1'] },
  },
  {
    section: '1.1',
    rule: 'an ExternalName is not exported',
    given: {
      east: [],
      west: [
        service('shop/web', { type: 'ExternalName', externalName: 'a.example', ports: [] }),
        exported('shop/web', JANUARY),
      ],
    },
    asked: { [`${WEB} A`]: 'nxdomain', [`${WEB} CNAME`]: 'nxdomain' },
  },
  {
    section: '1.1',
    rule: 'NodePort and LoadBalancer are exported as if they were ClusterIP',
    given: {
      east: [],
      west: web('10.2.0.1', { spec: { type: 'NodePort' } }),
      north: web('10.3.0.1', {
        spec: { type: 'LoadBalancer', externalIPs: ['192.0.2.1'] },
        createdAt: FEBRUARY,
      }),
    },
    asked: { [`${WEB} A`]: ['5 IN A 10.2.0.1', '5 IN A 10.3.0.1'] },
  },
  {
    section: '1.1',
    rule: 'the cluster that asks needs neither a Service nor the namespace',
    given: { east: [], west: web('10.2.0.1') },
    asked: { [`${WEB} A`]: ['5 IN A 10.2.0.1'] },
  },
  {
    section: '1.1',
    rule: 'a namespace that is not said to mean the same everywhere has no names',
    options: ['clusterset_namespaces ops'],
    given: { east: web('10.1.0.1'), west: web('10.2.0.1') },
    asked: { [`${WEB} A`]: 'nxdomain', 'web.shop.svc.cluster.local. A': ['5 IN A 10.96.0.1'] },
  },
  {
    section: '1.1',
    rule: 'the clusterset IP is the one that the asking cluster imported',
    given: {
      east: [imported('shop/web', { type: 'ClusterSetIP', ips: ['10.112.0.9'], ports: [HTTP] })],
      west: [
        ...web('10.2.0.1'),
        imported('shop/web', { type: 'ClusterSetIP', ips: ['10.113.0.9'], ports: [HTTP] }),
      ],
    },
    asked: { [`${WEB} A`]: ['5 IN A 10.112.0.9'], [`${WEB} AAAA`]: 'nodata' },
  },
  {
    section: '1.1',
    rule: 'an import that has no address yet is as none',
    given: {
      east: [imported('shop/web', { type: 'ClusterSetIP', ports: [HTTP] })],
      west: web('10.2.0.1'),
    },
    asked: { [`${WEB} A`]: ['5 IN A 10.2.0.1'] },
  },
  {
    section: '1.1',
    rule: 'slices that a controller imported repeat what their own cluster says',
    given: {
      east: [importedSlice('west', ['10.2.0.3', '10.2.0.4'])],
      west: db(['10.2.0.3']),
    },
    asked: { [`${DB} A`]: ['5 IN A 10.2.0.3'] },
  },
];

/** As an MCS controller copies it, maybe late. */
function importedSlice(cluster: string, addresses: readonly string[]): RawObject {
  const raw = slice('shop/db', addresses);
  const labels = {
    'multicluster.kubernetes.io/service-name': 'db',
    'multicluster.kubernetes.io/source-cluster': cluster,
  };
  return { ...raw, metadata: { ...raw.metadata, name: `db-${cluster}`, labels } };
}

const WHO_WINS: readonly Row[] = [
  {
    section: '1.2',
    rule: 'ports are the union; one that only west has leads to west',
    given: {
      east: web('10.1.0.1'),
      west: web('10.2.0.1', { createdAt: FEBRUARY, ports: [HTTP, METRICS] }),
    },
    asked: {
      [`${WEB} A`]: ['5 IN A 10.96.0.1'],
      [`_http._tcp.${WEB} SRV`]: [`5 IN SRV 0 100 80 ${WEB}`],
      [`_metrics._tcp.${WEB} SRV`]: [`5 IN SRV 0 100 9090 10-2-0-1.west.${WEB}`],
      [`10-2-0-1.west.${WEB} A`]: ['5 IN A 10.2.0.1'],
    },
  },
  {
    section: '1.2',
    rule: 'of ports of one name the oldest export decides, and only who has it so gets it',
    given: {
      east: web('10.1.0.1', { createdAt: FEBRUARY, ports: [{ ...HTTP, port: 8080 }] }),
      west: web('10.2.0.1'),
    },
    asked: {
      [`${WEB} A`]: ['5 IN A 10.96.0.1'],
      [`_http._tcp.${WEB} SRV`]: [`5 IN SRV 0 100 80 10-2-0-1.west.${WEB}`],
    },
  },
  {
    section: '1.2',
    rule: 'so it is where endpoints of both are given',
    given: {
      east: [],
      west: web('10.2.0.1'),
      north: web('10.3.0.1', { createdAt: FEBRUARY, ports: [{ ...HTTP, port: 8080 }] }),
    },
    asked: {
      [`${WEB} A`]: ['5 IN A 10.2.0.1', '5 IN A 10.3.0.1'],
      [`_http._tcp.${WEB} SRV`]: [`5 IN SRV 0 100 80 10-2-0-1.west.${WEB}`],
    },
  },
  {
    section: '1.2',
    rule: 'of ports of one protocol and number the oldest export names it',
    given: {
      east: [],
      west: web('10.2.0.1'),
      north: web('10.3.0.1', {
        createdAt: FEBRUARY,
        ports: [
          { ...HTTP, name: 'www' },
          { ...HTTP, name: 'quic', protocol: 'UDP' },
        ],
      }),
    },
    asked: {
      [`_http._tcp.${WEB} SRV`]: [`5 IN SRV 0 100 80 10-2-0-1.west.${WEB}`],
      [`_www._tcp.${WEB} SRV`]: 'nxdomain',
      [`_quic._udp.${WEB} SRV`]: [`5 IN SRV 0 100 80 10-3-0-1.north.${WEB}`],
    },
  },
  {
    section: '1.2',
    rule: 'a clusterset IP has the ports that its controller gave it',
    given: {
      east: [imported('shop/web', { type: 'ClusterSetIP', ips: ['10.112.0.9'], ports: [METRICS] })],
      west: web('10.2.0.1', { ports: [HTTP, METRICS] }),
    },
    asked: {
      [`_metrics._tcp.${WEB} SRV`]: [`5 IN SRV 0 100 9090 ${WEB}`],
      [`_http._tcp.${WEB} SRV`]: 'nxdomain',
    },
  },
  {
    section: '1.2',
    rule: 'the oldest export says that it is headless',
    given: {
      east: web('10.1.0.1', { createdAt: FEBRUARY }),
      west: web('10.2.0.1', SPEC_HEADLESS),
    },
    asked: {
      [`${WEB} A`]: ['5 IN A 10.1.0.1', '5 IN A 10.2.0.1'],
      [`10-1-0-1.east.${WEB} A`]: ['5 IN A 10.1.0.1'],
    },
  },
  {
    section: '1.2',
    rule: 'or that it is not, and a headless one at home has endpoints to give',
    given: {
      east: web('10.1.0.1', { createdAt: FEBRUARY, ...SPEC_HEADLESS }),
      west: web('10.2.0.1'),
    },
    asked: { [`${WEB} A`]: ['5 IN A 10.1.0.1'], [`10-1-0-1.east.${WEB} A`]: 'nxdomain' },
  },
  {
    section: '1.2',
    rule: 'of two that are as old, the first by the name of the cluster',
    given: {
      east: web('10.1.0.1', { createdAt: '2026-01-01T01:00:00+01:00' }),
      west: web('10.2.0.1', SPEC_HEADLESS),
    },
    asked: { [`${WEB} A`]: ['5 IN A 10.96.0.1'], [`10-2-0-1.west.${WEB} A`]: 'nxdomain' },
  },
  {
    section: '1.2',
    rule: 'an exporter that comes later and conflicts changes nothing',
    given: { east: [], west: web('10.2.0.1'), north: [] },
    asked: {
      [`${WEB} A`]: ['5 IN A 10.2.0.1'],
      [`_http._tcp.${WEB} SRV`]: [`5 IN SRV 0 100 80 ${WEB}`],
    },
    next: [
      {
        what: 'north exports it as headless, with another port',
        set: {
          north: web('10.3.0.1', {
            createdAt: FEBRUARY,
            ports: [{ ...HTTP, port: 8080 }],
            ...SPEC_HEADLESS,
          }),
        },
        asked: {
          [`_http._tcp.${WEB} SRV`]: [`5 IN SRV 0 100 80 10-2-0-1.west.${WEB}`],
          [`10-3-0-1.north.${WEB} A`]: 'nxdomain',
        },
      },
    ],
  },
  {
    section: '1.2',
    rule: 'when the oldest exporter leaves, the next one decides',
    given: { east: [], west: web('10.2.0.1', SPEC_HEADLESS), north: northern() },
    asked: { [`10-2-0-1.west.${WEB} A`]: ['5 IN A 10.2.0.1'] },
    next: [
      {
        what: 'west exports it no more',
        set: { west: [] },
        asked: { [`${WEB} A`]: ['5 IN A 10.3.0.1'], [`10-3-0-1.north.${WEB} A`]: 'nxdomain' },
      },
    ],
  },
];

export const OBJECT_ROWS: readonly Row[] = [...OBJECTS, ...WHO_WINS];

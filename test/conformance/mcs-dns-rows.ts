/** The rows of mcs-rows.ts that are about records: § 1.4, the MCS DNS specification 1.0.0. */
import type { RawObject } from '../cluster/collections.ts';
import {
  type Asked,
  DB,
  db,
  exported,
  FEBRUARY,
  imported,
  JANUARY,
  METRICS,
  type Row,
  WEB,
  web,
} from './mcs-rows.ts';
import { HTTP, headless, service, slice } from './objects.ts';

const UNNAMED = { name: '', port: 81, protocol: 'TCP' };
const LONG = 'n'.repeat(63);

const NONE_OF_WEST: Asked = Object.fromEntries(
  ['A', 'AAAA', 'SRV', 'TXT', 'CNAME'].map((type) => [`west.${WEB} ${type}`, 'nxdomain'] as const),
);

function dualStack(cluster: number): readonly RawObject[] {
  return [
    headless('shop/db'),
    slice(
      'shop/db',
      [1, 2, 3, 4].map((i) => `10.${cluster}.0.${i}`),
    ),
    slice(
      'shop/db',
      [1, 2, 3, 4].map((i) => `fd00:${cluster}::${i}`),
    ),
    exported('shop/db', JANUARY),
  ];
}

const VIRTUAL: readonly Row[] = [
  {
    section: '1.4',
    rule: 'dns-version is 1.0.0, and that of the home zone is its own',
    given: { east: [] },
    asked: {
      'dns-version.clusterset.local. TXT': ['28800 IN TXT "1.0.0"'],
      'dns-version.cluster.local. TXT': ['28800 IN TXT "1.1.0"'],
      'dns-version.clusterset.local. A': 'nodata',
    },
  },
  {
    section: '1.4',
    rule: 'ClusterSetIP: A and AAAA are the clusterset IPs, by family',
    given: {
      east: [
        imported('shop/web', {
          type: 'ClusterSetIP',
          ips: ['10.112.0.9', 'fd00:112::9'],
          ports: [HTTP, UNNAMED],
        }),
      ],
      west: web('10.2.0.1'),
    },
    asked: {
      [`${WEB} A`]: ['5 IN A 10.112.0.9'],
      [`${WEB} AAAA`]: ['5 IN AAAA fd00:112::9'],
      [`_http._tcp.${WEB} SRV`]: [`5 IN SRV 0 50 80 ${WEB}`],
    },
  },
  {
    section: '1.4',
    rule: 'ClusterSetIP without an import: what is selected, home first',
    given: { east: web('10.1.0.1'), west: web('10.2.0.1', { createdAt: FEBRUARY }) },
    asked: { [`${WEB} A`]: ['5 IN A 10.96.0.1'] },
    next: [
      {
        what: 'home has no ready endpoint',
        set: {
          east: [service('shop/web', { clusterIP: '10.96.0.1' }), exported('shop/web', JANUARY)],
        },
        asked: { [`${WEB} A`]: ['5 IN A 10.2.0.1'] },
      },
    ],
  },
  {
    section: '1.4',
    rule: 'ClusterSetIP: SRV of named ports only, to the name of the Service',
    given: { east: web('10.1.0.1', { ports: [HTTP, UNNAMED, METRICS] }) },
    asked: {
      [`_http._tcp.${WEB} SRV`]: [`5 IN SRV 0 100 80 ${WEB}`],
      [`_metrics._tcp.${WEB} SRV`]: [`5 IN SRV 0 100 9090 ${WEB}`],
      [`_http._udp.${WEB} SRV`]: 'nxdomain',
      [`_81._tcp.${WEB} SRV`]: 'nxdomain',
    },
  },
  {
    section: '1.4',
    rule: 'a cluster below a Service does not exist: ClusterSetIP',
    given: { east: web('10.1.0.1'), west: web('10.2.0.1', { createdAt: FEBRUARY }) },
    asked: NONE_OF_WEST,
  },
  {
    section: '1.4',
    rule: 'a cluster below a Service has no records: headless',
    given: { east: [], west: db(['10.2.0.3']) },
    // It is between an endpoint and its Service, so it exists without records (RFC 8020 § 2).
    asked: {
      [`west.${DB} A`]: 'nodata',
      [`west.${DB} SRV`]: 'nodata',
      [`east.${DB} A`]: 'nxdomain',
    },
  },
  {
    section: '1.4',
    rule: 'but for those who know it of Lighthouse (an option)',
    options: ['cluster_names'],
    given: { east: web('10.1.0.1'), west: [...web('10.2.0.1'), ...db(['10.2.0.3'])] },
    asked: {
      [`west.${WEB} A`]: ['5 IN A 10.2.0.1'],
      [`east.${WEB} A`]: ['5 IN A 10.96.0.1'],
      [`west.${DB} A`]: ['5 IN A 10.2.0.3'],
      [`north.${WEB} A`]: 'nxdomain',
    },
  },
  {
    section: '1.4',
    rule: 'no PTR is of the clusterset',
    given: { east: [], west: [...web('10.2.0.1'), ...db(['10.2.0.3'])] },
    asked: { '1.0.2.10.in-addr.arpa. PTR': 'nxdomain', '3.0.2.10.in-addr.arpa. PTR': 'nxdomain' },
  },
  {
    section: '1.4',
    rule: 'cluster.local is the home cluster alone, exported or not',
    given: {
      east: [service('shop/own', { clusterIP: '10.96.0.7' }), ...db(['10.1.0.3'])],
      west: [...web('10.2.0.1'), ...db(['10.2.0.3'], FEBRUARY)],
    },
    asked: {
      'own.shop.svc.cluster.local. A': ['5 IN A 10.96.0.7'],
      'own.shop.svc.clusterset.local. A': 'nxdomain',
      'web.shop.svc.cluster.local. A': 'nxdomain',
      'db.shop.svc.cluster.local. A': ['5 IN A 10.1.0.3'],
      [`${DB} A`]: ['5 IN A 10.1.0.3', '5 IN A 10.2.0.3'],
    },
  },
];

const HEADLESS: readonly Row[] = [
  {
    section: '1.4',
    rule: 'Headless: the union of all ready endpoints',
    given: {
      east: db(['10.1.0.3', { addresses: ['10.1.0.4'], ready: false }]),
      west: db(['10.2.0.3'], FEBRUARY),
      north: [headless('shop/db'), slice('shop/db', ['fd00:3::3']), exported('shop/db', FEBRUARY)],
    },
    asked: {
      [`${DB} A`]: ['5 IN A 10.1.0.3', '5 IN A 10.2.0.3'],
      [`${DB} AAAA`]: ['5 IN AAAA fd00:3::3'],
      [`10-1-0-4.east.${DB} A`]: 'nxdomain',
    },
  },
  {
    section: '1.4',
    rule: 'Headless: a subset is the same for A and AAAA',
    options: ['select east=3 west=1'],
    given: { east: dualStack(1), west: dualStack(2) },
    asked: {
      [`${DB} A`]: ['1.0.1', '1.0.2', '1.0.3', '1.0.4', '2.0.1'].map((ip) => `5 IN A 10.${ip}`),
      [`${DB} AAAA`]: ['1::1', '1::2', '1::3', '1::4', '2::1'].map((ip) => `5 IN AAAA fd00:${ip}`),
    },
  },
  {
    section: '1.4',
    rule: 'Headless: without a ready endpoint it is denied, and so is all below it',
    given: { east: [], west: db([{ addresses: ['10.2.0.3'], hostname: 'db-0', ready: false }]) },
    asked: {
      [`${DB} A`]: 'nxdomain',
      [`${DB} AAAA`]: 'nxdomain',
      [`_http._tcp.${DB} SRV`]: 'nxdomain',
      [`db-0.west.${DB} A`]: 'nxdomain',
    },
    next: [
      {
        what: 'it becomes ready',
        set: { west: db([{ addresses: ['10.2.0.3'], hostname: 'db-0' }]) },
        asked: { [`${DB} A`]: ['5 IN A 10.2.0.3'], [`db-0.west.${DB} A`]: ['5 IN A 10.2.0.3'] },
      },
    ],
  },
  {
    section: '1.4',
    rule: 'Headless: each endpoint has a name below its cluster, its hostname or its address',
    given: {
      east: db([{ addresses: ['10.1.0.3'], hostname: 'db-0' }]),
      west: [
        ...db([{ addresses: ['10.2.0.3'], hostname: 'db-0' }, '10.2.0.4'], FEBRUARY),
        slice('shop/db', [{ addresses: ['fd00:2::3'], hostname: 'db-0' }]),
      ],
    },
    asked: {
      [`db-0.east.${DB} A`]: ['5 IN A 10.1.0.3'],
      [`db-0.west.${DB} A`]: ['5 IN A 10.2.0.3'],
      [`db-0.west.${DB} AAAA`]: ['5 IN AAAA fd00:2::3'],
      [`10-2-0-4.west.${DB} A`]: ['5 IN A 10.2.0.4'],
      [`db-0.${DB} A`]: 'nxdomain',
      [`db-1.west.${DB} A`]: 'nxdomain',
      [`db-0.north.${DB} A`]: 'nxdomain',
    },
  },
  {
    section: '1.4',
    rule: 'Headless: SRV is each endpoint at each named port',
    given: {
      east: db([{ addresses: ['10.1.0.3'], hostname: 'db-0' }], JANUARY, [HTTP, METRICS]),
      west: db(['10.2.0.4', '10.2.0.5'], FEBRUARY, [HTTP, METRICS, UNNAMED]),
    },
    asked: {
      [`_http._tcp.${DB} SRV`]: [
        `5 IN SRV 0 33 80 db-0.east.${DB}`,
        `5 IN SRV 0 33 80 10-2-0-4.west.${DB}`,
        `5 IN SRV 0 33 80 10-2-0-5.west.${DB}`,
      ],
      [`_metrics._tcp.${DB} SRV`]: [
        `5 IN SRV 0 33 9090 db-0.east.${DB}`,
        `5 IN SRV 0 33 9090 10-2-0-4.west.${DB}`,
        `5 IN SRV 0 33 9090 10-2-0-5.west.${DB}`,
      ],
      [`_81._tcp.${DB} SRV`]: 'nxdomain',
    },
  },
];

const LIMITS: readonly Row[] = [
  {
    section: '1.4',
    rule: 'a label has at most 63 octets, and a name 253: what is longer does not exist',
    given: {
      east: [],
      [LONG]: [
        headless(`${LONG}/${LONG}`, { ports: [HTTP] }),
        slice(`${LONG}/${LONG}`, [{ addresses: ['10.2.0.3'], hostname: 'h'.repeat(63) }], [HTTP]),
        exported(`${LONG}/${LONG}`, JANUARY),
      ],
    },
    asked: {
      [`${LONG}.${LONG}.svc.clusterset.local. A`]: ['5 IN A 10.2.0.3'],
      [`_http._tcp.${LONG}.${LONG}.svc.clusterset.local. SRV`]: 'nodata',
      [`${LONG}.${LONG}.${LONG}.svc.clusterset.local. A`]: 'nxdomain',
    },
  },
  {
    section: '1.4',
    rule: 'names are found in whatever case they are asked for',
    given: { east: [], west: web('10.2.0.1') },
    asked: { 'WEB.Shop.svc.clusterset.local. A': ['5 IN A 10.2.0.1'] },
  },
];

export const DNS_ROWS: readonly Row[] = [...VIRTUAL, ...HEADLESS, ...LIMITS];

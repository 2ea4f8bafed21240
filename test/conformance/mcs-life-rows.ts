/** The rows of mcs-rows.ts that are about the life cycle: § 1.3, KEP-1645. */
import {
  DB,
  db,
  exported,
  FEBRUARY,
  imported,
  JANUARY,
  northern,
  type Row,
  SPEC_HEADLESS,
  WEB,
  web,
} from './mcs-rows.ts';
import { HTTP } from './objects.ts';

const LIFE_CYCLE: readonly Row[] = [
  {
    section: '1.3',
    rule: 'names come with the first export, and go with the last',
    given: { east: [], west: [], north: [] },
    asked: { [`${WEB} A`]: 'nxdomain' },
    next: [
      {
        what: 'west exports it',
        set: { west: web('10.2.0.1') },
        asked: { [`${WEB} A`]: ['5 IN A 10.2.0.1'] },
      },
      {
        what: 'and north',
        set: { north: northern() },
        asked: { [`${WEB} A`]: ['5 IN A 10.2.0.1', '5 IN A 10.3.0.1'] },
      },
      {
        what: 'west not any more: its endpoints go, the others stay',
        set: { west: web('10.2.0.1').slice(0, 2) },
        asked: { [`${WEB} A`]: ['5 IN A 10.3.0.1'] },
      },
      {
        what: 'nobody any more',
        set: { north: [] },
        asked: { [`${WEB} A`]: 'nxdomain', [`_http._tcp.${WEB} SRV`]: 'nxdomain' },
      },
    ],
  },
  {
    section: '1.3',
    rule: 'an export without a Service has no names, until there is one again',
    given: { east: [], west: web('10.2.0.1') },
    asked: { [`${WEB} A`]: ['5 IN A 10.2.0.1'] },
    next: [
      {
        what: 'the Service is deleted',
        set: { west: [exported('shop/web', JANUARY)] },
        asked: { [`${WEB} A`]: 'nxdomain' },
      },
      {
        what: 'and made again',
        set: { west: web('10.2.0.2') },
        asked: { [`${WEB} A`]: ['5 IN A 10.2.0.2'] },
      },
    ],
  },
  {
    section: '1.3',
    rule: 'an import that its controller forgot is no name when nobody exports it',
    given: {
      east: [imported('shop/web', { type: 'ClusterSetIP', ips: ['10.112.0.9'], ports: [HTTP] })],
      west: web('10.2.0.1'),
    },
    asked: { [`${WEB} A`]: ['5 IN A 10.112.0.9'] },
    next: [
      { what: 'the last export goes', set: { west: [] }, asked: { [`${WEB} A`]: 'nxdomain' } },
    ],
  },
];

const lost = (cluster: string) => ({ kind: 'cluster-lost', cluster, silentSeconds: 300 }) as const;
const stale = (cluster: string) => ({ kind: 'cluster-stale', cluster, silentSeconds: 30 }) as const;
const recovered = (cluster: string) => ({ kind: 'cluster-recovered', cluster }) as const;

/** The KEP: when a cluster's lease expires, all of its slices go. */
const DEAD: readonly Row[] = [
  {
    section: '1.3',
    rule: 'a dead cluster leaves the answers, and comes back with its recovery',
    given: {
      east: [],
      west: [...web('10.2.0.1'), ...db(['10.2.0.3'])],
      north: [...northern(), ...db(['10.3.0.3'], FEBRUARY)],
    },
    asked: { [`${DB} A`]: ['5 IN A 10.2.0.3', '5 IN A 10.3.0.3'] },
    next: [
      {
        what: 'west is lost',
        control: [lost('west')],
        asked: { [`${WEB} A`]: ['5 IN A 10.3.0.1'], [`${DB} A`]: ['5 IN A 10.3.0.3'] },
      },
      {
        what: 'west is heard again',
        control: [recovered('west')],
        asked: { [`${DB} A`]: ['5 IN A 10.2.0.3', '5 IN A 10.3.0.3'] },
      },
    ],
  },
  {
    section: '1.3',
    rule: 'what a dead cluster alone knows is not denied, and is said to be stale',
    given: { east: [], west: [...web('10.2.0.1'), ...db(['10.2.0.3'])] },
    asked: { [`${WEB} A`]: ['5 IN A 10.2.0.1'] },
    next: [
      {
        what: 'west is lost',
        control: [lost('west')],
        asked: {
          [`${WEB} A`]: ['5 IN A 10.2.0.1', 'EDE 3'],
          [`${DB} A`]: ['5 IN A 10.2.0.3', 'EDE 3'],
          [`_http._tcp.${DB} SRV`]: [`5 IN SRV 0 100 80 10-2-0-3.west.${DB}`, 'EDE 3'],
        },
      },
    ],
  },
  {
    section: '1.3',
    rule: 'a stale cluster answers after those that are live (by default)',
    given: { east: [], west: db(['10.2.0.3']), north: db(['10.3.0.3'], FEBRUARY) },
    asked: { [`${DB} A`]: ['5 IN A 10.2.0.3', '5 IN A 10.3.0.3'] },
    next: [
      {
        what: 'west is stale',
        control: [stale('west')],
        asked: { [`${DB} A`]: ['5 IN A 10.3.0.3'] },
      },
      {
        what: 'and north is not ready',
        set: { north: db([{ addresses: ['10.3.0.3'], ready: false }], FEBRUARY) },
        asked: { [`${DB} A`]: ['5 IN A 10.2.0.3'] },
      },
    ],
  },
  {
    section: '1.3',
    rule: 'stale serve: a stale cluster answers as a live one',
    options: ['stale serve'],
    given: { east: [], west: db(['10.2.0.3']), north: db(['10.3.0.3'], FEBRUARY) },
    asked: {},
    next: [
      {
        what: 'west is stale',
        control: [stale('west')],
        asked: { [`${DB} A`]: ['5 IN A 10.2.0.3', '5 IN A 10.3.0.3'] },
      },
    ],
  },
  {
    section: '1.3',
    rule: 'stale drop: a stale cluster counts as gone where another has the name',
    options: ['stale drop'],
    given: { east: [], west: db(['10.2.0.3']), north: db(['10.3.0.3'], FEBRUARY) },
    asked: {},
    next: [
      {
        what: 'west is stale, and north not ready',
        control: [stale('west')],
        set: { north: db([{ addresses: ['10.3.0.3'], ready: false }], FEBRUARY) },
        // The names of west's endpoints are below it, so it is not denied (RFC 8020 § 2).
        asked: { [`${DB} A`]: 'nodata' },
      },
      { what: 'north leaves', set: { north: [] }, asked: { [`${DB} A`]: ['5 IN A 10.2.0.3'] } },
    ],
  },
  {
    section: '1.3',
    rule: 'the oldest export decides though its cluster is dead: nothing flips',
    given: { east: [], west: web('10.2.0.1'), north: web('10.3.0.1', { createdAt: FEBRUARY }) },
    asked: { [`_http._tcp.${WEB} SRV`]: [`5 IN SRV 0 50 80 ${WEB}`] },
    next: [
      {
        what: 'west is lost',
        control: [lost('west')],
        set: {
          north: web('10.3.0.1', { createdAt: FEBRUARY, ...SPEC_HEADLESS }),
        },
        asked: { [`${WEB} A`]: ['5 IN A 10.3.0.1'], [`10-3-0-1.north.${WEB} A`]: 'nxdomain' },
      },
    ],
  },
];

export const LIFE_ROWS: readonly Row[] = [...LIFE_CYCLE, ...DEAD];

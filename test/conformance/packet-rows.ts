/** Packets that are odd or broken, as attackers and broken clients send them. */
import {
  type EdnsRow,
  edns,
  MALFORMED,
  MALFORMED_AFTER,
  OK,
  OK_EDNS,
  plain,
  RD,
  WEB,
} from './edns-row.ts';
import { head, hex, opt, option, question, raw } from './raw-packet.ts';

/** A name by a pointer: the root label at the end of the question's. */
const ROOT = hex('c027');
/** Of the name asked, with a pointer to it. */
const A_RECORD = hex('c00c 0001 0001 00000005 0004 c0000201');
/** 240 octets: with cluster.local. a name of 255. */
const LONG = `${'x'.repeat(59)}.`.repeat(4);

const HEADER_ROWS: readonly EdnsRow[] = [
  { what: 'a plain query', packet: plain(RD), said: OK },
  { what: 'without RD', packet: plain(0), said: OK.replace(' rd', '') },
  { what: 'AA set', packet: plain(RD | 0x0400), said: OK },
  { what: 'TC set', packet: plain(RD | 0x0200), said: OK },
  { what: 'RA set', packet: plain(RD | 0x0080), said: OK },
  { what: 'the reserved bit set', packet: plain(RD | 0x0040), said: OK },
  { what: 'AD set', packet: plain(RD | 0x0020), said: OK },
  { what: 'CD set', packet: plain(RD | 0x0010), said: OK.replace(' rd', ' rd cd') },
  { what: 'a response code set', packet: plain(RD | 3), said: OK },
  { what: 'a response', packet: plain(0x8000 | RD), said: 'silence' },
  { what: 'nothing', packet: raw(), said: 'silence' },
  { what: 'less than a header', packet: plain(RD).slice(0, 11), said: 'silence' },
  {
    what: 'a header that promises a question',
    packet: raw(head(RD, 1)),
    said: 'FORMERR rd',
    theirs: 'SERVFAIL rd',
  },
];
const OPCODE_ROWS: readonly EdnsRow[] = [
  [1, 'IQUERY'],
  [2, 'STATUS'],
  [3, 'an opcode that is not assigned'],
  [4, 'NOTIFY'],
  [5, 'UPDATE'],
  [6, 'DSO'],
  [15, 'the last opcode'],
].map(([opcode = 0, what = '']) => ({
  what: `${what}`,
  packet: plain(RD | (Number(opcode) << 11)),
  said: `NOTIMP rd | opcode ${opcode}`,
  // Its file plugin takes NOTIFY for itself, also where it is no secondary.
  ...(opcode === 4 ? { theirs: 'silence' } : {}),
}));

const OPT_ROWS: readonly EdnsRow[] = [
  {
    what: 'two OPTs',
    packet: raw(head(RD, 1, 0, 0, 2), question(WEB), opt(), opt()),
    said: MALFORMED,
    theirs: OK_EDNS,
  },
  {
    what: 'an OPT with a name',
    packet: edns(opt({ owner: [1, 0x61, 0] })),
    said: MALFORMED,
    theirs: OK_EDNS,
  },
  { what: 'an OPT with the root by a pointer', packet: edns(opt({ owner: ROOT })), said: OK_EDNS },
  {
    what: 'an OPT in ANSWER',
    packet: raw(head(RD, 1, 1), question(WEB), opt()),
    said: MALFORMED,
    theirs: OK,
  },
  {
    what: 'an OPT in AUTHORITY',
    packet: raw(head(RD, 1, 0, 1), question(WEB), opt()),
    said: MALFORMED,
    theirs: OK,
  },
  {
    what: 'an OPT after another record',
    packet: raw(head(RD, 1, 0, 0, 2), question(WEB), A_RECORD, opt()),
    said: OK_EDNS,
  },
  ...(
    [
      ['an OPT whose rdata is longer', opt({ octets: 9 })],
      ['an OPT whose rdata is shorter', opt({ octets: 3 }, option(100))],
      ['an option longer than its OPT', opt({}, option(100, '01', 2))],
      ['half an option', opt({}, hex('0064 00'))],
      ['half an OPT', opt().slice(0, 7)],
    ] as const
  ).map(([what, part]) => ({
    what,
    packet: edns(part),
    said: MALFORMED,
    theirs: MALFORMED_AFTER,
  })),
];

const SECTION_ROWS: readonly EdnsRow[] = [
  { what: 'no question', packet: raw(head(RD, 0)), said: MALFORMED },
  { what: 'no question, and EDNS', packet: raw(head(RD, 0, 0, 0, 1), opt()), said: MALFORMED },
  {
    what: 'two questions',
    packet: raw(head(RD, 2), question(WEB), question(WEB)),
    said: MALFORMED,
  },
  { what: 'a record in ANSWER', packet: raw(head(RD, 1, 1), question(WEB), A_RECORD), said: OK },
  {
    what: 'two records in ANSWER',
    packet: raw(head(RD, 1, 2), question(WEB), A_RECORD, A_RECORD),
    said: MALFORMED,
  },
  {
    what: 'a record in AUTHORITY',
    packet: raw(head(RD, 1, 0, 1), question(WEB), A_RECORD),
    said: OK,
  },
  {
    what: 'a record in ADDITIONAL',
    packet: raw(head(RD, 1, 0, 0, 1), question(WEB), A_RECORD),
    said: OK,
  },
  {
    what: 'three records in ADDITIONAL',
    packet: raw(head(RD, 1, 0, 0, 3), question(WEB), A_RECORD, A_RECORD, opt()),
    said: MALFORMED,
  },
  {
    what: 'a record that is not there',
    packet: raw(head(RD, 1, 0, 0, 1), question(WEB)),
    said: MALFORMED,
    theirs: OK,
  },
  {
    what: 'all counts at their most',
    packet: raw(head(RD, 65_535, 65_535, 65_535, 65_535), question(WEB)),
    said: MALFORMED,
  },
  {
    what: 'octets after the question',
    packet: raw([...plain(RD)], [0]),
    said: MALFORMED,
    theirs: OK,
  },
  {
    what: 'octets after the OPT',
    packet: edns(opt(), [1, 2, 3]),
    said: MALFORMED,
    theirs: OK_EDNS,
  },
];

const CLASS_ROWS: readonly EdnsRow[] = (
  [
    ['no class', 0],
    ['class CH', 3],
    ['class HS', 4],
    ['class NONE', 254],
    ['class ANY', 255],
    ['the last class', 65_535],
  ] as const
).map(([what, dnsClass]) => ({
  what,
  packet: raw(head(RD, 1), question(WEB, dnsClass)),
  said: `REFUSED rd | ${WEB} ${dnsClass}`,
}));

const typed = (type: string) => `${WEB.slice(0, -1)}${type}`;
const TYPE_ROWS: readonly EdnsRow[] = [
  ...['TYPE0', 'TYPE666', 'TYPE65280', 'TYPE65535', 'DS', 'RRSIG', 'MX'].map((type) => ({
    what: `type ${type}`,
    packet: plain(RD, typed(type)),
    said: `NOERROR aa rd | ${typed(type)} | 0 1 0`,
  })),
  // No zone file has these; like CoreDNS, Knot and NSD we say so. ANY is the plugin any's.
  ...['ANY', 'OPT', 'TSIG', 'TKEY', 'TYPE253', 'TYPE254'].map((type) => ({
    what: `type ${type}`,
    packet: plain(RD, typed(type)),
    said: `NOERROR aa rd | ${typed(type)} | 0 1 0`,
  })),
  ...['AXFR', 'IXFR'].map((type) => ({
    what: `type ${type}, which nobody may`,
    packet: plain(RD, typed(type)),
    said: `REFUSED rd | ${typed(type)}`,
  })),
];

const NAME_ROWS: readonly EdnsRow[] = [
  { what: 'the root', packet: plain(RD, '. A'), said: 'REFUSED rd | . A' },
  {
    what: 'letters of either case',
    packet: plain(RD, 'wEB.Shop.svc.CLUSTER.local. A'),
    said: 'NOERROR aa rd | wEB.Shop.svc.CLUSTER.local. A | 1 0 0',
  },
  {
    what: 'a label of 63 octets',
    packet: plain(RD, `${'x'.repeat(63)}.cluster.local. A`),
    said: `NXDOMAIN aa rd | ${'x'.repeat(63)}.cluster.local. A | 0 1 0`,
  },
  {
    what: 'a name of 255 octets',
    packet: plain(RD, `${LONG}cluster.local. A`),
    said: `NXDOMAIN aa rd | ${LONG}cluster.local. A | 0 1 0`,
  },
  {
    what: 'a name of 256 octets',
    packet: raw(head(RD, 1), hex('01 78'), question(`${LONG}cluster.local. A`)),
    said: MALFORMED,
  },
  {
    what: 'octets that are no letters',
    packet: plain(RD, 'a\\000\\.\\255.cluster.local. A'),
    said: 'NXDOMAIN aa rd | a\\000\\.\\255.cluster.local. A | 0 1 0',
  },
  {
    what: 'a name that points behind itself',
    packet: raw(head(RD, 1), hex('c010 0001 0001 0001 0001')),
    said: MALFORMED,
    theirs: 'REFUSED rd | . A',
  },
  ...(
    [
      ['a name that points at itself', 'c00c'],
      ['a name that points into the header', 'c000'],
      ['a name that points beyond the packet', 'ffff'],
      ['labels that point at their begin', '03776562 c00c'],
      ['two pointers at each other', 'c00e c00c'],
      ['a label of kind 01', '41 0161 00'],
      ['a label of kind 10', '80 0161 00'],
      ['a name without an end', '03776562'],
      ['a label longer than the packet', '3f776562'],
    ] as const
  ).map(([what, name]) => ({
    what,
    packet: raw(head(RD, 1), hex(`${name} 0001 0001`)),
    said: MALFORMED,
  })),
];

export const PACKET_ROWS: readonly EdnsRow[] = [
  ...HEADER_ROWS,
  ...OPCODE_ROWS,
  ...OPT_ROWS,
  ...SECTION_ROWS,
  ...CLASS_ROWS,
  ...TYPE_ROWS,
  ...NAME_ROWS,
];

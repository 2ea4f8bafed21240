/** EDNS as the RFCs have it: what ednscomp asks of name servers, and what flag days are about. */
import { type EdnsRow, edns, MALFORMED, MALFORMED_AFTER, OK_EDNS, RD, WEB } from './edns-row.ts';
import { head, type Octets, opt, option, question, raw } from './raw-packet.ts';

const MANY = 'many.shop.svc.cluster.local. A';
const NONE = 'nope.shop.svc.cluster.local. A';
const COOKIE = '2464c4abcf10c957';
/** That of a client, and one that the server made. */
const COOKIE_OURS = `COOKIE ${COOKIE} and ours`;
const BAD_VERSION = `BADVERS rd | ${WEB} | EDNS 0 1232`;
const TRUNCATED = `NOERROR aa tc rd | ${MANY}`;
const WHOLE = `NOERROR aa rd | ${MANY} | 100 0 0`;

const VERSION_ROWS: readonly EdnsRow[] = [
  { what: 'EDNS', packet: edns(opt()), said: OK_EDNS },
  ...[0, 100, 511, 512, 1232, 4096, 65_535].map((size) => ({
    what: `a UDP size of ${size}`,
    packet: edns(opt({ size })),
    said: OK_EDNS,
  })),
  { what: 'DO', packet: edns(opt({ flags: 0x8000 })), said: `${OK_EDNS} do` },
  { what: 'flags that nobody knows', packet: edns(opt({ flags: 0x7fff })), said: OK_EDNS },
  { what: 'upper bits of a response code', packet: edns(opt({ rcodeBits: 255 })), said: OK_EDNS },
  ...[1, 255].map((version) => ({
    what: `EDNS version ${version}`,
    packet: edns(opt({ version })),
    said: BAD_VERSION,
  })),
  {
    what: 'EDNS version 1 with an option that nobody knows',
    packet: edns(opt({ version: 1 }, option(100))),
    said: BAD_VERSION,
  },
  {
    what: 'EDNS version 1 with flags that nobody knows',
    packet: edns(opt({ version: 1, flags: 0x0080 })),
    said: BAD_VERSION,
  },
  {
    what: 'EDNS version 1 with DO',
    packet: edns(opt({ version: 1, flags: 0x8000 })),
    said: `${BAD_VERSION} do`,
    theirs: BAD_VERSION,
  },
  {
    what: 'EDNS version 1 with a COOKIE',
    packet: edns(opt({ version: 1 }, option(10, COOKIE))),
    said: BAD_VERSION,
  },
  {
    what: 'a name that does not exist',
    packet: raw(head(RD, 1, 0, 0, 1), question(NONE), opt()),
    said: `NXDOMAIN aa rd | ${NONE} | 0 1 0 | EDNS 0 1232`,
  },
  {
    what: 'a name that nobody serves',
    packet: raw(head(RD, 1, 0, 0, 1), question('example.org. A'), opt({}, option(10, COOKIE))),
    said: `REFUSED rd | example.org. A | EDNS 0 1232 | ${COOKIE_OURS}`,
    theirs: 'REFUSED rd | example.org. A | EDNS 0 1232',
  },
];

/** Options that ask for what we do not have, and ones that nobody knows. */
const OPTION_ROWS: readonly EdnsRow[] = [
  ...(
    [
      ['NSID', option(3)],
      ['DAU', option(5, '08')],
      ['a client subnet', option(8, '0001 1800 c00002')],
      ['EXPIRE', option(9)],
      ['TCP-KEEPALIVE', option(11)],
      ['PADDING', option(12, '00'.repeat(20))],
      ['CHAIN', option(13, '00')],
      ['an option that nobody knows', option(100)],
      ['one of local use', option(65_001, '010203')],
      ['several', [...option(3), ...option(9), ...option(100, '00'), ...option(8, '0001 0000')]],
    ] as const
  ).map(([what, list]) => ({ what, packet: edns(opt({}, list)), said: OK_EDNS })),
  {
    // RFC 7871 § 7.1.2: whoever has no client subnets ignores the option.
    what: 'a client subnet of no family',
    packet: edns(opt({}, option(8, '0063 ff00'))),
    said: OK_EDNS,
    theirs: MALFORMED_AFTER,
  },
  {
    what: 'an option of 3000 octets, which UDP does not take',
    packet: edns(opt({}, option(12, '00'.repeat(3000)))),
    said: 'silence',
    overTcp: OK_EDNS,
    theirs: MALFORMED_AFTER, // it reads the begin of it
    theirsOverTcp: OK_EDNS,
  },
];

const COOKIE_ROWS: readonly EdnsRow[] = [
  {
    what: 'a COOKIE of a client',
    packet: edns(opt({}, option(10, COOKIE))),
    said: `${OK_EDNS} | ${COOKIE_OURS}`,
    theirs: OK_EDNS,
  },
  {
    what: 'a COOKIE with one of another server',
    packet: edns(opt({}, option(10, `${COOKIE}${'ab'.repeat(16)}`))),
    said: `${OK_EDNS} | ${COOKIE_OURS}`,
    theirs: OK_EDNS,
  },
  {
    what: 'a COOKIE among others, with DO',
    packet: edns(opt({ flags: 0x8000 }, option(3), option(10, COOKIE), option(100, '00'))),
    said: `${OK_EDNS} do | ${COOKIE_OURS}`,
    theirs: `${OK_EDNS} do`,
  },
  {
    what: 'two COOKIEs',
    packet: edns(opt({}, option(10, COOKIE), option(10, '0102'))),
    said: `${OK_EDNS} | ${COOKIE_OURS}`,
    theirs: OK_EDNS,
  },
  ...[0, 7, 9, 15, 41].map((octets) => ({
    what: `a COOKIE of ${octets} octets`,
    packet: edns(opt({}, option(10, '01'.repeat(octets)))),
    said: `FORMERR rd | ${WEB} | EDNS 0 1232`,
    theirs: OK_EDNS,
  })),
  {
    what: 'a COOKIE and no question',
    packet: raw(head(RD, 0, 0, 0, 1), opt({}, option(10, COOKIE))),
    said: `NOERROR rd | EDNS 0 1232 | ${COOKIE_OURS}`,
    theirs: MALFORMED,
  },
  {
    what: 'a COOKIE with one of another server, and no question',
    packet: raw(head(RD, 0, 0, 0, 1), opt({}, option(10, `${COOKIE}${'ab'.repeat(16)}`))),
    said: `BADCOOKIE rd | EDNS 0 1232 | ${COOKIE_OURS}`,
    theirs: MALFORMED,
  },
];

const many = (...list: readonly Octets[]) =>
  raw(head(RD, 1, 0, 0, list.length), question(MANY), ...list);
/** CoreDNS leaves out what does not fit, record by record, and sends pieces of what is large. */
const cut = (answers: number) => `${TRUNCATED} | ${answers} 0 0`;
const SIZE_ROWS: readonly EdnsRow[] = [
  {
    what: 'an answer of 1637 octets',
    packet: many(),
    said: TRUNCATED,
    overTcp: WHOLE,
    theirs: cut(29),
    theirsOverTcp: WHOLE,
  },
  ...(
    [
      [0, cut(28)],
      [512, cut(28)],
      [1232, cut(73)],
      [4096, WHOLE],
      [65_535, WHOLE],
    ] as const
  ).map(([size, theirs]) => ({
    what: `an answer of 1637 octets for ${size}`,
    packet: many(opt({ size })),
    said: `${TRUNCATED} | EDNS 0 1232`,
    overTcp: `${WHOLE} | EDNS 0 1232`,
    theirs: `${theirs} | EDNS 0 1232`,
    theirsOverTcp: `${WHOLE} | EDNS 0 1232`,
  })),
  {
    what: 'an answer that is cut, with a COOKIE',
    packet: many(opt({}, option(10, COOKIE))),
    said: `${TRUNCATED} | EDNS 0 1232 | ${COOKIE_OURS}`,
    overTcp: `${WHOLE} | EDNS 0 1232 | ${COOKIE_OURS}`,
    theirs: `${cut(73)} | EDNS 0 1232`,
    theirsOverTcp: `${WHOLE} | EDNS 0 1232`,
  },
];

export const EDNS_ROWS: readonly EdnsRow[] = [
  ...VERSION_ROWS,
  ...OPTION_ROWS,
  ...COOKIE_ROWS,
  ...SIZE_ROWS,
];

/** What is asked of a cache, what upstream says before and after a while, and what clients get. */
import type { Asking } from '../e2e/ask.ts';

/** Records, or one of these. */
export type Says = readonly string[] | 'NXDOMAIN' | 'NODATA' | 'NO-SOA' | 'SERVFAIL' | 'REFUSED';

/**
 * One line for each of four times it is asked: twice in a row, and twice again when `WHILE_MS` have
 * gone by. TTLs that have been counted down since have a minus: `100-`. Then, how often upstream was
 * asked: after the first two, and after all.
 */
export type Lines = readonly [
  first: string,
  second: string,
  later: string,
  last: string,
  asked: string,
];

export interface CacheRow {
  readonly what: string;
  /** Of `cache`: what follows the word. */
  readonly cache: string;
  readonly says: Says;
  /** After a while; absent: the same. */
  readonly afterwards?: Says;
  readonly asking?: Asking;
  readonly said: Lines;
  /** What CoreDNS says where it is something else; the README of cache says why. */
  readonly theirs?: Lines;
}

export const SOA_TTL = 300;
export const SOA_MINIMUM = 20;
/** A short TTL is over by then. */
export const WHILE_MS = 2200;

/** Of what nobody had before: how much of it is left says nothing, and is not told. */
export const NEW_TTL = 200;

const A = (ttl: number | string, address = '192.0.2.1') =>
  `NOERROR ra | ANSWER @ ${ttl} IN A ${address}`;
const OLD = '@ 1 IN A 192.0.2.1';
const NEW = `@ ${NEW_TTL} IN A 192.0.2.2`;
const soa = (ttl: number | string, rcode: string) =>
  `${rcode} ra | AUTHORITY test. ${ttl} IN SOA ns.test. admin.test. 1 2 3 4 ${SOA_MINIMUM}`;

/** Kept, and counted down. */
const kept = (says: (ttl: number | string) => string, ttl: number): Lines => {
  return [says(ttl), says(ttl), says(`${ttl}-`), says(`${ttl}-`), '1 1'];
};
/** Upstream is asked each time. */
const passedOn = (line: string): Lines => [line, line, line, line, '2 4'];
const denied = (ttl: number, rcode: string) => kept((left) => soa(left, rcode), ttl);
const alias = (ttl: number | string, address: number | string) =>
  `NOERROR ra | ANSWER @ ${ttl} IN CNAME to.@, to.@ ${address} IN A 192.0.2.1`;

const TTLS: readonly CacheRow[] = [
  {
    what: 'an answer is counted down',
    cache: '',
    says: ['@ 100 IN A 192.0.2.1'],
    said: kept(A, 100),
  },
  {
    // RFC 2181 § 5.2: TTLs are those of record sets.
    what: 'each record has its own TTL',
    cache: '',
    says: ['@ 300 IN CNAME to.@', 'to.@ 100 IN A 192.0.2.1'],
    said: [alias(300, 100), alias(300, 100), alias('300-', '100-'), alias('300-', '100-'), '1 1'],
    theirs: kept((ttl) => alias(ttl, ttl), 100),
  },
  {
    // RFC 1035 § 3.2.1: a TTL says for how long it may be kept.
    what: 'a TTL of a second',
    cache: '',
    says: [OLD],
    afterwards: [NEW],
    said: [A(1), A(1), A(NEW_TTL, '192.0.2.2'), A(NEW_TTL, '192.0.2.2'), '1 2'],
    theirs: kept(A, 5),
  },
  {
    what: 'the longest TTL',
    cache: '30',
    says: ['@ 100 IN A 192.0.2.1'],
    said: kept(A, 30),
  },
  {
    what: 'the longest TTL of a kind',
    cache: '{\n success 100 60\n denial 100 5\n }',
    says: ['@ 100 IN A 192.0.2.1'],
    said: kept(A, 60),
  },
  {
    what: 'the shortest TTL',
    cache: '{\n success 100 3600 20\n }',
    says: [OLD],
    afterwards: [NEW],
    said: kept(A, 20),
  },
  {
    what: 'keepttl',
    cache: '{\n keepttl\n }',
    says: ['@ 100 IN A 192.0.2.1'],
    said: [A(100), A(100), A(100), A(100), '1 1'],
  },
];

const KINDS: readonly CacheRow[] = [
  {
    what: 'NXDOMAIN',
    cache: '',
    says: 'NXDOMAIN',
    said: denied(20, 'NXDOMAIN'),
    theirs: denied(300, 'NXDOMAIN'),
  },
  {
    what: 'NODATA',
    cache: '',
    says: 'NODATA',
    said: denied(20, 'NOERROR'),
    theirs: denied(300, 'NOERROR'),
  },
  {
    // RFC 2308 § 5: without SOA there is no TTL.
    what: 'an empty answer without SOA',
    cache: '',
    says: 'NO-SOA',
    said: passedOn('NOERROR ra'),
    theirs: ['NOERROR ra', 'NOERROR ra', 'NOERROR ra', 'NOERROR ra', '1 1'],
  },
  {
    what: 'SERVFAIL',
    cache: '',
    says: 'SERVFAIL',
    afterwards: [NEW],
    said: ['SERVFAIL ra', 'SERVFAIL ra', 'SERVFAIL ra', 'SERVFAIL ra', '1 1'],
  },
  {
    what: 'SERVFAIL for a second',
    cache: '{\n servfail 1s\n }',
    says: 'SERVFAIL',
    afterwards: [NEW],
    said: ['SERVFAIL ra', 'SERVFAIL ra', A(NEW_TTL, '192.0.2.2'), A(NEW_TTL, '192.0.2.2'), '1 2'],
  },
  {
    what: 'SERVFAIL not at all',
    cache: '{\n servfail 0\n }',
    says: 'SERVFAIL',
    said: passedOn('SERVFAIL ra'),
  },
  {
    what: 'REFUSED',
    cache: '',
    says: 'REFUSED',
    said: passedOn('REFUSED ra'),
  },
  {
    what: 'disable success',
    cache: '{\n disable success\n }',
    says: ['@ 100 IN A 192.0.2.1'],
    said: passedOn(A(100)),
  },
  {
    what: 'disable denial of another zone',
    cache: '{\n disable denial other.test\n }',
    says: 'NXDOMAIN',
    said: denied(20, 'NXDOMAIN'),
    theirs: denied(300, 'NXDOMAIN'),
  },
  {
    what: 'names of other zones',
    cache: 'other.test',
    says: ['@ 100 IN A 192.0.2.1'],
    said: passedOn(A(100)),
  },
];

const MIN_0 = 'success 100 3600 0';
const stale = (ttl: number) => `${A(ttl)} | EDE 3`;

/** RFC 8914 § 4.4: EDE 3, Stale Answer. */
const STALE: readonly CacheRow[] = [
  {
    what: 'without serve_stale what has expired is asked again',
    cache: `{\n ${MIN_0}\n }`,
    says: [OLD],
    afterwards: [NEW],
    said: [A(1), A(1), A(NEW_TTL, '192.0.2.2'), A(NEW_TTL, '192.0.2.2'), '1 2'],
  },
  {
    what: 'serve_stale: at once, and asked again',
    cache: `{\n ${MIN_0}\n serve_stale\n }`,
    says: [OLD],
    afterwards: [NEW],
    said: [A(1), A(1), stale(0), A(NEW_TTL, '192.0.2.2'), '1 2'],
    theirs: [A(1), A(1), A(0), A(NEW_TTL, '192.0.2.2'), '1 2'],
  },
  {
    what: 'serve_stale immediate: its TTL, and upstream is left alone for a while',
    cache: `{\n ${MIN_0}\n serve_stale 1h immediate 30s 10s\n }`,
    says: [OLD],
    afterwards: 'SERVFAIL',
    said: [A(1), A(1), stale(30), stale(30), '1 2'],
    theirs: [A(1), A(1), A(30), A(30), '1 2'],
  },
  {
    what: 'serve_stale verify: what is new',
    cache: `{\n ${MIN_0}\n serve_stale 1h verify\n }`,
    says: [OLD],
    afterwards: [NEW],
    said: [A(1), A(1), A(NEW_TTL, '192.0.2.2'), A(NEW_TTL, '192.0.2.2'), '1 2'],
  },
  {
    what: 'serve_stale verify 0: what is old, when upstream fails',
    cache: `{\n ${MIN_0}\n serve_stale 1h verify 0 30s 10s\n }`,
    says: [OLD],
    afterwards: 'SERVFAIL',
    said: [A(1), A(1), stale(30), stale(30), '1 2'],
    theirs: [A(1), A(1), A(30), A(30), '1 2'],
  },
  {
    what: 'serve_stale: a denial takes the place',
    cache: `{\n ${MIN_0}\n serve_stale\n }`,
    says: [OLD],
    afterwards: 'NXDOMAIN',
    said: [A(1), A(1), stale(0), soa(20, 'NXDOMAIN'), '1 2'],
    theirs: [A(1), A(1), A(0), soa(300, 'NXDOMAIN'), '1 2'],
  },
  {
    what: 'serve_stale_policy prefer_positive: it does not',
    cache: `{\n ${MIN_0}\n serve_stale\n serve_stale_policy prefer_positive\n }`,
    says: [OLD],
    afterwards: 'NXDOMAIN',
    said: [A(1), A(1), stale(0), stale(0), '1 2'],
    theirs: [A(1), A(1), A(0), A(0), '1 3'],
  },
];

export const ROWS: readonly CacheRow[] = [...TTLS, ...KINDS, ...STALE];

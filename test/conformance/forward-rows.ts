/** What is asked of `forward` over the upstreams of forward-upstreams.ts, and what it says. */
import type { Asking } from '../e2e/ask.ts';
import { SOA } from './forward-upstreams.ts';

export interface ForwardRow {
  /** The directives of its server block; words in capitals are upstreams. */
  readonly block: string;
  readonly question: string;
  readonly asking?: Asking;
  readonly said: string;
  /** What CoreDNS says where it is something else, and why that is so. */
  readonly theirs?: readonly [said: string, why: string];
}

const a = (name: string, last = 1) => `NOERROR ra | ANSWER ${name}. 60 IN A 192.0.2.${last}`;
const TCP: Asking = { transport: 'tcp' };
const NO_EDNS: Asking = { query: { edns: undefined } };
/** Recursion is there, even when it fails. */
const FAILED = ['SERVFAIL', 'it leaves RA out'] as const;

function rows(
  block: string,
  ...told: readonly (readonly [
    question: string,
    said: string,
    theirs?: ForwardRow['theirs'],
    asking?: Asking,
  ])[]
): readonly ForwardRow[] {
  return told.map(([question, said, theirs, asking]) => ({
    block,
    question,
    said,
    ...(theirs && { theirs }),
    ...(asking && { asking }),
  }));
}

const REPLIES = rows(
  'forward . GOOD',
  ['a.up A', a('a.up')],
  ['A.Up A', 'NOERROR ra | ANSWER A.Up. 60 IN A 192.0.2.1'],
  ['a.up A', a('a.up'), undefined, TCP],
  ['a.up A', a('a.up'), undefined, NO_EDNS],
  ['alias.up A', 'NOERROR ra | ANSWER a.up. 60 IN A 192.0.2.1, alias.up. 60 IN CNAME a.up.'],
  ['nx.up A', `NXDOMAIN ra | AUTHORITY ${SOA}`],
  ['none.up A', `NOERROR ra | AUTHORITY ${SOA}`],
  ['aa.up A', a('aa.up'), ['NOERROR aa ra | ANSWER aa.up. 60 IN A 192.0.2.1', 'not ours']],
  ['big.up A', a('big.up'), ['NOERROR tc ra', 'we ask by TCP at once']],
  ['big.up A', a('big.up'), undefined, TCP],
  [
    'more.up A',
    a('more.up'),
    [
      'NOERROR ra | ANSWER bank.test. 60 IN A 192.0.2.66, more.up. 60 IN A 192.0.2.1',
      'nobody asked for bank.test',
    ],
  ],
  ['blocked.up A', 'REFUSED ra | EDE 15'],
);

const MATCHES = [
  ...rows(
    'forward up GOOD {\n except x.up\n }\n forward . OTHER',
    ['a.up A', a('a.up')],
    ['up A', a('up')],
    ['x.up A', a('x.up', 2)],
    ['a.x.up A', a('a.x.up', 2)],
    ['xx.up A', a('xx.up')],
    ['test A', a('test', 2)],
  ),
  ...rows(
    'forward up GOOD {\n except up\n }\n forward . OTHER',
    ['up A', a('up')],
    ['a.up A', a('a.up', 2)],
  ),
  ...rows(
    'forward 10.0.0.0/23 GOOD\n forward . REFUSES',
    ['1.0.0.10.in-addr.arpa PTR', 'NOERROR ra | ANSWER 1.0.0.10.in-addr.arpa. 60 IN PTR ptr.up.'],
    [
      '1.1.0.10.in-addr.arpa PTR',
      'NOERROR ra | ANSWER 1.1.0.10.in-addr.arpa. 60 IN PTR ptr.up.',
      [`REFUSED ra | AUTHORITY ${SOA}`, 'it takes the first zone of a network only'],
    ],
  ),
];

const CHOICE = [
  ...rows('forward . DEAD GOOD {\n policy sequential\n }', ['a.up A', a('a.up')]),
  ...rows('forward . DEAD GOOD {\n policy sequential\n force_tcp\n }', ['a.up A', a('a.up')]),
  ...rows('forward . DEAD {\n max_connect_attempts 1\n }', ['a.up A', 'SERVFAIL ra', FAILED]),
  ...rows('forward . GOOD {\n read_timeout 1s\n max_connect_attempts 1\n max_fails 0\n }', [
    'other.up A',
    'SERVFAIL ra',
    ['FORMERR', 'it is no reply to the question'],
  ]),
  ...rows('forward . SILENT {\n read_timeout 1s\n max_connect_attempts 1\n max_fails 0\n }', [
    'a.up A',
    'SERVFAIL ra',
    FAILED,
  ]),
  ...rows('forward . FAILS REFUSES GOOD {\n policy sequential\n failover SERVFAIL REFUSED\n }', [
    'a.up A',
    a('a.up'),
  ]),
  ...rows('forward . FAILS REFUSES {\n policy sequential\n failover SERVFAIL REFUSED\n }', [
    'a.up A',
    `REFUSED ra | AUTHORITY ${SOA}`,
  ]),
  ...rows('forward . FAILS GOOD {\n policy sequential\n }', [
    'a.up A',
    `SERVFAIL ra | AUTHORITY ${SOA}`,
  ]),
  ...rows('forward . DENIES {\n next NXDOMAIN\n }\n forward . GOOD', ['a.up A', a('a.up')]),
  ...rows(
    'forward . GOOD {\n next_on_nodata\n }\n forward . OTHER',
    ['none.up TXT', 'NOERROR ra | AUTHORITY up. 60 IN SOA ns.up. admin.up. 1 2 3 4 60'],
    ['a.up A', a('a.up')],
    ['nx.up A', `NXDOMAIN ra | AUTHORITY ${SOA}`],
  ),
  ...rows(
    'forward . DENIES {\n next NXDOMAIN\n }\n forward test GOOD',
    ['a.up A', `NXDOMAIN ra | AUTHORITY ${SOA}`, ['SERVFAIL', 'it has a reply, and drops it']],
    ['a.test A', a('a.test')],
  ),
];

const TRANSPORTS = [
  ...rows('forward . HOST {\n resolver RESOLVER\n }', ['a.up A', a('a.up')]),
  ...rows('forward . HOST OTHER {\n policy sequential\n resolver FAILS RESOLVER\n }', [
    'a.up A',
    a('a.up'),
  ]),
  ...rows('forward . GOOD {\n prefer_udp\n source_address 127.0.0.1\n max_concurrent 10\n }', [
    'big.up A',
    a('big.up'),
    undefined,
    TCP,
  ]),
  ...rows(
    `forward . GOOD {
      expire 5s
      max_age 1m
      max_idle_conns 3
      health_check 1s no_rec domain example.org
      failfast_all_unhealthy_upstreams
    }`,
    ['a.up A', a('a.up'), undefined, TCP],
  ),
  ...rows('forward . tls://TLS {\n tls CA\n }', ['a.up A', a('a.up')]),
  ...rows('forward . tls://NAMED {\n tls CA\n }', ['a.up A', a('a.up')]),
  ...rows('forward . tls://TLS {\n tls CA\n tls_servername dns.example\n }', ['a.up A', a('a.up')]),
  ...rows(
    'forward . tls://TLS {\n tls CA\n tls_servername bank.example\n max_connect_attempts 1\n }',
    ['a.up A', 'SERVFAIL ra', FAILED],
  ),
  ...rows('forward . tls://TLS {\n max_connect_attempts 1\n }', ['a.up A', 'SERVFAIL ra', FAILED]),
  ...rows('forward . https://HTTPS {\n tls CA\n }', ['a.up A', a('a.up')]),
  ...rows('forward . https://HTTPS {\n tls CA\n doh_method GET\n }', ['a.up A', a('a.up')]),
];

export const ROWS: readonly ForwardRow[] = [...REPLIES, ...MATCHES, ...CHOICE, ...TRANSPORTS];

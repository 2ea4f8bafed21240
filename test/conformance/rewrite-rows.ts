/** What is asked of `rewrite` over the upstream of rewrite-upstream.ts, and what it says. */
import { type Asking, withEdns } from '../e2e/ask.ts';
import { saidByWhoami } from './said-by.ts';

export interface RewriteRow {
  /** Of its server block. Those of a zone of their own share a port. */
  readonly zone: string;
  /** The directives of its server block; UPSTREAM is where rewrite-upstream.ts listens. */
  readonly block: string;
  readonly question: string;
  readonly asking?: Asking;
  readonly said: string;
  /** What CoreDNS says where it is something else; the plugin's README says why. */
  readonly theirs?: string;
}

type Told = readonly [
  question: string,
  said: string,
  theirs?: string | undefined,
  asking?: Asking | undefined,
];

/** Rows of one server block; what is answered comes from upstream. */
function rows(block: string, told: readonly Told[], zone = '.'): readonly RewriteRow[] {
  const withRa = (said: string) => said.replace(/^(NOERROR|NXDOMAIN|REFUSED)/, '$1 ra');
  return told.map(([question, said, theirs, asking]) => ({
    zone,
    block: `${block}\n    forward . UPSTREAM`,
    question,
    said: withRa(said),
    ...(theirs === undefined ? {} : { theirs: withRa(theirs) }),
    ...(asking === undefined ? {} : { asking }),
  }));
}

const answer = (...records: readonly string[]) =>
  `NOERROR | ANSWER ${[...records].sort().join(', ')}`;
const a = (name: string, ttl = 60) => `${name}. ${ttl} IN A 192.0.2.1`;

const NAMES = String.raw`
    rewrite name plain.test target.up
    rewrite name exact alias.test alias.up
    rewrite name exact none.test none.up
    rewrite name exact broken.test broken.up
    rewrite stop {
        name exact value.test alias.up
        answer value to\.up to.test
    }
    rewrite name prefix pre. shop.
    rewrite name prefix preauto. shop. answer auto
    rewrite name prefix half half
    rewrite name suffix .schmoogle.com. .google.com.
    rewrite name suffix .auto.test .up answer auto
    rewrite stop {
        name suffix .arpa .arpa
        answer name auto
        answer value (.*)\.service\.consul\. {1}.coredns.rocks.
    }
    rewrite name substring service.us-west-1.example.org service.us-west-1.consul
    rewrite name substring mid.sub up.sub answer auto
    rewrite name substring part port
    rewrite name regex (.*)-(us-west-1)\.plain\.org {1}.service.{2}.consul
    rewrite stop {
        name regex (.*)-(us-west-1)\.coredns\.rocks {1}.service.{2}.consul
        answer name (.*)\.service\.(us-west-1)\.consul {1}-{2}.coredns.rocks
    }
    rewrite name regex ^([^.]+)\.rauto\.test\.$ {1}.up answer auto
    rewrite name regex ^([^.]+)\.dots\.(.*)$ {1}.up.{2}
    rewrite name regex ^(.*)\.empty\.test\.$ .{1}
    rewrite name regex ^(.*)\.two\.(.)\.$ {1}.x.{2}`;

const NAME_ROWS = rows(NAMES, [
  ['plain.test A', answer(a('plain.test'))],
  // RFC 4343 § 4.1.
  ['Plain.Test A', answer(a('Plain.Test')), answer(a('plain.test'))],
  ['plain.test MX', answer('plain.test. 60 IN MX 10 mail.plain.test.')],
  ['plain.test SRV', answer('plain.test. 60 IN SRV 0 0 80 plain.test.')],
  ['plain.test NAPTR', answer('plain.test. 60 IN NAPTR 1 2 "s" "a b" "" plain.test.')],
  ['plain.test SOA', answer('plain.test. 60 IN SOA plain.test. root.target.up. 1 2 3 4 5')],
  [
    'plain.test NS',
    `${answer('plain.test. 60 IN NS ns.plain.test.')} | ADDITIONAL ns.plain.test. 60 IN A 192.0.2.53`,
  ],
  ['plain.test AAAA', 'NOERROR | AUTHORITY up. 30 IN SOA ns. root. 1 2 3 4 30'],
  ['below.plain.test A', answer(a('below.plain.test'))],
  ['other.test A', answer(a('other.test'))],
  ['alias.test A', answer('alias.test. 60 IN CNAME to.up.', 'to.up. 60 IN A 192.0.2.2')],
  ['none.test A', 'NXDOMAIN | AUTHORITY up. 30 IN SOA ns. root. 1 2 3 4 30'],
  ['broken.test A', 'SERVFAIL ra'],
  ['value.test A', answer('value.test. 60 IN CNAME to.test.', 'to.up. 60 IN A 192.0.2.2')],
  ['pre.up A', answer(a('shop.up'))],
  ['preauto.up MX', answer('preauto.up. 60 IN MX 10 mail.preauto.up.')],
  ['half.up A', answer(a('half.up'))],
  ['halfway.up A', answer(a('halfway.up'))],
  ['www.schmoogle.com A', answer(a('www.google.com'))],
  ['schmoogle.com A', answer(a('schmoogle.com'))],
  ['www.auto.test SRV', answer('www.auto.test. 60 IN SRV 0 0 80 www.auto.test.')],
  [
    'alias.auto.test A',
    answer('alias.auto.test. 60 IN CNAME to.auto.test.', 'to.auto.test. 60 IN A 192.0.2.2'),
  ],
  ['none.auto.test A', 'NXDOMAIN | AUTHORITY up. 30 IN SOA ns. root. 1 2 3 4 30'],
  [
    '30.30.30.10.in-addr.arpa PTR',
    answer('30.30.30.10.in-addr.arpa. 60 IN PTR ftp-us-west-1.coredns.rocks.'),
  ],
  ['ftp.service.us-west-1.example.org A', answer(a('ftp.service.us-west-1.consul'))],
  ['www.mid.sub MX', answer('www.mid.sub. 60 IN MX 10 mail.www.mid.sub.')],
  ['a.part.b.part A', answer(a('a.port.b.port'))],
  ['partial.b A', answer(a('partial.b'))],
  ['ftp-us-west-1.plain.org A', answer(a('ftp.service.us-west-1.consul'))],
  ['ftp-us-west-1.coredns.rocks A', answer(a('ftp-us-west-1.coredns.rocks'))],
  ['www.rauto.test MX', answer('www.rauto.test. 60 IN MX 10 mail.www.rauto.test.')],
  // A group brought the dot of the root: CoreDNS asks for `a.up.net..`.
  ['a.dots.net A', answer(a('a.up.net')), 'SERVFAIL'],
  // RFC 1035 § 4.1.1: whether recursion is available is not of the one query.
  ['a.empty.test A', 'SERVFAIL ra', 'SERVFAIL'],
  // What looks like a group in a name is text.
  ['{2}.two.a A', answer(a('{2}.x.a')), answer(a('a.x.a'))],
]);

const ORDER = `
    rewrite continue name suffix .one.test .two.test answer auto
    rewrite continue name suffix .two.test .three.test answer auto
    rewrite continue ttl suffix .three.test 20
    rewrite name exact www.three.test alias.up
    rewrite type MX A
    rewrite {
        continue type ANY HINFO
    }
    rewrite continue type HINFO SRV
    rewrite name from.order. plain.order.`;

const ORDER_ROWS = rows(ORDER, [
  ['www.one.test A', answer('www.one.test. 20 IN CNAME to.up.', 'to.up. 20 IN A 192.0.2.2')],
  ['a.one.test SRV', answer('a.one.test. 20 IN SRV 0 0 80 a.one.test.')],
  ['from.order MX', answer(a('from.order'))],
  ['from.order SRV', answer('from.order. 60 IN SRV 0 0 80 from.order.')],
  ['from.order ANY', answer('from.order. 60 IN SRV 0 0 80 from.order.')],
]);

const TTLS = String.raw`
    rewrite ttl at.test 30
    rewrite ttl exact between.test 70-300
    rewrite ttl capped.test -30
    rewrite ttl raised.test 90-
    rewrite ttl inside.test 30-300
    rewrite ttl zero.test 0
    rewrite ttl prefix pre. 31
    rewrite ttl suffix .suf.test 32
    rewrite ttl substring mid.sub 33
    rewrite ttl regex (.*)\.coredns\.rocks 15`;

const TTL_ROWS = rows(TTLS, [
  ['at.test A', answer(a('at.test', 30))],
  ['below.at.test A', answer(a('below.at.test'))],
  ['between.test A', answer(a('between.test', 70))],
  ['capped.test A', answer(a('capped.test', 30))],
  ['raised.test A', answer(a('raised.test', 90))],
  ['inside.test A', answer(a('inside.test'))],
  ['zero.test A', answer(a('zero.test', 0))],
  ['pre.test A', answer(a('pre.test', 31))],
  ['press.test A', answer(a('press.test'))],
  ['a.suf.test A', answer(a('a.suf.test', 32))],
  ['a.mid.sub A', answer(a('a.mid.sub', 33))],
  ['www.coredns.rocks A', answer(a('www.coredns.rocks', 15))],
  [
    'www.coredns.rocks NS',
    `${answer('www.coredns.rocks. 15 IN NS ns.www.coredns.rocks.')} | ` +
      'ADDITIONAL ns.www.coredns.rocks. 15 IN A 192.0.2.53',
  ],
  ['none.coredns.rocks A', 'NXDOMAIN | AUTHORITY coredns.rocks. 15 IN SOA ns. root. 1 2 3 4 30'],
]);

const RCODES = String.raw`
    rewrite continue rcode regex (.*)\.coredns\.rocks SERVFAIL NOERROR
    rewrite rcode broken.test 2 3
    rewrite rcode exact none.test NXDOMAIN REFUSED
    rewrite rcode suffix .suf.test NXDOMAIN NOERROR
    rewrite rcode prefix none.pre NXDOMAIN NOERROR
    rewrite rcode prefix none.pre.up NXDOMAIN NOERROR
    rewrite rcode substring mid.sub NXDOMAIN NOERROR
    rewrite continue rcode suffix .twice.test NXDOMAIN NOERROR
    rewrite rcode suffix .twice.test NOERROR NXDOMAIN`;

const RCODE_ROWS = rows(RCODES, [
  ['broken.coredns.rocks A', 'NOERROR'],
  ['broken.test A', 'NXDOMAIN'],
  ['broken.other A', 'SERVFAIL ra'],
  ['none.test A', 'REFUSED | AUTHORITY test. 30 IN SOA ns. root. 1 2 3 4 30'],
  ['none.suf.test A', 'NOERROR | AUTHORITY suf.test. 30 IN SOA ns. root. 1 2 3 4 30'],
  ['none.pre.up A', 'NOERROR | AUTHORITY pre.up. 30 IN SOA ns. root. 1 2 3 4 30'],
  ['none.mid.sub A', 'NOERROR | AUTHORITY mid.sub. 30 IN SOA ns. root. 1 2 3 4 30'],
  ['www.coredns.rocks A', answer(a('www.coredns.rocks'))],
  // Once, and not once a record.
  ['none.twice.test NS', 'NOERROR | AUTHORITY twice.test. 30 IN SOA ns. root. 1 2 3 4 30'],
]);

const CNAMES = String.raw`
    rewrite continue cname regex (.*)\.regex\.test\.$ {1}.other.up.
    rewrite continue cname to.exact.test other.up
    rewrite continue cname exact to.none.test none.up
    rewrite continue cname exact to.broken.test broken.up
    rewrite continue cname prefix to.pre too.p
    rewrite continue cname suffix suf.test. up.
    rewrite continue cname substring sub.te up.te
    rewrite continue cname to.same.test. to.same.test.`;

const alias = (name: string, target: string) => `${name}. 60 IN CNAME ${target}.`;

const CNAME_ROWS = rows(CNAMES, [
  ['alias.regex.test A', answer(alias('alias.regex.test', 'to.other.up'), a('to.other.up'))],
  ['alias.exact.test A', answer(alias('alias.exact.test', 'other.up'), a('other.up'))],
  // Asked for by itself, it is followed nowhere.
  ['alias.exact.test CNAME', answer(alias('alias.exact.test', 'other.up'))],
  // RFC 6604 § 3.
  [
    'alias.none.test A',
    `NXDOMAIN | ANSWER ${alias('alias.none.test', 'none.up')} | ` +
      'AUTHORITY up. 30 IN SOA ns. root. 1 2 3 4 30',
    answer(alias('alias.none.test', 'none.up')),
  ],
  ['alias.broken.test A', 'SERVFAIL ra', answer(alias('alias.broken.test', 'broken.up'))],
  ['alias.pre.test A', answer(alias('alias.pre.test', 'too.p.test'), a('too.p.test'))],
  ['alias.suf.test A', answer(alias('alias.suf.test', 'to.up'), a('to.up'))],
  ['alias.sub.test A', answer(alias('alias.sub.test', 'to.up.test'), a('to.up.test'))],
  [
    'alias.other.test A',
    answer(alias('alias.other.test', 'to.other.test'), 'to.other.test. 60 IN A 192.0.2.2'),
  ],
  ['plain.regex.test A', answer(a('plain.regex.test'))],
]);

const OPTIONS = withEdns({
  options: [{ code: 0xffee, data: new TextEncoder().encode('own') }],
});

/** One rule in a zone of its own, and the options that upstream gets for `a.ZONE TXT`. */
function edns(zone: string, rule: string, upstream: string, theirs?: string, asking?: Asking) {
  const told = (text: string) => answer(`a.${zone}. 60 IN TXT "${text}"`);
  const other = theirs === undefined ? undefined : told(theirs);
  const row: Told = [`a.${zone} TXT`, told(upstream), other, asking];
  return rows(`    rewrite edns0 ${rule}`, [row], zone);
}

const EDNS_ROWS: readonly RewriteRow[] = [
  ...edns('e1.test', 'local set 0xffee 0x61626364', '65518:61626364'),
  ...edns('e2.test', 'local set 0xffee abcd', '65518:61626364', undefined, OPTIONS),
  ...edns('e3.test', 'local append 65518 abcd', '65518:61626364'),
  // One option of a code.
  ...edns('e4.test', 'local append 0xffee x', '65518:6f776e', '65518:6f776e 65518:78', OPTIONS),
  ...edns('e5.test', 'local replace 0xffee x', ''),
  ...edns('e6.test', 'local replace 0xffee y', '65518:79', undefined, OPTIONS),
  ...edns('e7.test', 'local unset 0xffee', '', undefined, OPTIONS),
  ...edns(
    'e8.test',
    'local set 0xffee {qname}',
    `65518:${Buffer.from('a.e8.test.').toString('hex')}`,
  ),
  ...edns('e9.test', 'local set 0xffee {qtype}', '65518:0010'),
  ...edns('e10.test', 'local set 0xffee {client_ip}', '65518:7f000001'),
  ...edns('e11.test', 'local set 0xffee {server_ip}', '65518:7f000001'),
  ...edns('e12.test', 'local set 0xffee {protocol}', '65518:756470'),
  ...edns('e13.test', 'local set 0xffee {protocol} revert', '65518:746370', undefined, {
    transport: 'tcp',
  }),
  ...edns('e14.test', 'local set 0xffee {nobody/knows}', ''),
  ...edns('e15.test', 'nsid set', '3:'),
  ...edns('e16.test', 'nsid append', '3:'),
  ...edns('e17.test', 'nsid replace', ''),
  ...edns('e18.test', 'subnet set 24 56', '8:000118007f0000'),
  ...edns('e19.test', 'subnet append 20 56', '8:000114007f0000'),
  ...edns('e20.test', 'subnet set 0 56', '8:00010000'),
  ...edns('e21.test', 'subnet replace 24 56', ''),
  // The client's own are for us.
  ...edns('e22.test', 'subnet unset', '', '65518:6f776e', OPTIONS),
];

/** One rule in a zone of its own, and which options the client gets where upstream answers them. */
function relayed(zone: string, rule: string, options: string, theirs?: string, asking?: Asking) {
  const said = (text: string) => answer(`a.${zone}. 60 IN MX 10 mail.a.${zone}.`) + text;
  const other = theirs === undefined ? undefined : said(theirs);
  const row: Told = [`a.${zone} MX`, said(options), other, asking];
  return rows(`    rewrite edns0 ${rule}`, [row], zone);
}

const ASKS_NSID = withEdns({ options: [{ code: 3, data: new Uint8Array() }] });

const RELAYED_ROWS: readonly RewriteRow[] = [
  ...relayed('u1.test', 'local set 0xffee x', ' | LOCAL up'),
  ...relayed('u2.test', 'local set 0xffee x revert', ''),
  ...relayed('u3.test', 'nsid set', ' | NSID up', undefined, ASKS_NSID),
  // RFC 5001 § 2.2: not to who did not ask for it.
  ...relayed('u4.test', 'nsid set', '', ' | NSID up'),
];

/** Rules in a zone of their own, and what whoami says behind them. */
function told(
  zone: string,
  rules: readonly string[],
  said: string,
  more: Partial<RewriteRow> = {},
) {
  const passed = saidByWhoami(`a.${zone}`);
  const { theirs, ...rest } = more;
  return {
    zone,
    block: [...rules.map((rule) => `rewrite ${rule}`), 'whoami'].join('\n'),
    question: `a.${zone} A`,
    said: passed + said,
    ...(theirs === undefined ? {} : { theirs: passed + theirs }),
    ...rest,
  };
}

const SET = 'continue edns0 local set 0xffee abcd';
const NO_EDNS: Asking = { query: { edns: undefined } };

const TOLD_ROWS: readonly RewriteRow[] = [
  told('t1.test', [SET], ' | LOCAL abcd'),
  told('t2.test', [`${SET} revert`], ''),
  told('t3.test', [SET, 'edns0 local replace 0xffee bcde revert'], ' | LOCAL abcd'),
  told('t4.test', [`${SET} revert`, 'edns0 local replace 0xffee bcde'], ''),
  told('t5.test', [SET, 'edns0 local unset 0xffee'], ''),
  told('t6.test', ['edns0 local unset 0xffee'], '', { asking: OPTIONS }),
  told('t7.test', ['edns0 local replace 0xffee x'], ' | LOCAL x', { asking: OPTIONS }),
  // Nobody gets back what it sent.
  told('t8.test', ['edns0 local replace 0xffee x revert'], '', {
    asking: OPTIONS,
    theirs: ' | LOCAL own',
  }),
  told('t9.test', ['edns0 local append 0xffee x'], '', {
    asking: OPTIONS,
    theirs: ' | LOCAL own',
  }),
  told('t10.test', ['edns0 nsid set'], ''),
  told('t11.test', ['edns0 subnet set 24 56'], ''),
  // RFC 6891 § 6.1.1: no OPT to who sent none.
  told('t12.test', [SET], '', { asking: NO_EDNS, theirs: ' | LOCAL abcd' }),
];

export const ROWS: readonly RewriteRow[] = [
  ...NAME_ROWS,
  ...ORDER_ROWS,
  ...TTL_ROWS,
  ...RCODE_ROWS,
  ...CNAME_ROWS,
  ...EDNS_ROWS,
  ...RELAYED_ROWS,
  ...TOLD_ROWS,
];

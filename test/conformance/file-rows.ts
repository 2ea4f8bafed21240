/** What is asked of the zone files beside it, and what CoreDNS says where it is something else. */
export interface FileRow {
  readonly question: string;
  readonly said: string;
  /** With the reason. */
  readonly theirs?: readonly [why: string, said: string];
}

const NS = 'AUTHORITY example. 60 IN NS ns.example.';
const SOA = 'AUTHORITY example. 60 IN SOA ns.example. admin.example. 7 7200 3600 1209600 60';
const WEB = 'ADDITIONAL web.example. 300 IN A 192.0.2.2, web.example. 300 IN AAAA 2001:db8::2';
const TEST_SOA = 'AUTHORITY test. 5 IN SOA ns.test. admin.test. 1 2 3 4 5';
const SUB_SOA = 'AUTHORITY sub.test. 5 IN SOA ns.sub.test. admin.sub.test. 1 2 3 4 5';
const BARE_SOA = 'AUTHORITY bare. 5 IN SOA ns.bare. admin.bare. 1 2 3 4 5';
const SHORT_SOA = 'AUTHORITY short. 30 IN SOA ns.short. admin.short. 1 2 3 4 30';
const CUT =
  'AUTHORITY cut.example. 60 IN NS ns.cut.example., cut.example. 60 IN NS ns.test. | ' +
  'ADDITIONAL ns.cut.example. 60 IN A 192.0.2.9';

const answer = (...records: readonly string[]) =>
  `NOERROR aa | ANSWER ${records.join(', ')} | ${NS}`;
const row = (question: string, said: string, theirs?: FileRow['theirs']): FileRow => {
  return { question, said, ...(theirs && { theirs }) };
};

const CHAIN = Array.from(
  { length: 8 },
  (_, i) => `c${i + 1}.example. 60 IN CNAME c${i + 2}.example.`,
);
const circle = (name: string, target: string) =>
  Array.from({ length: 5 }, () => `${name}.example. 60 IN CNAME ${target}.example.`);
const hour = (record: string) => record.replace(' 60 ', ' 3600 ');
const LAST = 'c9.example. 60 IN CNAME web.example.';
const NO_TTL = 'what is generated has a TTL of 3600 there, whatever $TTL says';

export const ROWS: readonly FileRow[] = [
  row('web.example A', answer('web.example. 300 IN A 192.0.2.2')),
  row(
    'WEB.Example A',
    'NOERROR aa | ANSWER WEB.Example. 300 IN A 192.0.2.2 | AUTHORITY Example. 60 IN NS ns.Example.',
    ['RFC 4343 § 4.1', answer('web.example. 300 IN A 192.0.2.2')],
  ),
  row('web.example TXT', `NOERROR aa | ${SOA}`),
  row('web.example HTTPS', `${answer('web.example. 60 IN HTTPS 1 . alpn=h2,h3')} | ${WEB}`, [
    'RFC 9460 § 4.1: the owner is the host',
    answer('web.example. 60 IN HTTPS 1 . alpn=h2,h3'),
  ]),
  row('svcb.example SVCB', `${answer('svcb.example. 60 IN SVCB 1 web.example. port=53')} | ${WEB}`),
  row('x.web.example A', `NXDOMAIN aa | ${SOA}`),
  row('srv.example A', `NOERROR aa | ${SOA}`),
  row('example SOA', answer(SOA.replace('AUTHORITY ', ''))),
  row(
    'example NS',
    `NOERROR aa | ${NS.replace('AUTHORITY', 'ANSWER')} | ADDITIONAL ns.example. 60 IN A 192.0.2.1`,
  ),
  row(
    'example ANY',
    `NOERROR aa | ${NS.replace('AUTHORITY', 'ANSWER')}, ${SOA.replace('AUTHORITY ', '')} | ` +
      'ADDITIONAL ns.example. 60 IN A 192.0.2.1',
    ['ANY is taken for a type', `NOERROR aa | ${SOA}`],
  ),
  row(
    'mail.example MX',
    `${answer('mail.example. 60 IN MX 10 web.example.', 'mail.example. 60 IN MX 20 mx.test.')} | ${WEB}`,
  ),
  row(
    'same.example MX',
    `${answer('same.example. 60 IN MX 10 web.example.', 'same.example. 60 IN MX 20 web.example.')} | ${WEB}`,
  ),
  row(
    '_sip.srv.example SRV',
    `${answer('_sip.srv.example. 60 IN SRV 0 0 80 web.example.')} | ${WEB}`,
  ),
  row('null.example MX', answer('null.example. 60 IN MX 0 .')),

  // Aliases.
  row(
    'a.example A',
    answer(
      'a.example. 60 IN CNAME b.example.',
      'b.example. 60 IN CNAME web.example.',
      'web.example. 300 IN A 192.0.2.2',
    ),
  ),
  row('a.example CNAME', answer('a.example. 60 IN CNAME b.example.')),
  row('a.example ANY', answer('a.example. 60 IN CNAME b.example.'), [
    'RFC 1034 § 3.6.2: ANY matches the alias',
    answer('a.example. 60 IN CNAME b.example.', 'b.example. 60 IN CNAME web.example.'),
  ]),
  row('away.example A', `NXDOMAIN aa | ANSWER away.example. 60 IN CNAME x.test. | ${TEST_SOA}`, [
    'RFC 2308 § 2.1: of the zone that denies',
    `NXDOMAIN aa | ANSWER away.example. 60 IN CNAME x.test. | ${SOA}`,
  ]),
  row('lost.example A', `NXDOMAIN aa | ANSWER lost.example. 60 IN CNAME nobody.example. | ${SOA}`),
  row('blind.example A', `NOERROR aa | ANSWER blind.example. 60 IN CNAME null.example. | ${SOA}`, [
    'RFC 2308 § 2.2: a denial needs the SOA',
    answer('blind.example. 60 IN CNAME null.example.'),
  ]),
  row('self.example A', 'SERVFAIL'),
  row('self.example CNAME', answer('self.example. 60 IN CNAME self.example.')),
  row('round.example A', 'SERVFAIL', [
    'RFC 1034 § 3.6.2: a circle is an error',
    answer(...circle('round', 'trip'), ...circle('trip', 'round')),
  ]),
  row('refused.example A', answer('refused.example. 60 IN CNAME x.invalid.')),
  row('c1.example A', answer(...CHAIN, LAST, 'web.example. 300 IN A 192.0.2.2'), [
    NO_TTL,
    answer(...CHAIN.map(hour), LAST, 'web.example. 300 IN A 192.0.2.2'),
  ]),
  row(
    'c0.example A',
    answer(
      'c0.example. 60 IN CNAME c1.example.',
      ...CHAIN,
      LAST,
      'web.example. 300 IN A 192.0.2.2',
    ),
    [
      `${NO_TTL}; ten aliases are followed here, nine there`,
      answer('c0.example. 60 IN CNAME c1.example.', ...CHAIN.map(hour), LAST),
    ],
  ),
  row(
    'back.test A',
    'NOERROR aa | ANSWER back.test. 5 IN CNAME web.example., web.example. 300 IN A 192.0.2.2 | ' +
      NS,
    [
      'the NS are of the zone that answers',
      'NOERROR aa | ANSWER back.test. 5 IN CNAME web.example., web.example. 300 IN A 192.0.2.2 | ' +
        'AUTHORITY test. 5 IN NS ns.test.',
    ],
  ),

  // Cuts.
  ...[
    'cut.example A',
    'x.cut.example A',
    'y.x.cut.example MX',
    'cut.example NS',
    'ns.cut.example A',
  ].map((question) => row(question, `NOERROR | ${CUT}`)),
  row('cut.example DS', answer('cut.example. 60 IN DS 1 13 2 abcd0123')),
  row('below.example A', `NOERROR aa | ANSWER below.example. 60 IN CNAME x.cut.example. | ${CUT}`),
  row('below.example NS', `NOERROR aa | ANSWER below.example. 60 IN CNAME x.cut.example. | ${CUT}`),
  row(
    'side.example A',
    'NOERROR | AUTHORITY side.example. 60 IN NS ns.example. | ADDITIONAL ns.example. 60 IN A 192.0.2.1',
    [
      'RFC 1034 § 4.3.2, step 3b: whatever addresses are here',
      'NOERROR | AUTHORITY side.example. 60 IN NS ns.example.',
    ],
  ),
  row('x.sub.test A', `NXDOMAIN aa | ${SUB_SOA}`),
  row('sub.test TXT', 'NOERROR aa | ANSWER sub.test. 5 IN TXT "sub"'),
  row(
    'sub.test DS',
    'NOERROR aa | ANSWER sub.test. 5 IN DS 2 13 2 abcd | AUTHORITY test. 5 IN NS ns.test.',
    ['RFC 4035 § 3.1.4.1: of the upper side', `NOERROR aa | ${SUB_SOA}`],
  ),
  row('sub.test NS', `NOERROR aa | ${SUB_SOA}`, [
    'RFC 2308 § 2.2: a denial needs the SOA',
    'NOERROR aa',
  ]),
  row('test DS', `NOERROR aa | ${TEST_SOA}`),

  // DNAME.
  row(
    'host.old.example A',
    answer(
      'host.new.example. 60 IN A 192.0.2.11',
      'host.old.example. 60 IN CNAME host.new.example.',
      'old.example. 60 IN DNAME new.example.',
    ),
  ),
  row(
    'host.old.example CNAME',
    answer(
      'host.old.example. 60 IN CNAME host.new.example.',
      'old.example. 60 IN DNAME new.example.',
    ),
  ),
  row(
    'host.old.example DNAME',
    'NOERROR aa | ANSWER host.old.example. 60 IN CNAME host.new.example., ' +
      `old.example. 60 IN DNAME new.example. | ${SOA}`,
    [
      'RFC 2308 § 2.2: a denial needs the SOA',
      answer(
        'host.old.example. 60 IN CNAME host.new.example.',
        'old.example. 60 IN DNAME new.example.',
      ),
    ],
  ),
  row(
    'x.old.example A',
    'NXDOMAIN aa | ANSWER old.example. 60 IN DNAME new.example., ' +
      `x.old.example. 60 IN CNAME x.new.example. | ${SOA}`,
  ),
  row('old.example TXT', answer('old.example. 60 IN TXT "here"')),
  row('old.example DNAME', answer('old.example. 60 IN DNAME new.example.')),

  // Wildcards.
  row('x.wild.example A', answer('x.wild.example. 60 IN A 192.0.2.12')),
  row('x.y.wild.example A', answer('x.y.wild.example. 60 IN A 192.0.2.12')),
  row('x.wild.example MX', `${answer('x.wild.example. 60 IN MX 10 web.example.')} | ${WEB}`),
  row('x.wild.example TXT', `NOERROR aa | ${SOA}`),
  row('*.wild.example A', answer('*.wild.example. 60 IN A 192.0.2.12')),
  row('www.wild.example A', `NOERROR aa | ${SOA}`),
  row('ent.wild.example A', `NOERROR aa | ${SOA}`, [
    'RFC 4592 § 2.2.2: it exists by what is below',
    answer('ent.wild.example. 60 IN A 192.0.2.12'),
  ]),
  row('x.ent.wild.example A', `NXDOMAIN aa | ${SOA}`),
  row('b.ent.wild.example TXT', answer('b.ent.wild.example. 60 IN TXT "x"')),
  row('x.deep.example A', `NOERROR aa | ${SOA}`),
  row('*.deep.example A', `NOERROR aa | ${SOA}`),
  row(
    'x.cname.example A',
    answer('web.example. 300 IN A 192.0.2.2', 'x.cname.example. 60 IN CNAME web.example.'),
  ),
  row(
    'x.lost.example A',
    `NXDOMAIN aa | ANSWER x.lost.example. 60 IN CNAME nobody.example. | ${SOA}`,
  ),

  // What a file may say.
  row('odd.example TYPE65280', answer(String.raw`odd.example. 60 IN TYPE65280 \# 4 0a000001`)),
  row(
    'long.example TXT',
    answer(`long.example. 60 IN TXT "${'x'.repeat(255)}" "${'x'.repeat(45)}"`),
  ),
  row('caa.example CAA', answer('caa.example. 60 IN CAA 0 issue "letsencrypt.org"')),
  row(
    'tls.example TLSA',
    answer(
      'tls.example. 60 IN TLSA 3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971',
    ),
  ),
  row(
    'loc.example LOC',
    answer('loc.example. 60 IN LOC 42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m'),
  ),
  row('upper.example A', answer('upper.example. 60 IN A 192.0.2.13')),
  row(String.raw`has\.dot.example A`, answer(String.raw`has\.dot.example. 60 IN A 192.0.2.14`)),
  row('deep.inner.example TXT', answer('deep.inner.example. 60 IN TXT "of another file"')),
  row('example AXFR', 'REFUSED'),
  row('x.invalid A', 'REFUSED'),
  row('bare A', `NOERROR aa | ${BARE_SOA}`, [
    'RFC 2308 § 2.2: a name with an SOA is there',
    `NXDOMAIN aa | ${BARE_SOA}`,
  ]),
  row('x.short A', `NXDOMAIN aa | ${SHORT_SOA}`, [
    'RFC 2308 § 3: MINIMUM is the smaller one',
    `NXDOMAIN aa | ${SHORT_SOA.replace(' 30 ', ' 300 ')}`,
  ]),
];

const SIGNED_NS = 'AUTHORITY signed. 60 IN NS ns.signed., signed. 60 IN RRSIG NS';
const SIGNED_SOA = 'signed. 60 IN RRSIG SOA, signed. 60 IN SOA ns.signed. admin.signed. 1 2 3 4 60';
const nsec = (owner: string, next: string, types: string) =>
  `${owner}. 60 IN NSEC ${next}. ${types}, ${owner}. 60 IN RRSIG NSEC`;
const LAST_NSEC = nsec('m.wild.signed', 'signed', 'A RRSIG NSEC');
const WILD_NSEC = nsec('*.wild.signed', 'm.wild.signed', 'A RRSIG NSEC');
const APEX_NSEC = nsec('signed', 'a.signed', 'NS SOA RRSIG NSEC');
const A = 'a.signed. 60 IN A 192.0.2.2';
const A_NSEC = nsec('a.signed', 'alias.signed', 'A RRSIG NSEC');
const ALIAS_NSEC = nsec('alias.signed', 'b.ent.signed', 'CNAME RRSIG NSEC');
const INSECURE = 'insecure.signed. 60 IN NS ns.insecure.signed.';
const INSECURE_NSEC = nsec('insecure.signed', 'host.new.signed', 'NS RRSIG NSEC');
const INSECURE_GLUE = 'ADDITIONAL ns.insecure.signed. 60 IN A 192.0.2.5';

/** Asked with DO; of signatures only the type that they cover is shown. */
export const SIGNED_ROWS: readonly FileRow[] = [
  row('a.signed A', `NOERROR aa | ANSWER ${A}, a.signed. 60 IN RRSIG A | ${SIGNED_NS}`),
  row(
    'alias.signed A',
    `NOERROR aa | ANSWER ${A}, a.signed. 60 IN RRSIG A, alias.signed. 60 IN CNAME a.signed., ` +
      `alias.signed. 60 IN RRSIG CNAME | ${SIGNED_NS}`,
  ),
  row(
    'x.wild.signed A',
    'NOERROR aa | ANSWER x.wild.signed. 60 IN A 192.0.2.3, x.wild.signed. 60 IN RRSIG A | ' +
      SIGNED_NS.replace('AUTHORITY', `AUTHORITY ${LAST_NSEC},`),
  ),
  row('x.wild.signed TXT', `NOERROR aa | AUTHORITY ${WILD_NSEC}, ${LAST_NSEC}, ${SIGNED_SOA}`, [
    'RFC 4035 § 3.1.3.4: also that no name is closer',
    `NOERROR aa | AUTHORITY ${WILD_NSEC}, ${SIGNED_SOA}`,
  ]),
  row('ent.signed A', `NOERROR aa | AUTHORITY ${ALIAS_NSEC}, ${SIGNED_SOA}`),
  row(
    'nobody.signed A',
    `NXDOMAIN aa | AUTHORITY ${nsec('host.new.signed', 'ns.signed', 'A RRSIG NSEC')}, ` +
      `${APEX_NSEC}, ${SIGNED_SOA}`,
  ),
  row('a.signed TXT', `NOERROR aa | AUTHORITY ${A_NSEC}, ${SIGNED_SOA}`),
  row(
    'x.secure.signed A',
    'NOERROR | AUTHORITY secure.signed. 60 IN DS 1 13 2 abcd, secure.signed. 60 IN NS ns.secure.signed., ' +
      'secure.signed. 60 IN RRSIG DS | ADDITIONAL ns.secure.signed. 60 IN A 192.0.2.4',
  ),
  row(
    'secure.signed DS',
    `NOERROR aa | ANSWER secure.signed. 60 IN DS 1 13 2 abcd, secure.signed. 60 IN RRSIG DS | ${SIGNED_NS}`,
  ),
  row(
    'x.insecure.signed A',
    `NOERROR | AUTHORITY ${INSECURE}, ${INSECURE_NSEC} | ${INSECURE_GLUE}`,
    ['RFC 4035 § 3.1.4: that there is no DS', `NOERROR | AUTHORITY ${INSECURE} | ${INSECURE_GLUE}`],
  ),
  row('insecure.signed DS', `NOERROR aa | AUTHORITY ${INSECURE_NSEC}, ${SIGNED_SOA}`),
  row(
    'host.old.signed A',
    'NOERROR aa | ANSWER host.new.signed. 60 IN A 192.0.2.6, host.new.signed. 60 IN RRSIG A, ' +
      'host.old.signed. 60 IN CNAME host.new.signed., old.signed. 60 IN DNAME new.signed., ' +
      `old.signed. 60 IN RRSIG DNAME | ${SIGNED_NS}`,
  ),
  row('signed SOA', `NOERROR aa | ANSWER ${SIGNED_SOA} | ${SIGNED_NS}`),
  row(
    'signed NS',
    `NOERROR aa | ${SIGNED_NS.replace('AUTHORITY', 'ANSWER')} | ` +
      'ADDITIONAL ns.signed. 60 IN A 192.0.2.1, ns.signed. 60 IN RRSIG A',
  ),
  row(
    'a.signed RRSIG',
    `NOERROR aa | ANSWER a.signed. 60 IN RRSIG A, a.signed. 60 IN RRSIG NSEC | ${SIGNED_NS}`,
  ),
  row('a.signed NSEC', `NOERROR aa | ANSWER ${A_NSEC} | ${SIGNED_NS}`),
  row('alias.signed NSEC', `NOERROR aa | ANSWER ${ALIAS_NSEC} | ${SIGNED_NS}`, [
    "RFC 4034 § 4: the NSEC is the alias's own",
    `NOERROR aa | ANSWER ${A_NSEC}, alias.signed. 60 IN CNAME a.signed., ` +
      `alias.signed. 60 IN RRSIG CNAME | ${SIGNED_NS}`,
  ]),
];

/** Asked of the plugin `auto`, of a folder with the zone in the names of files. */
export const AUTO_ROWS: readonly FileRow[] = [
  row(
    'auto.test A',
    'NOERROR aa | ANSWER auto.test. 5 IN A 192.0.2.1 | AUTHORITY auto.test. 5 IN NS ns.auto.test.',
  ),
  row(
    'x.auto.test A',
    'NXDOMAIN aa | AUTHORITY auto.test. 5 IN SOA ns.auto.test. admin.auto.test. 1 2 3 4 5',
  ),
];

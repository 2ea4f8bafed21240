/** Zone files that are served beside CoreDNS, by their name. */
import { formatRecord } from '../../libs/dns/presentation.ts';
import { givenZone, signed } from '../../libs/zone/given-zone.ts';

const EXAMPLE = `; some of everything
$TTL 1m
$ORIGIN example.
@       IN SOA  ns admin ( 7 ; serial
                  2h 1h 2w
                  1m )
        IN NS   ns
ns      IN A    192.0.2.1
web     300 IN A 192.0.2.2
        IN 300 AAAA 2001:db8::2
        HTTPS   1 . alpn="h2,h3"
mail    MX      10 web
        MX      20 mx.test.
same    MX      10 web
        MX      20 web
_sip.srv SRV    0 0 80 web
svcb    SVCB    1 web port=53
null    MX      0 .
a       CNAME   b
b       CNAME   web
away    CNAME   x.test.
lost    CNAME   nobody
blind   CNAME   null
self    CNAME   self
round   CNAME   trip
trip    CNAME   round
refused CNAME   x.invalid.
c0      CNAME   c1
$GENERATE 1-8 c$ CNAME c\${1}
c9      CNAME   web
cut     NS      ns.cut
        NS      ns.test.
        DS      1 13 2 ( abcd
                        0123 )
ns.cut  A       192.0.2.9
x.cut   A       192.0.2.10
below   CNAME   x.cut
side    NS      ns
old     DNAME   new
        TXT     "here"
host.new A      192.0.2.11
*.wild  A       192.0.2.12
        MX      10 web
www.wild TXT    "x"
b.ent.wild TXT  "x"
*.cname CNAME   web
*.lost  CNAME   nobody
a.*.deep TXT    "below an empty wildcard"
odd     TYPE65280 \\# 4 0A 000001
long    TXT     "${'x'.repeat(300)}"
caa     CAA     0 issue letsencrypt.org
tls     TLSA    3 1 1 ( d2abde240d7cd3ee6b4b28c54df034b9
                        7983a1d16e8a410e4561cb106618e971 )
loc     LOC     42 21 54 N 71 06 18 W -24m 30m
UPPER   A       192.0.2.13
has\\046dot A    192.0.2.14
late    30 NS   ns.late
ns.late A       192.0.2.15
$INCLUDE more   inner
`;

const TEST = `$TTL 5
@ SOA ns admin 1 2 3 4 5
@ NS ns
back CNAME web.example.
there A 192.0.2.20
sub NS ns.sub
sub DS 2 13 2 abcd
`;

const SIGNED = [
  'signed. 60 IN SOA ns.signed. admin.signed. 1 2 3 4 60',
  'signed. 60 IN NS ns.signed.',
  'ns.signed. 60 IN A 192.0.2.1',
  'a.signed. 60 IN A 192.0.2.2',
  'alias.signed. 60 IN CNAME a.signed.',
  'b.ent.signed. 60 IN TXT "x"',
  '*.wild.signed. 60 IN A 192.0.2.3',
  'm.wild.signed. 60 IN A 192.0.2.7',
  'secure.signed. 60 IN NS ns.secure.signed.',
  'secure.signed. 60 IN DS 1 13 2 abcd',
  'ns.secure.signed. 60 IN A 192.0.2.4',
  'insecure.signed. 60 IN NS ns.insecure.signed.',
  'ns.insecure.signed. 60 IN A 192.0.2.5',
  'old.signed. 60 IN DNAME new.signed.',
  'host.new.signed. 60 IN A 192.0.2.6',
];

export const ZONE_FILES: Readonly<Record<string, string>> = {
  'db.example': EXAMPLE,
  more: 'deep TXT "of another file"\n',
  'db.test': TEST,
  'db.sub': '$TTL 5\n@ SOA ns admin 1 2 3 4 5\n@ TXT "sub"\n',
  'db.signed': signed('signed.', givenZone('signed.', SIGNED)).records.map(formatRecord).join('\n'),
  'db.bare': '$TTL 5\n@ SOA ns admin 1 2 3 4 5\n@ NS ns.example.\n',
  'zones/auto_test.zone': '$TTL 5\n@ SOA ns admin 1 2 3 4 5\n@ NS ns\n@ A 192.0.2.1\n',
  'zones/other_test.zone': '$TTL 5\n@ SOA ns admin 1 2 3 4 5\n@ A 192.0.2.1\n',
  'db.short': '$TTL 300\n@ SOA ns admin 1 2 3 4 30\na A 192.0.2.1\na.b A 192.0.2.2\n',
};

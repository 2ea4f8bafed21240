/**
 * A server block of plugins that need no cluster, as an operator might write it: some of them, each
 * with some of its options. What is written is right for both servers; what they say may differ.
 */
import type { Random } from '../random.ts';

export interface BlockPlace {
  /** Of upstream that fails, denies and answers, by label. */
  readonly upstream: number;
  /** Of one that knows more names, with other addresses. */
  readonly other: number;
  /** Nobody listens there. */
  readonly dead: number;
}

/** Names of the questions are below these, and elsewhere. */
const ZONES = ['example.org', 'sub.example.org', 'example.net'] as const;
export const HOSTS = ['a.example.org', 'h1.example.org', 'h2.sub.example.org', 'h3.example.net'];
const ADDRESSES = ['10.0.0.1', '10.0.0.2', '192.0.2.7', '2001:db8::7'] as const;

/** The search path of `autopath`. */
export const PATH = ['sub.example.org.', 'example.org.', 'example.net.'] as const;

type Part = (random: Random, place: BlockPlace) => readonly string[];

const zones = (random: Random) => random.some(ZONES, 2).join(' ');
const block = (head: string, lines: readonly string[]) =>
  lines.length === 0 ? [head.trim()] : [`${head.trim()} {`, ...lines, '}'];
const maybe = (random: Random, percent: number, line: string) =>
  random.percent(percent) ? [line] : [];

const acl: Part = (random) => {
  const policies = Array.from({ length: 1 + random.below(3) }, () => {
    const action = random.pick(['allow', 'block', 'filter']);
    const types = random.some(['A', 'AAAA', 'TXT', 'MX', '*'], 2);
    const nets = random.some(['127.0.0.0/8', '10.0.0.0/8', '127.0.0.1', '*'], 2);
    return [
      action,
      ...(types.length > 0 ? ['type', ...types] : []),
      ...(nets.length > 0 ? ['net', ...nets] : []),
    ].join(' ');
  });
  return block(`acl ${zones(random)}`, policies);
};

const cache: Part = (random) =>
  block(`cache ${random.pick(['', '20', '300', '3600'])}`, [
    ...maybe(random, 30, `success ${random.pick(['100', '1000 60', '1000 600 30'])}`),
    ...maybe(random, 30, `denial ${random.pick(['100', '1000 60', '1000 600 30'])}`),
    ...maybe(random, 20, `disable ${random.pick(['success', 'denial'])} ${zones(random)}`),
    ...maybe(random, 20, 'keepttl'),
    ...maybe(random, 20, `servfail ${random.pick(['0', '10s'])}`),
    ...maybe(random, 15, `serve_stale ${random.pick(['', '1h', '1h verify', '1h immediate'])}`),
  ]);

const dns64: Part = (random) =>
  random.pick([
    ['dns64'],
    ['dns64 2001:db8:64::/96'],
    ['dns64 {', 'translate_all', '}'],
    ['dns64 {', 'prefix 64:ff9b::/96', 'allow_ipv4', '}'],
  ]);

const header: Part = (random) =>
  block('header', [
    ...maybe(
      random,
      50,
      `response ${random.pick(['set ra', 'clear ra', 'set aa', 'clear aa rd'])}`,
    ),
    `query ${random.pick(['set rd', 'clear rd'])}`,
  ]);

const hosts: Part = (random) =>
  block(`hosts hosts ${zones(random)}`, [
    ...HOSTS.filter(() => random.percent(60)).map((name) => `${random.pick(ADDRESSES)} ${name}`),
    ...maybe(random, 30, `ttl ${random.pick(['60', '600'])}`),
    ...maybe(random, 20, 'no_reverse'),
    ...maybe(random, 75, `fallthrough ${random.percent(20) ? zones(random) : ''}`),
  ]);

const RULES: readonly string[] = [
  'name exact b.example.org a.example.org',
  'name a.example.net a.example.org',
  'name suffix example.net example.org answer auto',
  'name suffix .example.net .example.org',
  'name prefix x- a',
  'name substring h1 h2',
  'name regex (.*)\\.example\\.net\\.? {1}.example.org answer name (.*)\\.example\\.org {1}.example.net',
  'stop name regex ^c(.*)\\.example\\.org\\.$ a{1}.example.org answer auto',
  'type AAAA A',
  'type MX TXT',
  'ttl a.example.org 7',
  'ttl suffix example.org 30-60',
  'ttl regex .* 40-',
  'rcode name.example.org NXDOMAIN NOERROR',
  'rcode regex .* SERVFAIL NXDOMAIN',
  'rcode suffix example.net NXDOMAIN REFUSED',
  'cname exact to.example.org. a.example.org.',
  'edns0 local set 0xffee hello',
  'continue name prefix y- b',
];

const rewrite: Part = (random) => random.some(RULES, 4, 1).map((rule) => `rewrite ${rule}`);

const TEMPLATES: readonly (readonly [head: string, ...lines: string[]])[] = [
  [
    'template IN A ip.example.org',
    'match (^|[.])ip-10-(?P<b>[0-9]*)-(?P<c>[0-9]*)-(?P<d>[0-9]*)[.]ip[.]example[.]org[.]$',
    'answer "{{ .Name }} 60 IN A 10.{{ .Group.b }}.{{ .Group.c }}.{{ .Group.d }}"',
    'fallthrough',
  ],
  ['template ANY ANY sub.example.org', 'rcode NXDOMAIN'],
  [
    'template IN ANY example.net',
    'match "^t[.]"',
    'answer "{{ .Name }} 90 IN TXT \\"{{ .Type }} {{ .Zone }}\\""',
    'authority "{{ .Zone }} 90 IN NS ns.{{ .Zone }}"',
    'additional "ns.{{ .Zone }} 90 IN A 192.0.2.1"',
    'fallthrough',
  ],
  [
    'template IN AAAA .',
    'rcode NOERROR',
    'authority "example.org 60 IN SOA ns. h. (1 60 60 60 60)"',
  ],
  [
    'template IN A example.net',
    'match "^alias[.]"',
    'answer "{{ .Name }} 60 IN CNAME a.example.org."',
    'fallthrough',
  ],
];

const template: Part = (random) =>
  random.some(TEMPLATES, 2, 1).flatMap(([head, ...lines]) => block(head, lines));

const file: Part = (random) =>
  block('file db.example.org example.org', maybe(random, 30, 'fallthrough'));

const local: Part = () => ['local'];

const forward: Part = (random, { upstream, other, dead }) => {
  const [one, two] = [`127.0.0.1:${upstream}`, `127.0.0.1:${other}`];
  const chosen = random.below(100);
  if (chosen < 10) return [`forward example.org ${two}`, `forward . ${one}`];
  if (chosen < 20) {
    const next = maybe(random, 70, `next ${random.pick(['NXDOMAIN', 'SERVFAIL', 'REFUSED'])}`);
    const lines = [...next, ...maybe(random, 50, 'next_on_nodata')];
    return [...block(`forward . ${one}`, lines), `forward . ${two}`];
  }
  if (chosen < 30) {
    const codes = random.pick(['SERVFAIL', 'SERVFAIL REFUSED', 'NXDOMAIN']);
    return block(`forward . ${one} ${two}`, ['policy sequential', `failover ${codes}`]);
  }
  if (chosen < 35) return block(`forward . 127.0.0.1:${dead} ${one}`, ['policy sequential']);
  return block(`forward . ${one}`, [
    ...maybe(random, 20, `except ${random.some(ZONES, 1, 1).join(' ')}`),
    ...maybe(random, 15, random.pick(['force_tcp', 'prefer_udp'])),
    ...maybe(random, 10, 'max_concurrent 10'),
  ]);
};

/** Only ours: theirs has none. Without its Redis nothing that it says may change. */
const redisc: Part = (random, { dead }) =>
  block(`redisc ${random.pick(['', '300', '3600'])}`, [`endpoint 127.0.0.1:${dead}`]);

const autopath: Part = (random) => [`autopath ${random.pick(['', '.'])} resolv.conf`];

/** So many of a hundred blocks have it. */
const PARTS: readonly (readonly [percent: number, part: Part])[] = [
  [100, () => ['errors']],
  [10, () => ['log']],
  [15, () => ['metadata']],
  [10, () => ['cancel']],
  [10, () => ['root .']],
  [15, autopath],
  [15, local],
  [15, dns64],
  [15, () => ['any']],
  [20, (random) => [`bufsize ${random.pick(['512', '1232', '4096'])}`]],
  [30, () => ['loadbalance']],
  [25, () => ['nsid here']],
  [15, () => ['chaos Version-1 somebody']],
  [50, rewrite],
  [25, acl],
  [40, cache],
  [10, redisc],
  [20, header],
  [15, () => ['minimal']],
  [35, template],
  [40, hosts],
  [45, file],
  [85, forward],
  [10, () => ['whoami']],
];

/** The lines of a server block. */
export function randomBlock(random: Random, place: BlockPlace): readonly string[] {
  return PARTS.flatMap(([percent, part]) => (random.percent(percent) ? part(random, place) : []));
}

/** The files that blocks name. */
export const FILES: Readonly<Record<string, string>> = {
  'resolv.conf': `search ${PATH.map((zone) => zone.slice(0, -1)).join(' ')}\n`,
  hosts: '10.0.0.9 h4.example.org h5.example.com\n2001:db8::9 h4.example.org\n',
  'db.example.org': `$ORIGIN example.org.
$TTL 120
@ IN SOA ns hostmaster 7 7200 1800 86400 60
  IN NS ns
  IN NS ns.example.net.
  IN MX 10 a
  IN TXT "the apex"
ns IN A 192.0.2.53
a IN A 192.0.2.10
a IN AAAA 2001:db8::10
a 30 IN TXT "one" "two"
b IN CNAME a
c IN CNAME b
out IN CNAME a.example.net.
*.wild IN A 192.0.2.20
*.wild IN MX 20 a
x.y.wild IN TXT "below"
sub IN NS ns.sub
ns.sub IN A 192.0.2.54
dn IN DNAME example.net.
_http._tcp IN SRV 0 10 80 a
many IN A 192.0.2.101
many IN A 192.0.2.102
many IN A 192.0.2.103
`,
};

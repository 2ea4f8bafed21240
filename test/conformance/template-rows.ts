/** What is asked of `template`, and what it says. */
import { saidByWhoami } from './said-by.ts';

export interface TemplateRow {
  /** Of the server block. */
  readonly zones: string;
  /** Its directives. */
  readonly block: string;
  readonly question: string;
  readonly said: string;
  /** What CoreDNS says where it is something else; the README of template says why. */
  readonly theirs?: string;
}

const template = (head: string, ...lines: readonly string[]) =>
  `    template ${head} {\n${lines.map((line) => `        ${line}\n`).join('')}    }\n`;

type Rest = Omit<TemplateRow, 'zones' | 'block'>;
const of = (zones: string, block: string, ...rows: readonly Rest[]): readonly TemplateRow[] =>
  rows.map((row) => ({ zones, block, ...row }));

const ADDRESSES = of(
  'ip.test in-addr.arpa',
  template(
    'IN A ip.test',
    'match (^|[.])ip-(?P<a>[0-9]*)-(?P<b>[0-9]*)-(?P<c>[0-9]*)-(?P<d>[0-9]*)[.]ip[.]test[.]$',
    'answer "{{ .Name }} 60 IN A {{ .Group.a }}.{{ .Group.b }}.{{ .Group.c }}.{{ .Group.d }}"',
    'fallthrough',
  ) +
    template(
      'IN PTR in-addr.arpa',
      'match ^(?P<d>[0-9]*)[.](?P<c>[0-9]*)[.]0[.](?P<a>[0-9]*)[.]in-addr[.]arpa[.]$',
      'answer "{{ .Name }} 60 IN PTR ip-{{ .Group.a }}-0-{{ .Group.c }}-{{ .Group.d }}.ip.test."',
    ) +
    '    whoami',
  {
    question: 'ip-10-0-0-7.ip.test A',
    said: 'NOERROR aa | ANSWER ip-10-0-0-7.ip.test. 60 IN A 10.0.0.7',
  },
  {
    // RFC 4343 § 4.1: the case that was asked.
    question: 'IP-10-0-0-7.IP.Test A',
    said: 'NOERROR aa | ANSWER IP-10-0-0-7.IP.Test. 60 IN A 10.0.0.7',
    theirs: 'NOERROR aa | ANSWER ip-10-0-0-7.ip.test. 60 IN A 10.0.0.7',
  },
  {
    question: 'ip-10-0-0-7.ip.test ANY',
    said: 'NOERROR aa | ANSWER ip-10-0-0-7.ip.test. 60 IN A 10.0.0.7',
  },
  { question: 'ip-10-0-0-7.ip.test MX', said: saidByWhoami('ip-10-0-0-7.ip.test') },
  { question: 'www.ip.test A', said: saidByWhoami('www.ip.test') },
  { question: 'ip-999-0-0-7.ip.test A', said: 'SERVFAIL' },
  {
    question: '7.1.0.10.in-addr.arpa PTR',
    said: 'NOERROR aa | ANSWER 7.1.0.10.in-addr.arpa. 60 IN PTR ip-10-0-1-7.ip.test.',
  },
  { question: '7.1.1.10.in-addr.arpa PTR', said: 'SERVFAIL' },
);

const SOA = 'deny.test. 60 IN SOA ns. hostmaster. 1 60 3600 86400 604800';
const DENIALS = of(
  'deny.test',
  template(
    'ANY ANY',
    'rcode NXDOMAIN',
    'authority "{{ .Zone }} 60 {{ .Class }} SOA ns. hostmaster. (1 1m 1h 1d 1w)"',
    'ederror 21 "Blocked according to RFC2606"',
  ),
  {
    question: 'a.deny.test A',
    said: `NXDOMAIN aa | AUTHORITY ${SOA} | EDE 21`,
  },
  {
    question: 'deny.test TYPE65280',
    said: `NXDOMAIN aa | AUTHORITY ${SOA} | EDE 21`,
  },
);

const CODES = of(
  'codes.test',
  `${template('IN AAAA', 'rcode NOERROR')}${template('IN MX', 'rcode YXDOMAIN')}` +
    template('IN TXT', 'rcode SERVFAIL', 'authority "codes.test. NS a."') +
    template('IN A', 'rcode REFUSED'),
  { question: 'a.codes.test AAAA', said: 'NOERROR aa' },
  { question: 'a.codes.test MX', said: 'YXDOMAIN aa' },
  { question: 'a.codes.test TXT', said: 'SERVFAIL' },
  { question: 'a.codes.test A', said: 'REFUSED aa' },
);

const SECTIONS = of(
  'sections.test',
  template(
    'IN MX',
    'match ^ip-10-(?P<b>[0-9]*)-',
    'answer "{{ .Name }} 60 IN MX 10 {{ .Name }}" "{{ .Name }} MX 20 b"',
    'additional "{{ .Name }} 1m IN A 10.{{ .Group.b }}.0.1"',
    'authority "{{ .Zone }} IN 60 NS ns0.{{ .Zone }}"',
  ),
  {
    question: 'ip-10-3-.sections.test MX',
    said:
      'NOERROR aa | ANSWER ip-10-3-.sections.test. 3600 IN MX 20 b., ' +
      'ip-10-3-.sections.test. 60 IN MX 10 ip-10-3-.sections.test. | ' +
      'AUTHORITY sections.test. 60 IN NS ns0.sections.test. | ' +
      'ADDITIONAL ip-10-3-.sections.test. 60 IN A 10.3.0.1',
  },
);

const ORDER = of(
  'order.test',
  template('IN A', 'match ^a', 'answer ". 1 A 192.0.2.1"', 'fallthrough x.order.test') +
    template('IN A', 'match ^[bc]', 'answer ". 1 A 192.0.2.2"') +
    template('IN TXT', 'match ^b(?P<x>.) ^(?P<x>b)', 'answer "{{ .Name }} 1 TXT {{ .Group.x }}"'),
  { question: 'a.order.test A', said: 'NOERROR aa | ANSWER . 1 IN A 192.0.2.1' },
  { question: 'b.order.test A', said: 'SERVFAIL' },
  { question: 'b.x.order.test A', said: 'NOERROR aa | ANSWER . 1 IN A 192.0.2.2' },
  { question: 'bc.order.test TXT', said: 'NOERROR aa | ANSWER bc.order.test. 1 IN TXT "c"' },
);

const VALUES = of(
  'values.test',
  template(
    'IN TXT',
    'match ^([a-z]+)0x([0-9a-f]+)',
    'answer "{{ .Name }} 1 TXT {{ .Question.Name }} {{ .Question.Qtype }} {{ .Type }} ' +
      '{{ .Class }} {{ .Remote }} {{ len .Match }} {{ index .Match 1 }} ' +
      '{{ parseInt (index .Match 2) 16 8 }} ' +
      '{{ index .Group \\"2\\" }} {{ .Message.RecursionDesired }} ' +
      '{{ with .Zone }}{{ . }}{{ end }}"',
  ) +
    template(
      'IN A',
      'answer "{{ $n := 0 }}{{ range $i, $e := .Match }}{{ $n = len $e }}{{ end }}' +
        '{{- if and (gt $n 13) (ne .Name \\"b\\") -}} {{ .Name }} A 192.0.2.{{ $n }}' +
        '{{ else }}{{ .Name }} A {{ printf \\"%d.%d\\" 10 20 }}.0.1{{ end }}"',
    ),
  {
    question: 'ab0x1f.values.test TXT',
    said:
      'NOERROR aa | ANSWER ab0x1f.values.test. 1 IN TXT ' +
      '"ab0x1f.values.test." "16" "TXT" "IN" "127.0.0.1" "3" "ab" "31" "1f" "true" "values.test."',
  },
  { question: 'ab0x1ff.values.test TXT', said: 'SERVFAIL' },
  { question: 'a.values.test A', said: 'NOERROR aa | ANSWER a.values.test. 3600 IN A 192.0.2.14' },
  { question: 'values.test A', said: 'NOERROR aa | ANSWER values.test. 3600 IN A 10.20.0.1' },
);

const EMPTY = of(
  'empty.test',
  template(
    'IN A',
    'answer "{{ if eq .Name \\"a.empty.test.\\" }}{{ .Name }} A 192.0.2.1{{ end }}"',
  ) +
    template(
      'IN TXT',
      'answer "{{ range .Match }}{{ . }} 1 TXT a\n        {{ . }} 1 TXT b{{ end }}"',
    ),
  { question: 'a.empty.test A', said: 'NOERROR aa | ANSWER a.empty.test. 3600 IN A 192.0.2.1' },
  { question: 'b.empty.test A', said: 'NOERROR aa', theirs: 'SERVFAIL' },
  {
    question: 'a.empty.test TXT',
    said: 'NOERROR aa | ANSWER a.empty.test. 1 IN TXT "a", a.empty.test. 1 IN TXT "b"',
    theirs: 'NOERROR aa | ANSWER a.empty.test. 1 IN TXT "a"',
  },
);

const CNAME = 'alias.test. 60 IN CNAME';
const ALIASES = of(
  'alias.test',
  template('IN A here.alias.test', 'answer "{{ .Name }} 60 A 192.0.2.1"') +
    template('IN TXT here.alias.test', 'answer "{{ .Name }} 60 TXT text"') +
    template('IN A foreign.alias.test', 'answer "{{ .Name }} 60 IN CNAME a.example.org."') +
    template('IN ANY gone.alias.test', 'answer "{{ .Name }} 60 IN CNAME gone.deny.test"') +
    template('IN ANY', 'answer "{{ .Name }} 60 IN CNAME here.alias.test"'),
  {
    question: 'a.alias.test A',
    said: `NOERROR aa | ANSWER a.${CNAME} here.alias.test., here.alias.test. 60 IN A 192.0.2.1`,
  },
  {
    // Other types than addresses have aliases, too.
    question: 'a.alias.test TXT',
    said: `NOERROR aa | ANSWER a.${CNAME} here.alias.test., here.alias.test. 60 IN TXT "text"`,
    theirs: `NOERROR aa | ANSWER a.${CNAME} here.alias.test.`,
  },
  { question: 'a.alias.test CNAME', said: `NOERROR aa | ANSWER a.${CNAME} here.alias.test.` },
  { question: 'foreign.alias.test A', said: `NOERROR aa | ANSWER foreign.${CNAME} a.example.org.` },
  {
    // RFC 6604 § 3.
    question: 'gone.alias.test A',
    said: `NXDOMAIN aa | ANSWER gone.${CNAME} gone.deny.test. | AUTHORITY ${SOA}`,
    theirs: `NOERROR aa | ANSWER gone.${CNAME} gone.deny.test.`,
  },
);

const FAILURES = of(
  'failures.test',
  template('IN A', 'answer "{{ .Name }} A {{ index .Match 4 }}"') +
    template('IN AAAA', 'answer "{{ .Name }} AAAA {{ .Remote }}"') +
    template('IN TXT', 'answer "{{ .Name }} FOO {{ .Remote }}"'),
  { question: 'a.failures.test A', said: 'SERVFAIL' },
  { question: 'a.failures.test AAAA', said: 'SERVFAIL' },
  { question: 'a.failures.test TXT', said: 'SERVFAIL' },
);

const CONDITIONS = of(
  'conditions.test',
  template(
    'IN A',
    'match ^ip-(?P<ip>[0-9-]+)[.]',
    "var ip replace(group('ip'), '-', '.')",
    `expr "any(['10.0.0.0/8', '192.0.2.0/24'], incidr(ip, #))"`,
    'answer "{{ .Name }} A {{ .Var.ip }}"',
  ) +
    template(
      'IN TXT',
      'match ^(.)(?P<b>.)',
      "var x group(0) + group(2) + group('2') + group('b') + group(7) + group('y')",
      'var y len(x) + 1',
      'var z y > 3',
      "expr z and name() == 'ab.conditions.test.' and type() == 'TXT'",
      "expr client_ip() == '127.0.0.1' && bufsize() >= 512",
      'answer "{{ .Name }} TXT {{ .Var.x }} {{ .Var.y }} {{ .Var.z }}"',
      'fallthrough',
    ) +
    template('IN TXT', 'rcode NXDOMAIN'),
  {
    question: 'ip-10-1-2-3.conditions.test A',
    said: 'NOERROR aa | ANSWER ip-10-1-2-3.conditions.test. 3600 IN A 10.1.2.3',
  },
  { question: 'ip-11-1-2-3.conditions.test A', said: 'SERVFAIL' },
  { question: 'ip-10.conditions.test A', said: 'SERVFAIL' },
  {
    question: 'ab.conditions.test TXT',
    said: 'NOERROR aa | ANSWER ab.conditions.test. 3600 IN TXT "abbbb" "6" "true"',
  },
  { question: 'ac.conditions.test TXT', said: 'NXDOMAIN aa' },
);

export const ROWS: readonly TemplateRow[] = [
  ...ADDRESSES,
  ...DENIALS,
  ...CODES,
  ...SECTIONS,
  ...ORDER,
  ...VALUES,
  ...EMPTY,
  ...ALIASES,
  ...FAILURES,
  ...CONDITIONS,
];

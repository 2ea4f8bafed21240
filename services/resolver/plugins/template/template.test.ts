import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE, rcodeName } from '../../../../libs/dns/iana.ts';
import type { Message } from '../../../../libs/dns/message.ts';
import { formatRecord, parseRecord } from '../../../../libs/dns/presentation.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import type { Next, Query } from '../../query.ts';
import { QueryFailure } from '../../query-failure.ts';
import { emptyResponse, type Response } from '../../response.ts';
import { setup } from './setup.ts';

/** Who comes after it: nobody knows any name. */
const next: Next = async () => ({ ...emptyResponse(RCODE.NXDOMAIN), plugin: 'next' });

function given(lines: string) {
  const { context, lines: written } = setupContext();
  const plugin = setup(directives(lines), context);
  const ask = async (query: Query, after = next) =>
    (await plugin.handle?.(query, after)) ?? assert.fail('it has no handler');
  return { plugin, ask, written, metrics: context.metrics };
}

/** One line: the response code, AA, and the records of each section. */
function lineOf({ rcode, authoritative, answer, authority, additional, plugin }: Response): string {
  if (plugin === 'next') return 'next';
  const sections = { answer, authority, additional };
  return [
    `${rcodeName(rcode)}${authoritative ? ' aa' : ''}`,
    ...Object.entries(sections).flatMap(([name, records]) =>
      records.length === 0 ? [] : `${name} ${records.map(formatRecord).join(', ')}`,
    ),
  ].join(' | ');
}

async function said(lines: string, question: string, change: Partial<Message> = {}) {
  const [name = '', type = ''] = question.split(' ');
  return lineOf(await given(lines).ask(queryOf(name, type, change)));
}

const template = (head: string, ...lines: readonly string[]) =>
  `template ${head} {\n${lines.join('\n')}\n}`;

const IP = 'match (^|[.])ip-(?P<a>[0-9]*)-(?P<b>[0-9]*)-(?P<c>[0-9]*)-(?P<d>[0-9]*)[.]example[.]$';
const OF_IP =
  'answer "{{ .Name }} 60 IN A {{ .Group.a }}.{{ .Group.b }}.{{ .Group.c }}.{{ .Group.d }}"';

const OF_B = template('IN A', 'match ^b', 'answer ". 1 A 192.0.2.2"');

/** Lines of a server block, a question, and what is said. */
const ROWS: readonly (readonly [lines: string, question: string, said: string])[] = [
  [
    template('IN A example', IP, OF_IP),
    'IP-10-0-0-7.example. A',
    'NOERROR aa | answer ip-10-0-0-7.example. 60 IN A 10.0.0.7',
  ],
  [template('IN A example', IP, OF_IP), 'www.example. A', 'SERVFAIL'],
  [template('IN A example', IP, OF_IP), 'ip-10-0-0-7.example. AAAA', 'next'],
  [template('IN A example', IP, OF_IP), 'ip-10-0-0-7.example.org. A', 'next'],
  [template('IN A example', IP, OF_IP, 'fallthrough'), 'www.example. A', 'next'],
  [template('IN A example', IP, OF_IP, 'fallthrough a.example'), 'www.example. A', 'SERVFAIL'],
  [template('IN A example', IP, OF_IP, 'fallthrough a.example'), 'b.a.example. A', 'next'],
  [template('ANY ANY', 'rcode NXDOMAIN'), 'a. MX', 'NXDOMAIN aa'],
  [template('IN ANY', 'rcode NXDOMAIN'), 'a. ANY', 'NXDOMAIN aa'],
  [
    template('IN A', 'answer "{{ .Name }} A 192.0.2.1"'),
    'a. ANY',
    'NOERROR aa | answer a. 3600 IN A 192.0.2.1',
  ],
  [template('IN AAAA', 'rcode NOERROR'), 'a. AAAA', 'NOERROR aa'],
  [template('IN AAAA'), 'a. AAAA', 'NOERROR aa'],
  [template('IN A', 'rcode SERVFAIL', 'authority ". 60 IN NS a."'), 'a. A', 'SERVFAIL'],
  [template('IN A', 'rcode REFUSED'), 'a. A', 'REFUSED aa'],
  [
    template(
      'IN ANY invalid',
      'rcode NXDOMAIN',
      'authority "invalid. 60 {{ .Class }} SOA ns.invalid. hostmaster.invalid. (1 60 60 60 60)"',
    ),
    'a.invalid. A',
    'NXDOMAIN aa | authority invalid. 60 IN SOA ns.invalid. hostmaster.invalid. 1 60 60 60 60',
  ],
  [
    template(
      'IN MX example',
      'answer "{{ .Name }} 1h IN MX 10 mail" "{{ .Name }} IN 60 MX 20 mail2."',
      'additional "mail. 60 IN A 192.0.2.1"',
      'authority "{{ .Zone }} 60 IN NS ns0.{{ .Zone }}"',
    ),
    'a.example. MX',
    'NOERROR aa | answer a.example. 3600 IN MX 10 mail., a.example. 60 IN MX 20 mail2.' +
      ' | authority example. 60 IN NS ns0.example. | additional mail. 60 IN A 192.0.2.1',
  ],
  // The first pattern that is found counts.
  [
    template(
      'IN TXT',
      'match ^(?P<x>b) ^(?P<x>a)',
      'match ^a(?P<y>.)',
      'answer "{{ .Name }} 1 TXT {{ .Group.x }}"',
    ),
    'ab. TXT',
    'NOERROR aa | answer ab. 1 IN TXT "a"',
  ],
  [
    `${template('IN A', 'match ^a', 'answer ". 1 A 192.0.2.1"', 'fallthrough')}\n${OF_B}`,
    'b. A',
    'NOERROR aa | answer . 1 IN A 192.0.2.2',
  ],
  [`${template('IN A', 'match ^a', 'answer ". 1 A 192.0.2.1"')}\n${OF_B}`, 'b. A', 'SERVFAIL'],
  [
    template(
      'IN TXT',
      'answer "{{ .Name }} 1 TXT {{ .Question.Name }} {{ .Question.Qtype }} {{ .Type }} ' +
        '{{ .Remote }} {{ .Message.Id }} {{ .Message.RecursionDesired }} {{ .Regex }} ' +
        '{{ (index .Message.Question 0).Qclass }} \\"{{ .Meta \\"a/b\\" }}\\""',
    ),
    'Ab. TXT',
    'NOERROR aa | answer ab. 1 IN TXT ' +
      ['Ab.', '16', 'TXT', '192.0.2.7', '4660', 'true', '.*', '1', '']
        .map((word) => `"${word}"`)
        .join(' '),
  ],
  [
    template('IN A', 'answer "{{ if eq .Name \\"a.\\" }}a. 1 A 192.0.2.1{{ end }}"'),
    'b. A',
    'NOERROR aa',
  ],
  [
    template('IN A', 'answer "{{ range 3 }} {{ $.Name }} 1 A 192.0.2.{{ . }}\n {{ end }}"'),
    'a. A',
    'NOERROR aa | answer a. 1 IN A 192.0.2.0, a. 1 IN A 192.0.2.1, a. 1 IN A 192.0.2.2',
  ],
  [
    template('IN TYPE65280', String.raw`answer "{{ .Name }} 1 {{ .Type }} \# 1 ff"`),
    'a. TYPE65280',
    String.raw`NOERROR aa | answer a. 1 IN TYPE65280 \# 1 ff`,
  ],
  [
    template(
      'IN A',
      'match ^([0-9a-f]+)',
      'answer "{{ .Name }} 1 A 192.0.2.{{ parseInt (index .Match 1) 16 8 }}"',
    ),
    '1f. A',
    'NOERROR aa | answer 1f. 1 IN A 192.0.2.31',
  ],
  [template('IN A', 'upstream 192.0.2.1', 'rcode NXDOMAIN'), 'a. A', 'NXDOMAIN aa'],
];

describe('template', () => {
  for (const [lines, question, line] of ROWS) {
    test(`${lines.replaceAll(/\s+/g, ' ')}: ${question}`, async () => {
      assert.equal(await said(lines, question), line);
    });
  }
});

const LOCAL = [
  'match ^ip-(?P<ip>[0-9-]+)[.]',
  "var ip replace(group('ip'), '-', '.')",
  "expr \"any(['10.0.0.0/8', '192.0.2.0/24'], incidr(ip, #))\"",
  'answer "{{ .Name }} A {{ .Var.ip }}"',
];

describe('var and expr of a template', () => {
  const rows: readonly (readonly [lines: string, question: string, said: string])[] = [
    [template('IN A', ...LOCAL), 'ip-10-1-2-3.a. A', 'answer ip-10-1-2-3.a. 3600 IN A 10.1.2.3'],
    [template('IN A', ...LOCAL), 'ip-11-1-2-3.a. A', 'SERVFAIL'],
    [template('IN A', ...LOCAL, 'fallthrough'), 'ip-11-1-2-3.a. A', 'next'],
    // An address that is none.
    [template('IN A', ...LOCAL, 'fallthrough'), 'ip-10-1.a. A', 'SERVFAIL'],
    [
      template(
        'IN TXT',
        'match ^(.)(.)',
        "var x group(0) + group(2) + group('2') + group(7) + group('y')",
        'var y len(x) + 1',
        'var z y > 3',
        "expr z and name() == 'ab.' and type() == 'TXT' and client_ip() == '192.0.2.7'",
        'answer "{{ .Name }} TXT {{ .Var.x }} {{ .Var.y }} {{ .Var.z }}"',
      ),
      'ab. TXT',
      'answer ab. 3600 IN TXT "abbb" "5" "true"',
    ],
  ];
  for (const [lines, question, line] of rows) {
    test(`${lines.replaceAll(/\s+/g, ' ')}: ${question}`, async () => {
      assert.ok((await said(lines, question)).endsWith(line));
    });
  }
});

/** What the rest of the server says of other names. */
const SERVER: Readonly<Record<string, Partial<Response>>> = {
  'c. A': { answer: [parseRecord('C. 5 IN A 192.0.2.9')] },
  'gone. A': { rcode: RCODE.NXDOMAIN, authority: [parseRecord('. 5 IN SOA a. b. 1 1 1 1 1')] },
  'broken. A': { rcode: RCODE.SERVFAIL },
  'foreign. A': { rcode: RCODE.REFUSED },
};

describe('an alias in the answer', () => {
  const alias = (...targets: readonly string[]) => template('IN ANY', ...targets);
  const rows: readonly (readonly [lines: string, type: string, said: string, asked: string])[] = [
    [alias('answer "b 60 CNAME C"'), 'A', 'answer b. 60 IN CNAME C., C. 5 IN A 192.0.2.9', 'c. A'],
    [
      alias('answer "b 60 CNAME gone"'),
      'A',
      'NXDOMAIN aa | answer b. 60 IN CNAME gone. | authority . 5 IN SOA a. b. 1 1 1 1 1',
      'gone. A',
    ],
    [alias('answer "b 60 CNAME broken"'), 'A', 'SERVFAIL', 'broken. A'],
    [
      alias('answer "b 60 CNAME foreign"'),
      'A',
      'NOERROR aa | answer b. 60 IN CNAME foreign.',
      'foreign. A',
    ],
    // The last one is asked, where the answer does not have it.
    [
      alias('answer "b 60 CNAME x" "x 60 CNAME c"'),
      'A',
      'answer b. 60 IN CNAME x., x. 60 IN CNAME c., C. 5 IN A 192.0.2.9',
      'c. A',
    ],
    [
      alias('answer "b 60 CNAME x" "x 60 A 192.0.2.1"'),
      'A',
      'answer b. 60 IN CNAME x., x. 60 IN A 192.0.2.1',
      '',
    ],
    [alias('answer "b 60 CNAME B"'), 'A', 'answer b. 60 IN CNAME B.', ''],
    [alias('answer "b 60 CNAME c"'), 'CNAME', 'answer b. 60 IN CNAME c.', ''],
    [alias('answer "b 60 CNAME c"'), 'ANY', 'answer b. 60 IN CNAME c.', ''],
    [alias('answer "x 60 CNAME c"'), 'A', 'answer x. 60 IN CNAME c.', ''],
    [
      alias('answer "b 60 CNAME c"', 'rcode NXDOMAIN'),
      'A',
      'NXDOMAIN aa | answer b. 60 IN CNAME c.',
      '',
    ],
  ];
  for (const [lines, type, line, target] of rows) {
    test(`${lines.replaceAll(/\s+/g, ' ')}: ${type}`, async () => {
      const asked: string[] = [];
      const askServer: Next = async (query) => {
        const question = `${query.name} ${query.question.type}`;
        asked.push(question);
        return { ...emptyResponse(RCODE.NOERROR), ...SERVER[question] };
      };
      const response = await given(lines).ask({ ...queryOf('b.', type), askServer });
      assert.match(
        lineOf(response),
        new RegExp(`${line.replaceAll('.', '[.]').replaceAll('|', '[|]')}$`),
      );
      assert.deepEqual(asked, target === '' ? [] : [target]);
    });
  }
});

describe('a template that fails', () => {
  const rows: readonly (readonly [text: string, why: RegExp, metric: string])[] = [
    ['{{ index .Match 7 }} A 192.0.2.1', /the index 7 is out of range/, 'template_failures_total'],
    ['{{ range 100000 }}{{ end }}', /too many steps/, 'template_failures_total'],
    ['{{ .Name }} A {{ .Remote }}.1', /192\.0\.2\.7\.1/, 'rr_failures_total'],
    ['{{ .Name }} A', /it has no rdata/, 'rr_failures_total'],
    [
      '{{ .Name }} CH A 192.0.2.1',
      /class "CH": it is not served; expected IN/,
      'rr_failures_total',
    ],
  ];
  for (const [text, why, metric] of rows) {
    test(`is a failure of the query, and counted: ${text}`, async () => {
      const { ask, metrics } = given(template('IN A', `answer "${text}"`));
      await assert.rejects(ask(queryOf('a.', 'A')), (error) => {
        assert.ok(error instanceof QueryFailure);
        assert.match(error.message, why);
        return error.message.startsWith(`Cannot make a record of the answer "${text}"`);
      });
      const labels = `server="dns://:53",zone=".",view="",class="IN",type="A",section="answer"`;
      const line = `coredns_template_${metric}{${labels},template="${text}"} 1`;
      assert.ok((await metrics.text()).includes(line));
    });
  }
});

describe('template', () => {
  test('counts what it answers, types without a name together', async () => {
    const { ask, metrics } = given(template('IN ANY example', 'rcode NXDOMAIN'));
    for (const type of ['A', 'TYPE65280', 'TYPE65281']) await ask(queryOf('a.example.', type));
    await ask(queryOf('a.', 'A'));
    const labels = 'server="dns://:53",zone="example.",view="",class="IN"';
    const counted = (await metrics.text()).match(/^coredns_template_matches_total.*$/gm);
    assert.deepEqual(counted, [
      `coredns_template_matches_total{${labels},type="A"} 1`,
      `coredns_template_matches_total{${labels},type=""} 2`,
    ]);
  });

  test('tells an extended error', async () => {
    const { ask } = given(template('IN A', 'ederror 21 "not here"'));
    const { options } = await ask(queryOf('a.', 'A'));
    const [option] = options;
    assert.equal(option?.code, 15);
    assert.equal(Buffer.from(option?.data ?? []).toString('latin1'), '\x00\x15not here');
  });

  test('reads what metadata collected', async () => {
    const { ask } = given(template('IN TXT', 'answer "{{ .Name }} TXT {{ .Meta \\"a/b\\" }}"'));
    const metadata = new Map([['a/b', () => 'fact']]);
    const response = await ask({ ...queryOf('a.', 'TXT'), metadata });
    assert.equal(lineOf(response), 'NOERROR aa | answer a. 3600 IN TXT "fact"');
  });

  test('answers class CH, where a rule is for it', () => {
    const lines = template('CH TXT bind', 'answer "{{ .Name }} 0 {{ .Class }} TXT none"');
    const { plugin } = given(`${template('IN ANY', 'rcode NXDOMAIN')}\n${lines}`);
    const chaos = (name: string) => {
      const query = queryOf(name, 'TXT');
      const question = { ...query.question, class: 3 };
      return plugin.chaos?.(question, { ...query, question });
    };
    const response = chaos('version.bind.');
    assert.ok(response);
    assert.equal(lineOf(response), 'NOERROR aa | answer version.bind. 0 IN TXT "none"');
    assert.equal(chaos('version.server.'), undefined);
  });

  test('a failure in class CH is SERVFAIL, and written', () => {
    const { plugin, written } = given(template('CH TXT', 'answer "{{ .Name }} TXT"'));
    const query = queryOf('a.', 'TXT');
    const question = { ...query.question, class: 3 };
    assert.equal(plugin.chaos?.(question, { ...query, question })?.rcode, RCODE.SERVFAIL);
    assert.match(written.join(''), /plugin\/template: a\. TXT: Cannot make a record of the answer/);
  });
});

describe('template leaves to the table', () => {
  const leaves = (lines: string, zones: readonly string[]) => {
    const { seesEveryQuery, chainNames } = setup(
      directives(lines),
      setupContext({ zones }).context,
    );
    const names = ['a.example.org.', 'example.org.', 'web.cluster.local.'];
    return [seesEveryQuery, names.filter((name) => !chainNames?.has(name))];
  };
  const both = ['example.org.', 'cluster.local.'];

  test('nothing, where it is for all zones of its server block', () => {
    assert.deepEqual(leaves('template IN A', ['.']), [true, []]);
    assert.deepEqual(leaves('template IN A', both), [true, []]);
    const each = 'template IN A example.org\ntemplate IN A cluster.local';
    assert.deepEqual(leaves(each, both), [true, []]);
  });

  test('what is in none of its zones', () => {
    const outside = [false, ['web.cluster.local.']];
    assert.deepEqual(leaves('template IN A example.org', both), outside);
    assert.deepEqual(leaves('template IN A example.org', ['.']), outside);
  });
});

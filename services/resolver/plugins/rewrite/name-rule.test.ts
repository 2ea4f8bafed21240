import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { lowerName } from '../../../../libs/dns/name.ts';
import { parseRecord } from '../../../../libs/dns/presentation.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { lastOf, recordsOf, rewriting, type World } from '../../../../test/plugin/rewriting.ts';
import { emptyResponse } from '../../response.ts';

describe('rewrite name', () => {
  /** Rule, what the client asks, what is asked below. */
  const asked: readonly (readonly [rule: string, name: string, below: string])[] = [
    ['a.example b.example', 'a.example.', 'b.example.'],
    ['exact a.example b.example', 'A.Example.', 'b.example.'],
    ['EXACT A.example. B.example.', 'a.example.', 'b.example.'],
    ['exact a.example b.example', 'x.a.example.', 'x.a.example.'],
    ['exact . a.', '.', 'a.'],
    ['prefix web shop', 'web.example.', 'shop.example.'],
    ['prefix web.a. shop.', 'Web.A.example.', 'shop.example.'],
    ['prefix web shop', 'webs.example.', 'webs.example.'],
    ['prefix web shop', 'a.web.example.', 'a.web.example.'],
    ['suffix .schmoogle.com. .google.com.', 'www.schmoogle.com.', 'www.google.com.'],
    ['suffix .schmoogle.com .google.com', 'www.Schmoogle.com.', 'www.google.com.'],
    ['suffix .schmoogle.com. .google.com.', 'schmoogle.com.', 'schmoogle.com.'],
    ['suffix schmoogle.com. google.com.', 'aschmoogle.com.', 'agoogle.com.'],
    ['suffix example. .', 'a.example.', 'a.'],
    ['suffix . .a.', 'b.', 'b.a.'],
    [
      'substring service.us-west-1.example.org service.us-west-1.consul',
      'ftp.service.us-west-1.example.org.',
      'ftp.service.us-west-1.consul.',
    ],
    ['substring a b', 'a.a.c.', 'b.b.c.'],
    ['substring a b', 'aa.xa.c.', 'ab.xb.c.'],
    ['substring a b', 'ac.', 'ac.'],
    [
      'regex (.*)-(us-west-1)\\.example\\.org {1}.service.{2}.consul',
      'ftp-us-west-1.example.org.',
      'ftp.service.us-west-1.consul.',
    ],
    ['regex ^(.*)\\.a\\.(.*)$ {1}.b.{2}', 'x.a.example.', 'x.b.example.'],
    ['regex ^(.)(.)(.*)$ {2}{1}{3}', 'ab.', 'ba.'],
    ['regex b {0}.c', 'abc.', 'b.c.'],
    ['regex (b)?(x)c {1}{2}.c', 'xc.', 'x.c.'],
    ['regex (?i)WEB Shop', 'web.', 'shop.'],
    ['regex ^b a', 'abc.', 'abc.'],
  ];
  for (const [rule, name, below] of asked) {
    test(`${rule}: ${name} is asked as ${below}`, async () => {
      const { ask, queries } = rewriting(`rewrite name ${rule}`);
      await ask(`${name} AAAA`);
      assert.equal(lastOf(queries).name, below);
      assert.equal(lastOf(queries).question.type, 'AAAA');
    });
  }

  test('says what became the same record once', async () => {
    const world = {
      'example.org. NS': ['example.org. 60 IN NS ns.example.org.', 'example.org. 60 IN NS ns.a.'],
    };
    const rule = 'suffix a. example.org. answer name auto answer value ns.example.org. ns.a.';
    const { ask } = rewriting(`rewrite name ${rule}`, world);
    assert.deepEqual(recordsOf(await ask('a. NS')), ['a. 60 IN NS ns.a.']);
  });

  test('does not cut an escape in two', async () => {
    const { ask, asked } = rewriting('rewrite name suffix .b. .c.');
    await ask(String.raw`a\.b.`);
    await ask(String.raw`a\\.b.`);
    assert.deepEqual(asked(), [String.raw`a\.b. A`, String.raw`a\\.c. A`]);
  });

  test('puts in a group once: what looks like another in it is text', async () => {
    const { ask, queries } = rewriting('rewrite name regex ^(.*)\\.(.)\\.$ {1}.x.{2}');
    await ask('{2}.a.');
    assert.equal(lastOf(queries).name, '{2}.x.a.');
  });

  const invalid: readonly (readonly [rule: string, name: string])[] = [
    ['regex ^(.*)$ .{1}', 'a.'],
    [`prefix a ${'b'.repeat(63)}.${'c'.repeat(63)}`, `a.${'d'.repeat(63)}.${'e'.repeat(63)}.`],
    ['regex ^(.*)\\.a\\.$ {1}{1}', `${'b'.repeat(40)}.a.`],
  ];
  for (const [rule, name] of invalid) {
    test(`${rule.slice(0, 30)}: fails for ${name.slice(0, 20)}, which becomes no name`, async () => {
      await assert.rejects(rewriting(`rewrite name ${rule}`).ask(name), {
        name: 'QueryFailure',
        message: /^plugin\/rewrite: .* became no name: Cannot use the domain name/,
      });
    });
  }
});

describe('rewrite name, a pattern that would cost another engine hours', () => {
  test('is over at once', async () => {
    const { ask, queries } = rewriting('rewrite name regex ^((a|a)*)*(a*)*b$ c');
    const name = `${`${'a'.repeat(63)}.`.repeat(3)}${'a'.repeat(60)}.`;
    await ask(name);
    assert.equal(lastOf(queries).name, name);
  });
});

describe('rewrite name with metadata', () => {
  const rule =
    'rewrite name regex ^([^.]+)\\.example\\.$ {1}.{kubernetes/client-namespace}.svc.cluster.local. metadata';
  const facts = (namespace: string) => ({
    query: { metadata: new Map([['kubernetes/client-namespace', () => namespace]]) },
  });

  test('asks with what is known of the client, and answers as it asked', async () => {
    const { ask, queries } = rewriting(`${rule} answer auto`);
    const response = await ask('Web.example.', facts('Team-A'));
    assert.equal(lastOf(queries).name, 'web.team-a.svc.cluster.local.');
    assert.deepEqual(recordsOf(response), ['Web.example. 60 IN A 192.0.2.1']);
  });

  test('has a fact that no name is made of as octets', async () => {
    const { ask, queries } = rewriting(rule);
    await ask('web.example.', facts('a "b"'));
    const below = String.raw`web.a\032\"b\".svc.cluster.local.`;
    assert.equal(lastOf(queries).name, below);
  });

  test('takes no value for a placeholder', async () => {
    const { ask, queries } = rewriting(rule);
    await ask('web.example.', facts('{1}'));
    assert.equal(lastOf(queries).name, 'web.{1}.svc.cluster.local.');
  });

  test('passes over queries that it knows nothing of, also if it stops', async () => {
    const { ask, asked } = rewriting(`${rule}\nrewrite name suffix .example. .other.`);
    await ask('web.example.');
    await ask('web.example.', facts(''));
    assert.deepEqual(asked(), ['web.other. A', 'web.other. A']);
  });
});

describe('what a client gets of a rewritten name', () => {
  const chain = ['b.example. 60 IN CNAME c.example.', 'c.example. 60 IN A 192.0.2.1'];
  const world: World = {
    'b.example. A': chain,
    'b.example. MX': ['b.example. 60 IN MX 10 x.b.example.'],
    'b.example. SRV': ['b.example. 60 IN SRV 1 2 3 B.Example.'],
    'b.example. NAPTR': ['b.example. 60 IN NAPTR 1 2 "s" "a b" "" b.example.'],
    'b.example. SOA': ['b.example. 60 IN SOA b.example. b.example. 1 2 3 4 5'],
    'b.example. TXT': ['b.example. 60 IN TXT "b.example."'],
    'b.example. PTR': ['b.example. 60 IN PTR \\# 11 0162076578616d706c6500'],
    'b.example. NS': {
      answer: [parseRecord('b.example. 60 IN NS ns.b.example.')],
      authority: [parseRecord('xb.example. 60 IN NS ns.xb.example.')],
      additional: [parseRecord('ns.B.example. 60 IN A 192.0.2.53')],
    },
    'ftp.service.us-west-1.consul. A': ['ftp.service.us-west-1.consul. 0 IN A 10.10.10.10'],
    '30.30.30.10.in-addr.arpa. PTR': [
      '30.30.30.10.in-addr.arpa. 60 IN PTR ftp-us-west-1.service.consul.',
    ],
    'www.b.example. A': [
      'www.b.example. 60 IN CNAME lb.b.example.',
      'lb.b.example. 60 IN A 192.0.2.1',
    ],
  };
  const ftp = 'name regex (.*)-(us-west-1)\\.coredns\\.rocks {1}.service.{2}.consul';
  const rows: readonly (readonly [rule: string, question: string, said: readonly string[]])[] = [
    [
      'name a.example b.example',
      'A.example. A',
      ['A.example. 60 IN CNAME c.example.', chain[1] ?? ''],
    ],
    ['name a.example b.example', 'a.example. MX', ['a.example. 60 IN MX 10 x.a.example.']],
    ['name a.example b.example', 'a.example. SRV', ['a.example. 60 IN SRV 1 2 3 a.example.']],
    [
      'name a.example b.example',
      'a.example. NAPTR',
      ['a.example. 60 IN NAPTR 1 2 "s" "a b" "" a.example.'],
    ],
    [
      'name a.example b.example',
      'a.example. SOA',
      ['a.example. 60 IN SOA a.example. b.example. 1 2 3 4 5'],
    ],
    ['name a.example b.example', 'a.example. TXT', ['a.example. 60 IN TXT "b.example."']],
    [
      'name a.example b.example',
      'a.example. PTR',
      ['a.example. 60 IN PTR \\# 11 0162076578616d706c6500'],
    ],
    [
      'name a.example b.example',
      'a.example. NS',
      [
        'a.example. 60 IN NS ns.a.example.',
        'xb.example. 60 IN NS ns.xb.example.',
        'ns.a.example. 60 IN A 192.0.2.53',
      ],
    ],
    [
      'name exact a.example b.example answer value c\\.example d',
      'a.example. A',
      ['a.example. 60 IN CNAME d.', chain[1] ?? ''],
    ],
    ['name prefix a b', 'a.example. A', chain],
    [
      'name prefix a b answer auto',
      'a.example. A',
      ['a.example. 60 IN CNAME c.example.', chain[1] ?? ''],
    ],
    ['name substring a b answer auto', 'a.example. MX', ['a.example. 60 IN MX 10 x.a.example.']],
    [
      'name regex ^a\\. b.example answer auto',
      'a.example. MX',
      ['a.example. 60 IN MX 10 x.a.example.'],
    ],
    [
      'name suffix .a.test .b.example',
      'www.a.test. A',
      ['www.b.example. 60 IN CNAME lb.b.example.', 'lb.b.example. 60 IN A 192.0.2.1'],
    ],
    [
      'name suffix .a.test .b.example answer auto',
      'WWW.a.test. A',
      ['WWW.a.test. 60 IN CNAME lb.a.test.', 'lb.a.test. 60 IN A 192.0.2.1'],
    ],
    [ftp, 'ftp-us-west-1.coredns.rocks. A', ['ftp.service.us-west-1.consul. 0 IN A 10.10.10.10']],
    [
      `${ftp} answer name (.*)\\.service\\.(us-west-1)\\.consul {1}-{2}.coredns.rocks`,
      'ftp-us-west-1.coredns.rocks. A',
      ['ftp-us-west-1.coredns.rocks. 0 IN A 10.10.10.10'],
    ],
    [
      'name suffix .arpa .arpa answer name auto answer value (.*)\\.service\\.consul\\. {1}.coredns.rocks.',
      '30.30.30.10.in-addr.arpa. PTR',
      ['30.30.30.10.in-addr.arpa. 60 IN PTR ftp-us-west-1.coredns.rocks.'],
    ],
    [
      'name prefix a b answer name ^c\\.(.*) d.{1} name ^b\\.(.*) c.{1} value ^c\\.(.*) e.{1}',
      'a.example. A',
      ['d.example. 60 IN CNAME e.example.', 'd.example. 60 IN A 192.0.2.1'],
    ],
  ];
  for (const [rule, question, said] of rows) {
    test(`${rule}: ${question}`, async () => {
      const { ask } = rewriting(`rewrite ${rule}`, world);
      assert.deepEqual(recordsOf(await ask(question)), said);
    });
  }

  test('several rules are undone from the last one to the first', async () => {
    const { ask, asked } = rewriting(
      'rewrite continue name suffix .a. .b. answer auto\nrewrite continue name suffix .b. .c. answer auto\nrewrite name exact x.c. y.d.',
      { 'y.d. A': ['y.d. 60 IN CNAME z.c.', 'z.c. 60 IN A 192.0.2.1'] },
    );
    const response = await ask('x.a.');
    assert.deepEqual(asked(), ['y.d. A']);
    assert.deepEqual(recordsOf(response), ['x.a. 60 IN CNAME z.a.', 'z.a. 60 IN A 192.0.2.1']);
  });

  test('nobody signed it', async () => {
    const { ask } = rewriting('rewrite name a. b.');
    assert.equal((await ask('a.')).authenticData, false);
    assert.equal((await ask('c.')).authenticData, true);
  });

  test('a zone transfer has the names of the zone that was asked for', async () => {
    const more = [['b. 60 IN NS ns.b.', 'www.b. 60 IN A 192.0.2.1'].map(parseRecord)];
    const soa = parseRecord('b. 60 IN SOA ns.b. root. 1 2 3 4 5');
    const { ask } = rewriting('rewrite name a. b.', { 'b. AXFR': { answer: [soa], more } });
    const response = await ask('a. AXFR');
    assert.deepEqual(recordsOf(response), ['a. 60 IN SOA ns.a. root. 1 2 3 4 5']);
    const streamed = [...(response.more ?? [])].flatMap((answer) =>
      recordsOf({ ...emptyResponse(0), answer }),
    );
    assert.deepEqual(streamed, ['a. 60 IN NS ns.a.', 'www.a. 60 IN A 192.0.2.1']);
  });
});

describe('owners of an answer are as the client asked', () => {
  const label = fc.stringMatching(/^[a-cA-C0-9-]{1,3}$/);
  const part = fc.array(label, { minLength: 1, maxLength: 3 }).map((all) => `${all.join('.')}.`);
  /** A name in any case. */
  const spelt = (name: string, upper: readonly boolean[]) =>
    [...name].map((c, i) => (upper[i % upper.length] ? c.toUpperCase() : c)).join('');
  const cases = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 });

  for (const [kind, sub] of [
    ['exact', fc.constant('')],
    ['suffix', fc.oneof(fc.constant(''), part)],
  ] as const) {
    test(`with ${kind} and answer auto`, async () => {
      const property = fc.asyncProperty(part, part, sub, cases, async (from, to, below, upper) => {
        const { ask, queries, plugin } = rewriting(
          `rewrite name ${kind} ${from} ${to} answer auto`,
        );
        const name = spelt(below + from, upper);
        const response = await ask(name);
        assert.equal(lastOf(queries).name, lowerName(below + to));
        assert.deepEqual(
          response.answer.map((record) => record.name),
          [name],
        );
        // Also where upstream spells it in another way.
        const shouting = await plugin.handle?.(queryOf(name, 'A'), async (query) => ({
          ...emptyResponse(0),
          answer: [parseRecord(`${query.name.toUpperCase()} 60 IN A 192.0.2.1`)],
        }));
        assert.deepEqual(
          shouting?.answer.map((record) => record.name),
          [name],
        );
      });
      await fc.assert(property);
    });
  }
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRecord } from '../../../../libs/dns/presentation.ts';
import { recordsOf, rewriting, saidBy, type World } from '../../../../test/plugin/rewriting.ts';

const SOA = parseRecord('cdn. 30 IN SOA ns. root. 1 2 3 4 30');
const WORLD: World = {
  'my-app.com. A': [
    'my-app.com. 200 IN CNAME my-app.example.',
    'my-app.example. 200 IN CNAME my-app.com.CDN.example.net.',
    'my-app.com.cdn.example.net. 300 IN A 20.2.0.1',
    'my-app.com.cdn.example.net. 300 IN A 20.2.0.2',
  ],
  'my-app.com. CNAME': ['my-app.com. 200 IN CNAME my-app.example.'],
  'my-app.com.other.cdn.com. A': ['my-app.com.other.cdn.com. 100 IN A 30.3.1.2'],
  'plain.com. A': ['plain.com. 60 IN A 192.0.2.1'],
  'none. A': { rcode: 3, authority: [SOA] },
  'failing. A': { rcode: 2 },
  'unserved. A': { rcode: 5 },
};
const HEAD = [
  'my-app.com. 200 IN CNAME my-app.example.',
  'my-app.example. 200 IN CNAME my-app.com.other.cdn.com.',
  'my-app.com.other.cdn.com. 100 IN A 30.3.1.2',
];

describe('rewrite cname', () => {
  const rows: readonly (readonly [rule: string, said: readonly string[]])[] = [
    ['cname regex (.*).cdn.example.net. {1}.other.cdn.com.', HEAD],
    ['cname my-app.com.cdn.example.net my-app.com.other.cdn.com', HEAD],
    ['cname exact My-App.com.cdn.example.net. my-app.com.other.cdn.com.', HEAD],
    ['cname suffix .cdn.example.net .other.cdn.com', HEAD],
    ['cname substring cdn.example.net other.cdn.com', HEAD],
    [
      'cname substring n.example.net r.cdn.com',
      [
        'my-app.com. 200 IN CNAME my-app.example.',
        'my-app.example. 200 IN CNAME my-app.com.cdr.cdn.com.',
        'my-app.com.cdr.cdn.com. 60 IN A 192.0.2.1',
      ],
    ],
    [
      'cname prefix my-app.e plain.e',
      ['my-app.com. 200 IN CNAME plain.example.', 'plain.example. 60 IN A 192.0.2.1'],
    ],
    ['cname other.net none', recordsIn('my-app.com. A')],
    ['cname my-app.example. my-app.example.', recordsIn('my-app.com. A')],
  ];
  for (const [rule, said] of rows) {
    test(rule, async () => {
      const response = await rewriting(`rewrite ${rule}`, WORLD).ask('my-app.com.');
      assert.deepEqual(recordsOf(response), said);
    });
  }

  test('leaves answers without an alias as they are', async () => {
    const { ask, asked } = rewriting('rewrite cname regex .* none.', WORLD);
    assert.equal(saidBy(await ask('plain.com.')), 'NOERROR | plain.com. 60 IN A 192.0.2.1');
    assert.deepEqual(asked(), ['plain.com. A']);
  });

  test('an alias that is asked for by itself is followed nowhere', async () => {
    const { ask, asked } = rewriting('rewrite cname my-app.example. none.', WORLD);
    const said = saidBy(await ask('my-app.com. CNAME'));
    assert.equal(said, 'NOERROR | my-app.com. 200 IN CNAME none.');
    assert.deepEqual(asked(), ['my-app.com. CNAME']);
  });

  const ends: readonly (readonly [target: string, said: string])[] = [
    ['none.', 'NXDOMAIN | my-app.com. 200 IN CNAME none.'],
    ['failing.', 'SERVFAIL'],
    ['unserved.', 'NOERROR | my-app.com. 200 IN CNAME unserved.'],
  ];
  for (const [target, said] of ends) {
    test(`where ${target} is ${said.split(' ')[0]}`, async () => {
      const { ask } = rewriting(`rewrite cname my-app.example. ${target}`, WORLD);
      const response = await ask('my-app.com.');
      assert.equal(saidBy(response), said);
      assert.deepEqual(response.authority, target === 'none.' ? [SOA] : []);
      assert.equal(response.authenticData, false);
    });
  }

  test('asks for the target as the client would, so that all rules are for it', async () => {
    const rules =
      'rewrite continue cname my-app.example. plain.example.\nrewrite name plain.example. plain.com.';
    const { ask, asked } = rewriting(rules, WORLD);
    const response = await ask('my-app.com.');
    assert.deepEqual(asked(), ['my-app.com. A', 'plain.com. A']);
    assert.equal(
      saidBy(response),
      'NOERROR | my-app.com. 200 IN CNAME plain.example. | plain.example. 60 IN A 192.0.2.1',
    );
  });

  test('says the code of the target, and other rules what becomes of that', async () => {
    const rules = (target: string) =>
      `rewrite continue cname my-app.example. ${target}\nrewrite rcode my-app.com. SERVFAIL NXDOMAIN`;
    assert.equal(saidBy(await rewriting(rules('failing.'), WORLD).ask('my-app.com.')), 'NXDOMAIN');
    const { rcode } = await rewriting(rules('plain.com.'), WORLD).ask('my-app.com.');
    assert.equal(rcode, 0);
  });

  test('fails where the target becomes no name', async () => {
    const { ask } = rewriting('rewrite cname regex ^my-app\\.example .{0}', WORLD);
    await assert.rejects(ask('my-app.com.'), /my-app.example. became no name/);
  });
});

function recordsIn(question: string): readonly string[] {
  const records = WORLD[question];
  return records !== undefined && 'at' in records ? records : [];
}

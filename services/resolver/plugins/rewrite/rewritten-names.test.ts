import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parentName } from '../../../../libs/dns/name.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { literalPattern } from './name-pattern.ts';
import { setup } from './setup.ts';

const pluginOf = (rules: string) => setup(directives(rules), setupContext().context);

/** Which of these names the table may have; undefined: none at all. */
function tables(rules: string, names: readonly string[]): readonly string[] | undefined {
  const { seesEveryQuery, chainNames } = pluginOf(rules);
  return seesEveryQuery === true ? undefined : names.filter((name) => !chainNames?.has(name));
}

const NAMES = ['a.example.', 'b.example.', 'web.a.example.', 'b.test.'];

describe('rewrite leaves to the table', () => {
  const rows: readonly (readonly [rules: string, left: readonly string[] | undefined])[] = [
    ['rewrite name a.example b.example', ['b.example.', 'web.a.example.', 'b.test.']],
    ['rewrite name suffix .example .test', ['b.test.']],
    ['rewrite name suffix a.example b.example', ['b.example.', 'b.test.']],
    ['rewrite name prefix b. c.', ['a.example.', 'web.a.example.']],
    ['rewrite name substring .a. .b.', ['a.example.', 'b.example.', 'b.test.']],
    ['rewrite name regex ^web\\. x.test', ['a.example.', 'b.example.', 'b.test.']],
    ['rewrite ttl exact a.example 5', ['b.example.', 'web.a.example.', 'b.test.']],
    ['rewrite rcode suffix .test NXDOMAIN REFUSED', ['a.example.', 'b.example.', 'web.a.example.']],
    [
      'rewrite continue name a.example c.test\nrewrite ttl suffix .test 5',
      ['b.example.', 'web.a.example.'],
    ],
    ['rewrite type ANY HINFO', undefined],
    ['rewrite edns0 local set 0xffee x', undefined],
    ['rewrite cname exact a.example. b.example.', undefined],
    ['rewrite name a.example b.example\nrewrite type ANY HINFO', undefined],
  ];
  for (const [rules, left] of rows) {
    test(rules.replaceAll('\n', '; '), () => assert.deepEqual(tables(rules, NAMES), left));
  }
});

test('where names can not be listed, nothing is denied by the table', () => {
  const denies = (rules: string) => pluginOf(rules).seesEveryDenial !== true;
  const kinds = ['exact', 'suffix', 'prefix', 'substring', 'regex'];
  assert.deepEqual(
    kinds.filter((kind) => denies(`rewrite name ${kind} a.example b.example`)),
    ['exact', 'suffix'],
  );
});

/**
 * The table denies a name by the closest name above it that is there: that must say that more
 * names are below it.
 */
test('a name that is rewritten is never denied by one that is listed', () => {
  const label = fc.constantFrom('a', 'b', 'aa');
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  const from = fc.tuple(fc.boolean(), name).map(([dot, text]) => `${dot ? '.' : ''}${text}`);
  fc.assert(
    fc.property(from, name, (suffix, asked) => {
      const { chainNames } = pluginOf(`rewrite name suffix ${suffix} x.test`);
      if (chainNames === undefined || !chainNames.has(`${asked}.`)) return;
      const listed = new Set(chainNames.list());
      if (listed.has(`${asked}.`)) return;
      for (let at = parentName(`${asked}.`); at !== undefined; at = parentName(at)) {
        assert.ok(chainNames.isOpen(at), at);
        if (listed.has(at)) return;
      }
      assert.fail('no name above it is listed');
    }),
  );
});

test('what is found at once is what the rules are for', () => {
  const label = fc.constantFrom('a', 'b', 'aa', 'a\\.b');
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  const suffix = fc.tuple(fc.boolean(), name).map(([dot, text]) => `${dot ? '.' : ''}${text}`);
  const rule = fc.oneof(
    name.map((from) => ['exact', from] as const),
    suffix.map((from) => ['suffix', from] as const),
    name.map((from) => ['prefix', from] as const),
  );
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 4 }), name, (rules, asked) => {
      const lines = rules.map(([kind, from]) => `rewrite ttl ${kind} ${from} 5`);
      const isOne = rules.some(([kind, from]) => {
        const { matches } = literalPattern(kind, `${from}.`);
        return matches(`${asked}.`);
      });
      assert.equal(pluginOf(lines.join('\n')).chainNames?.has(`${asked}.`), isOne);
    }),
  );
});

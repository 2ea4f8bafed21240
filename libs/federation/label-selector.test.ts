import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type LabelSelector,
  matches,
  parseLabelSelector,
  type Requirement,
} from './label-selector.ts';

const label63 = 'x'.repeat(63);

function parsed(text: string): LabelSelector {
  const result = parseLabelSelector(text);
  assert.equal(result.kind, 'selector', JSON.stringify(result));
  return result.kind === 'selector' ? result.selector : [];
}

/** As kubectl writes them, a text each. */
function printed({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case 'absent':
      return `!${key}`;
    default:
      return `${key} ${operator} (${values.join(',')})`;
  }
}

describe('a label selector', () => {
  const rows: readonly (readonly [text: string, printed: string])[] = [
    ['', ''],
    ['  ', ''],
    ['app', 'app'],
    ['!app', '!app'],
    ['! app', '!app'],
    ['app=web', 'app in (web)'],
    ['app==web', 'app in (web)'],
    ['app = web', 'app in (web)'],
    ['app!=web', 'app notin (web)'],
    ['app=', 'app in ()'],
    ['app!=,tier', 'app notin ()|tier'],
    ['app in (a, b)', 'app in (a,b)'],
    ['app in(a,b,a)', 'app in (a,b)'],
    ['app notin ()', 'app notin ()'],
    ['app in (,a)', 'app in (,a)'],
    ['app in (a,)', 'app in (a,)'],
    ['app in (a,,b)', 'app in (a,,b)'],
    ['app=web,tier in (a, b),!canary', 'app in (web)|tier in (a,b)|!canary'],
    // Operators are words of their own only where an operator may stand.
    ['in in (in,notin)', 'in in (in,notin)'],
    ['notin', 'notin'],
    ['in=notin', 'in in (notin)'],
    ['kubernetes.io/metadata.name=shop', 'kubernetes.io/metadata.name in (shop)'],
    [`a.b-1/A_b.c=${label63}`, `a.b-1/A_b.c in (${label63})`],
  ];
  for (const [text, expected] of rows) {
    test(`${JSON.stringify(text)} is ${expected === '' ? 'everything' : expected}`, () => {
      assert.equal(parsed(text).map(printed).join('|'), expected);
    });
  }

  const refused: readonly (readonly [text: string, why: RegExp])[] = [
    ['app>1', /^">" isn't supported in label selectors$/],
    ['app < 1', /^"<" isn't supported in label selectors$/],
    ['app,', /^it ends with a comma$/],
    [',app', /^it has ",", where a key should be$/],
    ['a,,b', /^it has ",", where a key should be$/],
    ['!', /^it ends, where a key should be$/],
    ['!!app', /^it has "!", where a key should be$/],
    ['!app=web', /^it has "=", where a comma or the end should be$/],
    ['app web', /^it has "web", where =, ==, !=, in or notin should be$/],
    ['app=a b', /^it has "b", where a comma or the end should be$/],
    ['app===a', /^it has "=", where a value should be$/],
    ['app=(a)', /^it has "\(", where a value should be$/],
    ['app in a', /^it has "a", where "\(" should be$/],
    ['app in', /^it ends, where "\(" should be$/],
    ['app in (a', /^it ends, where "," or "\)" should be$/],
    ['app in (a b)', /^it has "b", where "," or "\)" should be$/],
    ['app in (a=b)', /^it has "=", where "," or "\)" should be$/],
    ['-app', /^the key "-app" is none: at most 63 letters/],
    [`${label63}x`, /^the key "x+" is none/],
    ['/app', /^the prefix of the key "\/app" is no DNS subdomain$/],
    ['A.b/app', /^the prefix of the key "A.b\/app" is no DNS subdomain$/],
    [`${'a.'.repeat(126)}aa/app`, /is no DNS subdomain$/],
    ['a/b/c', /^the key "a\/b\/c" is none/],
    ['a/', /^the key "a\/" is none/],
    ['app=a/b', /^the value "a\/b" is none: at most 63 letters/],
    ['app in (a,.b)', /^the value ".b" is none/],
    [`app=${label63}x`, /^the value "x+" is none/],
    ['a,'.repeat(10_000), /^it has more than 16384 characters$/],
  ];
  for (const [text, why] of refused) {
    test(`is not ${JSON.stringify(text.slice(0, 80))}`, () => {
      const result = parseLabelSelector(text);
      assert.match(result.kind === 'refused' ? result.why : 'taken', why);
    });
  }
});

describe('a label selector, whatever it is,', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,20}[A-Za-z0-9])?$/);
  const prefix = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?(\.[a-z0-9]{1,5}){0,2}$/);
  const key = fc.oneof(
    word,
    fc.tuple(prefix, word).map(([before, name]) => `${before}/${name}`),
  );
  const values = fc.uniqueArray(fc.oneof(word, fc.constant('')), { minLength: 1, maxLength: 4 });
  const options = { noNullPrototype: true };
  const requirement: fc.Arbitrary<Requirement> = fc.oneof(
    fc.record({ key, operator: fc.constantFrom('in' as const, 'notin' as const), values }, options),
    fc.record(
      {
        key,
        operator: fc.constantFrom('exists' as const, 'absent' as const),
        values: fc.constant([]),
      },
      options,
    ),
  );
  const selector = fc.array(requirement, { maxLength: 4 });

  test('is read as it is printed', () => {
    fc.assert(
      fc.property(selector, (given) => {
        assert.deepEqual(parsed(given.map(printed).join(',')), given);
      }),
    );
  });

  test('is a selector or refused with a reason, also when it is any text', () => {
    const part = fc.oneof(fc.constantFrom(...'=!(),<> ', 'in', 'notin', 'app'), fc.string());
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const result = parseLabelSelector(parts.join(''));
        if (result.kind === 'refused') assert.ok(result.why.length > 0);
        else assert.deepEqual(parsed(result.selector.map(printed).join(',')), result.selector);
      }),
    );
  });
});

describe('labels match', () => {
  const rows: readonly (readonly [text: string, labels: Record<string, string>, is: boolean])[] = [
    ['', {}, true],
    ['app=web', { app: 'web' }, true],
    ['app=web', { app: 'db' }, false],
    ['app=web', {}, false],
    ['app=', { app: '' }, true],
    ['app!=web', { app: 'web' }, false],
    ['app!=web', { app: 'db' }, true],
    ['app!=web', {}, true],
    ['app in (a,b)', { app: 'b' }, true],
    ['app notin (a,b)', { app: 'b' }, false],
    ['app notin (a,b)', {}, true],
    ['app', { app: '' }, true],
    ['app', {}, false],
    ['!app', {}, true],
    ['!app', { app: '' }, false],
    ['app=web,tier', { app: 'web' }, false],
    ['toString', {}, false],
  ];
  for (const [text, labels, is] of rows) {
    test(`${JSON.stringify(labels)} ${is ? 'matches' : 'does not match'} ${text || 'nothing'}`, () => {
      assert.equal(matches(parsed(text), labels), is);
    });
  }

  test('no labels at all match like empty ones', () => {
    assert.equal(matches(parsed('!app'), undefined), true);
    assert.equal(matches(parsed('app'), undefined), false);
  });
});

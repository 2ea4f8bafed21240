import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compile } from './expression.ts';
import { ExpressionError } from './expression-error.ts';
import type { Functions, Value } from './value.ts';

interface Asked {
  readonly name: string;
  readonly size: number;
}

const FUNCTIONS: Functions<Asked> = {
  name: { parameters: [], type: 'string', call: ({ name }) => name },
  size: { parameters: [], type: 'number', call: ({ size }) => size },
  both: {
    parameters: ['string', 'string'],
    type: 'boolean',
    refuses: ([one]) => (one === '' ? 'the first is empty' : undefined),
    call: (_, one, other) => one === other,
  },
};
const ASKED: Asked = { name: 'a.example.org.', size: 40 };
const evaluate = (text: string): Value => compile(text, FUNCTIONS).evaluate(ASKED);

describe('an expression gives', () => {
  const rows: readonly (readonly [text: string, value: Value])[] = [
    ["name() == 'a.example.org.'", true],
    ["name() matches '^a\\\\..*\\\\.org\\\\.$'", true],
    ["name() not matches '^b'", true],
    ["name() in ['b.', 'a.example.org.']", true],
    ["name() not in ['b.']", true],
    ["not (name() in ['b.'])", true],
    ['name() startsWith "a." && name() endsWith ".org."', true],
    ["name() contains 'sample' or size() > 39", true],
    ['!(size() >= 40)', false],
    ['size() % 7 == 5 and size() - 1 * 2 == 38', true],
    ['2 ** 3 ** 2', 512],
    ['-2 ** 2', -4],
    ['size() > 100 ? "large" : size() > 10 ? "middle" : "small"', 'middle'],
    ["both(name(), 'a.' + 'example.org.')", true],
    ['[1, [2, 3]][1][0]', 2],
    ['[1][7] ?? 5', 5],
    ["replace(name(), '.', '-')", 'a-example-org-'],
    ["upper(trim(' a ')) + lower('B')", 'Ab'],
    ["split('a.b', '.')[1] + join(['c', 'd'], '/')", 'bc/d'],
    ["len('abc') + len([1, 2]) + int('7') + int(1.9)", 13],
    ["hasPrefix(name(), 'a.') and not hasSuffix(name(), 'a.') and string(7) == '7'", true],
    ["any(['x.', 'a.example.org.'], # == name())", true],
    ['all([1, 2, 3], {# < size()}) && none([1, 2], # > 2)', true],
    ['all([1, 2, 3], # > 1) or any([], true)', false],
    ["any(['1', '2'], any(['2', '3'], # == '3') and # == '2')", true],
    ['1 // what # says', 1],
    ['[1, 2] == [1, 2]', true],
    ['0x10 + 1_000', 1016],
    ["'it\\'s' + `\\d`", "it's\\d"],
    [String.raw`'\x41\u0042\U00000043\u{44}\105\\d\t'`, 'ABCDE\\d\t'],
    ["trimSuffix(trimPrefix(name(), 'a.'), '.') + trimSuffix('a', 'b')", 'example.orga'],
    [Array.from({ length: 1000 }, () => '1').join('+'), 1000],
  ];
  for (const [text, value] of rows) {
    test(text.slice(0, 60), () => assert.deepEqual(evaluate(text), value));
  }
});

describe('an expression is refused', () => {
  const rows: readonly (readonly [text: string, why: string])[] = [
    ['', '"the end" at character 1 is not a value'],
    ['name(', '"the end" at character 6 is not a value'],
    ['name() ==', '"the end" at character 10 is not a value'],
    ['name() size()', '"size" at character 8 is not an operator'],
    ['name', '"name" at character 1 is no value: name() may be'],
    ['#', '"#" at character 1 is in no any(), all() or none()'],
    ['any([1])', 'any() at character 1 has 1 values of 2'],
    ["any('a', true)", 'any() has a string at character 5, not a list'],
    ['any([1], 2)', 'any() has a number at character 10, not a boolean'],
    [
      'any([1], any([1], any([1], true)))',
      'any() at character 19 is deeper than 2 within each other',
    ],
    ["replace('a', 'b')", 'replace() at character 1 has 2 values of 3'],
    ['nane()', 'nane() at character 1 is none of both, name, size'],
    ["both('a')", 'both() at character 1 has 1 values of 2'],
    ["both('', 'a')", 'both() at character 1: the first is empty'],
    ["both('a', 1)", 'both() has a number at character 11, not a string'],
    ["size() == 'a'", '"==" has a string at character 11, not a number'],
    ['size() matches "a"', '"matches" has a number at character 1, not a string'],
    ['name() matches name()', '"matches" has no string at character 16'],
    ["name() matches '('", 'its pattern at character 16 is none: missing closing ): `(`'],
    ['size() and true', '"and" has a number at character 1, not a boolean'],
    ['"a', 'nothing begins with """ at character 1'],
    ['not name()', '"not" has a string at character 5, not a boolean'],
    ['1 not 2', '"2" at character 7 is not an operator after "not"'],
    [`${'('.repeat(200)}1`, 'it is deeper than 100'],
    [`${'!'.repeat(200)}true`, 'it is deeper than 100'],
    [`1${'+1'.repeat(1001)}`, 'it has more than 1000 operators'],
    [`1${'**1'.repeat(1001)}`, 'it has more than 1000 operators'],
    [`[1]${'[0]'.repeat(1001)}`, 'it has more than 1000 operators'],
    [
      String.raw`name() matches '^\d+'`,
      String.raw`"\d" is no escape, in the text at character 16: a backslash is "\\" there`,
    ],
    [' '.repeat(10_001), 'it has 10001 characters of 10000'],
  ];
  for (const [text, message] of rows) {
    test(text.slice(0, 40), () => {
      assert.throws(() => compile(text, FUNCTIONS), { name: 'ExpressionError', message });
    });
  }

  test('and never breaks, whatever it is', () => {
    const words = fc.constantFrom(
      '(',
      ')',
      '[',
      ']',
      'name()',
      'not',
      '==',
      '1',
      "'a'",
      '?',
      ':',
      '#',
      'any(',
      '{',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(words).map((some) => some.join(' ')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          compile(text, FUNCTIONS).evaluate(ASKED);
        } catch (error) {
          assert.ok(error instanceof ExpressionError, String(error));
        }
      }),
    );
  });
});

test('the other side of an operator is not asked where it does not matter', () => {
  const functions: Functions<undefined> = {
    fails: {
      parameters: [],
      type: 'boolean',
      call: () => {
        throw new ExpressionError('asked');
      },
    },
  };
  assert.equal(compile('true || fails()', functions).evaluate(undefined), true);
  assert.equal(compile('false && fails()', functions).evaluate(undefined), false);
  assert.throws(() => compile('true && fails()', functions).evaluate(undefined), /asked/);
});

test('variables are names without brackets', () => {
  const variables = { a: compile("name() + '!'", FUNCTIONS) };
  assert.equal(compile("a + 'b'", FUNCTIONS, variables).evaluate(ASKED), 'a.example.org.!b');
  assert.equal(compile('a', FUNCTIONS, variables).type, 'string');
});

describe('a text does not grow without end', () => {
  const grown = (text: string, times: number) => {
    let variable = compile("'0123456789'", FUNCTIONS);
    for (; times > 0; times--) variable = compile(text, FUNCTIONS, { a: variable });
    return () => variable.evaluate(ASKED);
  };
  for (const text of ['a + a', "replace(a, '0', a)", "replace(a, '', a)", 'join([a, a, a], a)']) {
    test(text, () => {
      assert.throws(grown(text, 20), /a text has \d+ characters of 65536/);
    });
  }
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compilePattern, readPattern } from './pattern.ts';

const found: readonly (readonly [source: string, text: string, groups: readonly string[]])[] = [
  ['b+', 'abbbc', ['bbb']],
  ['^(.*)\\.svc\\.(.*)$', 'a.b.svc.c.', ['a.b.svc.c.', 'a.b', 'c.']],
  ['(?P<a>[0-9]+)-(?P<b>[0-9]+)', 'ip-10-7', ['10-7', '10', '7']],
  ['(?i)WEB(x)?', 'web.', ['web', '']],
  ['[[:alpha:]]+', '1ab2', ['ab']],
  ['\\pN+\\z', 'a7', ['7']],
  ['\\Qa.b\\E', 'axb a.b', ['a.b']],
  ['a|ab', 'ab', ['a']],
];

describe('a pattern', () => {
  for (const [source, text, groups] of found) {
    test(`${source} finds ${JSON.stringify(groups)} in ${text}`, () => {
      assert.deepEqual(compilePattern(source).find(text)?.groups, groups);
      assert.equal(compilePattern(source).test(text), true);
    });
  }

  test('finds nothing where it is not', () => {
    assert.equal(compilePattern('^b').find('ab'), undefined);
    assert.equal(compilePattern('^b').test('ab'), false);
  });

  test('says where it found it, and which groups have names', () => {
    const pattern = compilePattern('(x)(?P<last>y)');
    assert.deepEqual(pattern.find('axy'), { start: 1, end: 3, groups: ['xy', 'x', 'y'] });
    assert.equal(pattern.groups, 2);
    assert.deepEqual([...pattern.names], [['last', 2]]);
    assert.equal(pattern.source, '(x)(?P<last>y)');
  });

  // An engine that backtracks would not come to an end.
  test('takes no longer for a text that was made to cost', () => {
    assert.equal(compilePattern('^((a|a)*)*(a*)*b$').find('a'.repeat(255)), undefined);
  });
});

describe('readPattern', () => {
  const place = { file: 'Corefile', line: 3 };
  const refused: readonly (readonly [source: string, message: RegExp])[] = [
    ['a(b', /Corefile:3: Cannot read the pattern "a\(b": missing closing \): `a\(b`; exp/],
    ['(?=a)', /invalid or unsupported Perl syntax: `\(\?=`; expected a regular expression of RE2/],
    ['(a)\\1', /invalid escape sequence: `\\1`/],
    ['a{1001}', /invalid repeat count: `\{1001\}`/],
    ['a'.repeat(10_001), /it has 10001 characters of 10000/],
    ['x{1000}'.repeat(11), /it is too large, 11002 instructions of 10000/],
  ];
  for (const [text, message] of refused) {
    test(`refuses ${text.slice(0, 20)}`, () => {
      assert.throws(() => readPattern({ text, ...place }), message);
    });
  }

  test('reads others', () => {
    assert.equal(readPattern({ text: 'a.c', ...place }).test('xabc'), true);
  });
});

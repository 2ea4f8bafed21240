import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { plain } from '../questions.ts';
import { setsOption } from './rewrite-rules.ts';

const EDNS = 'edns0 local set 0xffee hello';

describe('the option of a rule for EDNS goes upstream', () => {
  const rows: readonly (readonly [is: boolean, question: string, ...rules: readonly string[]])[] = [
    [false, 'a.test. A'],
    [false, 'a.test. A', 'ttl regex .* 40-'],
    [true, 'a.test. A', EDNS, 'ttl regex .* 40-'],
    [false, 'a.test. A', 'ttl regex .* 40-', EDNS],
    [true, 'a.test. A', 'name a.example.net a.example.org', EDNS],
    [false, 'A.example.NET. A', 'name a.example.net a.example.org', EDNS],
    [false, 'a.test. A', 'name exact a.test b.test', EDNS],
    [false, 'a.test. A', 'name suffix test example.org', EDNS],
    [true, 'test. A', 'name suffix .test .example.org', EDNS],
    [false, 'x.a.test. A', 'name prefix x a', EDNS],
    [true, 'x-b.test. A', 'name prefix x- a', EDNS],
    [false, 'x.h1.test. A', 'name substring h1 h2', EDNS],
    [false, 'ca.example.org. A', 'stop name regex ^c(.*)\\.example\\.org\\.$ a{1}.test', EDNS],
    [false, 'a.test. MX', 'type MX TXT', EDNS],
    [true, 'a.test. A', 'type MX TXT', EDNS],
    [false, 'a.test. A', 'cname exact to.test. a.test.', EDNS],
    [true, 'a.test. A', 'continue ttl regex .* 40-', EDNS],
  ];
  for (const [is, question, ...rules] of rows) {
    test(`${is ? '' : 'not '}for ${question} with ${rules.join('; ') || 'no rule'}`, () => {
      const [name = '', type = ''] = question.split(' ');
      const block = ['errors', ...rules.map((rule) => `rewrite ${rule}`)];
      assert.equal(setsOption(block, plain(name, type)), is);
    });
  }
});

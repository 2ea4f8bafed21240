import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { setup } from './setup.ts';

const template = (head: string, ...lines: readonly string[]) =>
  `template ${head} {\n${lines.join('\n')}\n}`;

describe('template refuses', () => {
  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['template', /Corefile:2: Cannot read "template": it has no argument; expected CLASS TYPE/],
    ['template IN', /it has one argument; expected CLASS TYPE/],
    ['template XX A', /Cannot read the class "XX": it is unknown; expected one of IN, CH, ANY/],
    ['template HS A', /the class "HS": nobody is answered in it/],
    ['template IN FOO', /Cannot read the type "FOO": it is unknown/],
    [template('IN A', 'match'), /Corefile:3: Cannot read "match": it has no argument/],
    [template('IN A', 'match a('), /Corefile:3: Cannot read the pattern "a\(": missing closing/],
    [template('IN A', 'match (?=a)'), /expected a regular expression of RE2/],
    [template('IN A', 'answer'), /Cannot read "answer": it has no argument/],
    [
      template('IN A', 'match a', 'answer "{{ .Nam }} A 192.0.2.1"'),
      /Corefile:4: Cannot read the answer "{{ \.Nam }} A 192\.0\.2\.1": "\.Nam" is unknown/,
    ],
    [
      template('IN A', 'match (?P<a>.)(?P<b>.)', 'answer "{{ .Group.c }}"'),
      /"\.Group\.c" is unknown; expected one of \.Group\.a, \.Group\.b$/,
    ],
    [
      template('IN A', 'authority "{{ html .Name }}"'),
      /the authority .* the function "html" is unk/,
    ],
    [
      template('IN A', 'additional "{{ if .Name }}"'),
      /additional .* never ends; expected {{end}}$/,
    ],
    [
      template('IN A', 'answer "a. A 192.0.2"'),
      /Cannot read the answer "a\. A 192\.0\.2": Cannot use/,
    ],
    [template('IN A', 'answer "a. FOO b"'), /Cannot read the type "FOO": it is unknown; expected/],
    [
      template('IN A', 'rcode SUCCESS'),
      /the response code "SUCCESS": it is unknown; expected one of N/,
    ],
    [template('IN A', 'ederror'), /Cannot read "ederror": it has no argument/],
    [template('IN A', 'ederror 65536'), /extended error "65536": it is out of range/],
    [template('IN A', `ederror 1 ${'a'.repeat(256)}`), /it has 256 octets; expected 255 at most/],
    [template('IN A', 'var a'), /Corefile:3: Cannot read "var": it has one argument; expected a n/],
    [
      template('IN A', 'var a-b 1'),
      /Corefile:3: Cannot read the var "a-b 1": "a-b" is no name; exp/,
    ],
    [template('IN A', 'var name 1'), /the var "name 1": "name" is a word of the language/],
    [template('IN A', 'var in 1'), /"in" is a word of the language/],
    [template('IN A', 'var len 1'), /"len" is a word of the language/],
    [template('IN A', 'var a 1', 'var a 2'), /Corefile:4: .* "a" is there already/],
    [template('IN A', 'var a b', 'var b 1'), /"b" at character 1 is no value: b\(\) may be/],
    [template('IN A', 'expr'), /Cannot read "expr": it has no argument; expected an expression/],
    [
      template('IN A', 'expr 1'),
      /the expr "1": it is a number, not true or false; expected an expr/,
    ],
    [template('IN A', "expr incidr(client_ip(), 'x')"), /"x" is no network/],
    [
      template('IN A', 'var a 1', 'answer "{{ .Var.b }}"'),
      /Corefile:4: .* "\.Var\.b" is unknown; expected one of \.Var\.a$/,
    ],
    [template('IN A', 'foo'), /Cannot use the property "foo" of template: it is unknown/],
  ];
  for (const [lines, message] of refused) {
    test(lines.replaceAll(/\s+/g, ' ').slice(0, 80), () => {
      assert.throws(() => setup(directives(lines), setupContext().context), message);
    });
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, sayingOf } from './digest.ts';
import { parseCorefile } from './parser.ts';

const parse = (text: string, file = 'Corefile') =>
  parseCorefile({ file, text }, { environment: { PORT: '53' }, readFiles: () => [] });
const digest = (text: string, file?: string) => digestOf(parse(text, file));
const FILE = '.:53 {\n  forward . 192.0.2.1 {\n    policy random\n  }\n}\n';

test('layout, comments, names of files and what the environment fills in are no difference', () => {
  const other =
    '# the root\n.:{$PORT}\n{\nforward   . "192.0.2.1" {\n\n policy random # one\n }\n}';
  assert.equal(digest(FILE), digest(other, 'other/Corefile'));
  assert.match(digest(FILE), /^[0-9a-f]{128}$/);
});

const changes: readonly (readonly [what: string, from: string, to: string])[] = [
  ['a port', '.:53', '.:54'],
  ['a port that was the default', '.:53', '.'],
  ['a zone', '.:53', 'a.:53'],
  ['a scheme', '.:53', 'tls://.:53'],
  ['an argument', '192.0.2.1', '192.0.2.2'],
  ['words that are one', '. 192.0.2.1', '".192.0.2.1"'],
  ['a property', 'policy', 'policy2'],
  ['a property more', 'policy random', 'policy random\nforce_tcp'],
  ['a directive more', 'forward', 'errors\n forward'],
  ['a server block more', '.:53', 'a.:53 {\n}\n.:53'],
];
for (const [what, from, to] of changes) {
  test(`${what} is a difference`, () => {
    assert.notEqual(digest(FILE), digest(FILE.replace(from, to)));
  });
}

test('server blocks that say the same are told by that', () => {
  const [one, other, third] = parse(
    'a b {\n errors\n}\na b {\n\n errors\n}\nb a {\n errors\n}',
  ).blocks;
  assert.ok(one !== undefined && other !== undefined && third !== undefined);
  assert.equal(sayingOf(one), sayingOf(other));
  assert.notEqual(sayingOf(one), sayingOf(third));
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brokenRules, FILE_LINES_MAX, LINE_COLUMNS_MAX, machinePaths } from './house-rules.ts';
import { readFiles, readSources } from './source-file.ts';

const TEXTS = [
  '*.{md,json,yml}',
  '.ci/*',
  '{libs,services,test,deploy}/**/*.{ts,sh,md,json,jsonl,yml,yaml,conf}',
  'deploy/**/{Dockerfile,Corefile}',
];

describe('the project', () => {
  test('keeps the rules of a file', () => {
    const broken = readSources().flatMap(brokenRules);
    assert.equal(broken.length, 0, broken.join('\n'));
  });

  test('names no path of a machine', () => {
    const named = readFiles(...TEXTS).flatMap(machinePaths);
    assert.equal(named.length, 0, named.join('\n'));
  });
});

describe('brokenRules', () => {
  const find = (text: string, path = 'libs/dns/a.ts') => brokenRules({ path, text }).join('\n');

  test('finds a name that says nothing', () => {
    assert.match(find('', 'libs/dns/utils.ts'), /Cannot name a file "libs\/dns\/utils\.ts"/);
  });

  test('finds a file of one line too many, and none at the limit', () => {
    assert.match(find('\n'.repeat(FILE_LINES_MAX + 1)), /401 lines; expected ≤ 400/);
    assert.equal(find('\n'.repeat(FILE_LINES_MAX)), '');
  });

  test('finds a line of one column too many, and none at the limit', () => {
    assert.match(find(`\n${'x'.repeat(LINE_COLUMNS_MAX + 1)}`), /a\.ts:2: 101 columns/);
    assert.equal(find('é'.repeat(LINE_COLUMNS_MAX)), '');
    assert.equal(find(`// https://example.test/${'x'.repeat(LINE_COLUMNS_MAX)}`), '');
  });

  test('lets a row of a test be wide, and nothing else of a test', () => {
    assert.equal(find(`'${'x'.repeat(LINE_COLUMNS_MAX)}'`, 'libs/dns/a.test.ts'), '');
    assert.match(find(`'${'x'.repeat(LINE_COLUMNS_MAX)}'`), /102 columns/);
    assert.match(find(`// ${'x'.repeat(LINE_COLUMNS_MAX)}`, 'libs/dns/a.test.ts'), /103 columns/);
  });

  for (const silencer of [
    `x as ${'unknown'} as Y`,
    `// @ts-${'expect-error'}`,
    `// biome${'-ignore'} lint/x: y`,
    `test.${'only'}('x')`,
    `{ skip${':'} true }`,
    `t.skip${'()'}`,
  ]) {
    test(`finds ${silencer}`, () => assert.match(find(silencer), /a\.ts:1: it silences/));
  }

  test('takes a skip with a reason', () => {
    assert.equal(find(`t.skip('needs redis-server'); test('x', { skip: reason })`), '');
  });
});

describe('machinePaths', () => {
  const find = (text: string) => machinePaths({ path: 'README.md', text }).join('\n');

  test('finds folders of one machine', () => {
    assert.match(find(`\nsee /${'work'}/main/x`), /README\.md:2/);
    assert.match(find(`/${'home'}/someone/x`), /someone/);
    assert.match(find(`..${'/'}shared/x`), /shared/);
  });

  test('takes folders of the system, of a URL and of a repository', () => {
    assert.equal(
      find('/var/lib/isthmus /tmp/x https://host/work/x deploy/work/x $HOME/work/x'),
      '',
    );
  });
});

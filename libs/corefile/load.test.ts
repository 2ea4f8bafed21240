import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { loadCorefile } from './load.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-corefile-'));
after(() => rmSync(folder, { recursive: true }));

function load(text: string): {
  readonly names: readonly string[];
  readonly warnings: readonly string[];
} {
  const path = join(folder, 'Corefile');
  writeFileSync(path, text);
  const warnings: string[] = [];
  const { blocks } = loadCorefile(path, {}, (warning) => warnings.push(warning));
  return {
    names: blocks.flatMap(({ directives }) => directives.map(({ name }) => name)),
    warnings,
  };
}

describe('loadCorefile', () => {
  writeFileSync(join(folder, 'b.conf'), 'errors');
  writeFileSync(join(folder, 'a.conf'), 'log');
  writeFileSync(join(folder, '.hidden.conf'), 'hidden');

  test('imports a file beside it, and those of a pattern by name', () => {
    assert.deepEqual(load('. {\n import b.conf\n}').names, ['errors']);
    assert.deepEqual(load('. {\n import *.conf\n}').names, ['log', 'errors']);
  });

  test('warns when a pattern matches nothing', () => {
    const { names, warnings } = load('. {\n import *.none\n}');
    assert.deepEqual(names, []);
    assert.match(warnings.join(), /Corefile:2: no file matches the import "\*\.none"/);
  });

  test('warns once of a variable that is not set, wherever it is imported', () => {
    const { names, warnings } = load('(s) {\n log {$NO}x\n}\n. {\n import s\n}\na {\n import s\n}');
    assert.deepEqual(names, ['log', 'log']);
    assert.deepEqual(warnings, [
      `${join(folder, 'Corefile')}:2: {$NO} is not set: "{$NO}x" is read as "x"`,
    ]);
  });

  test('refuses to import what may never end', () => {
    const what = '/dev/zero';
    assert.throws(
      () => load(`. {\n import ${what}\n}`),
      /Corefile:2: Cannot import ".*zero": it is a/,
    );
  });

  test('refuses a file that is missing, a folder and a wide pattern', () => {
    assert.throws(
      () => load('. {\n import none\n}'),
      /Corefile:2: Cannot read the file ".*none": ENOENT/,
    );
    assert.throws(() => load('. {\n import ../\n}'), /Corefile:2: Cannot read the file/);
    assert.throws(
      () => load('. {\n import *a*\n}'),
      /Cannot import "\*a\*": the pattern is too wide/,
    );
  });

  test('refuses a Corefile that is missing', () => {
    assert.throws(
      () => loadCorefile('none', {}, () => {}),
      /^ConfigurationError: none:1: Cannot read/,
    );
  });
});

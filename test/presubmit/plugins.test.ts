import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceFile } from './source-file.ts';
import { readFiles } from './source-file.ts';

const PLUGINS = 'services/resolver/plugins';

/** What every folder of a plugin has: what it is for, its syntax, and proof. */
const PARTS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['README.md', /^README\.md$/],
  ['setup.ts', /^setup\.ts$/],
  ['a test beside the source', /\.test\.ts$/],
];

/** The parts that a plugin lacks, a sentence each. */
function missingParts(files: readonly Pick<SourceFile, 'path'>[]): readonly string[] {
  const plugins = Map.groupBy(files, ({ path }) => path.split('/').slice(0, 4).join('/'));
  return [...plugins].flatMap(([folder, parts]) => {
    const names = parts.map(({ path }) => path.slice(folder.length + 1));
    return PARTS.filter(([, pattern]) => !names.some((name) => pattern.test(name))).map(
      ([what]) => `Cannot find ${what} in "${folder}": expected it in every plugin`,
    );
  });
}

test('every plugin is a folder with its README, its setup and its tests', () => {
  const missing = missingParts(readFiles(`${PLUGINS}/*/**/*`));
  assert.equal(missing.length, 0, missing.join('\n'));
});

test('README and CHANGELOG name every plugin', () => {
  const setups = readFiles(`${PLUGINS}/*/setup.ts`).map(({ path }) => path.split('/')[3]);
  for (const { path, text } of readFiles('{README,CHANGELOG}.md')) {
    const unnamed = setups.filter((plugin) => !text.includes(`\`${plugin}\``));
    assert.deepEqual(unnamed, [], path);
  }
});

test('missingParts names what a plugin lacks', () => {
  const files = ['README.md', 'handler.ts'].map((name) => ({ path: `${PLUGINS}/errors/${name}` }));
  assert.deepEqual(missingParts(files), [
    `Cannot find setup.ts in "${PLUGINS}/errors": expected it in every plugin`,
    `Cannot find a test beside the source in "${PLUGINS}/errors": expected it in every plugin`,
  ]);
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  circleOf,
  importTable,
  LIBRARY_HOMES,
  MAY_IMPORT,
  unknownFolders,
  wrongImports,
} from './import-directions.ts';
import { importsOf, readFiles, readSources } from './source-file.ts';

const sources = readSources();

describe('the project', () => {
  test('imports in the allowed directions only', () => {
    const wrong = wrongImports(sources);
    assert.equal(wrong.length, 0, wrong.join('\n'));
  });

  test('has no folder that the table of directions leaves out', () => {
    assert.deepEqual(unknownFolders(sources), []);
  });

  test('has no circle among its folders', () => {
    assert.deepEqual(circleOf(MAY_IMPORT), []);
  });

  test('has no circle among its files', () => {
    const circle = circleOf(importTable(sources));
    const way = circle.join(' imports\n  ');
    const expected = 'expected what several of them need in the file of the idea that it is';
    assert.equal(circle.length, 0, `Cannot import in a circle:\n  ${way}; ${expected}`);
  });

  test('has no dependency without a home', () => {
    const [manifest] = readFiles('package.json');
    const { dependencies } = JSON.parse(manifest?.text ?? '');
    const homeless = Object.keys(dependencies).filter(
      (name) => !Object.hasOwn(LIBRARY_HOMES, name),
    );
    assert.deepEqual(homeless, [], 'expected a home in LIBRARY_HOMES, or a devDependency');
  });
});

describe('wrongImports', () => {
  const rows: readonly (readonly [path: string, text: string, finds: RegExp | undefined])[] = [
    ['libs/event/a.ts', `import { b } from '../dns/b.ts';`, undefined],
    [
      'libs/dns/a.ts',
      `import type { B } from '../event/b.ts';`,
      /libs\/event is not below libs\/dns/,
    ],
    ['libs/log/a.ts', `import {\n  b,\n} from '../../services/watcher/b.ts';`, /services\/watcher/],
    ['libs/log/a.ts', `export { b } from '../../test/b.ts';`, /it is for tests/],
    ['libs/log/a.test.ts', `import { b } from '../../test/cluster/b.ts';`, undefined],
    ['libs/table/a.ts', `import { connect } from 'nats';`, /its home is libs\/log-jetstream/],
    ['libs/table/a.ts', `const x = await import('ioredis');`, /its home is libs\/store-redis/],
    ['libs/table/a.ts', `import left from 'left-pad';`, /no folder is its home/],
    ['libs/table/a.ts', `import { x } from 'node:fs';`, undefined],
    ['libs/table/a.ts', `new Worker(new URL('../socket/b.ts', import.meta.url))`, /libs\/socket/],
    ['services/watcher/a.ts', `import { b } from '../resolver/b.ts';`, /services\/resolver/],
    ['services/resolver/plugins/a/a.ts', `import { b } from '../b/b.ts';`, /may not know plugin b/],
    ['services/resolver/plugins/a/a.ts', `import { b } from '../../b.ts';`, undefined],
    ['services/isthmus/a.ts', `import { b } from '../resolver/b.ts';`, undefined],
    ['test/e2e/a.ts', `import { b } from '../../services/resolver/b.ts';`, undefined],
  ];
  for (const [path, text, finds] of rows) {
    test(`${finds === undefined ? 'allows' : 'finds'} in ${path}: ${JSON.stringify(text)}`, () => {
      const wrong = wrongImports([{ path, text }]);
      if (finds === undefined) assert.deepEqual(wrong, []);
      else assert.match(wrong.join('\n'), finds);
    });
  }

  test('says the line', () => {
    const file = { path: 'libs/dns/a.ts', text: `// first\n\nimport { b } from '../log/b.ts';\n` };
    assert.match(wrongImports([file])[0] ?? '', /in libs\/dns\/a\.ts:3: /);
  });
});

test('importsOf takes no text for an import', () => {
  const lines = [
    `export const a = 'x';`,
    ` * import { b } from './b.ts'`,
    `  export * from './c.ts'`,
  ];
  const text = lines.join('\n');
  assert.deepEqual(importsOf({ path: 'libs/dns/a.ts', text }), []);
});

test('importTable has imports of types as well, and workers, and nothing outside', () => {
  const lines = [
    `import type { A } from './a.ts';`,
    `import { readFileSync } from 'node:fs';`,
    `const b = await import('../dns/b.ts');`,
  ];
  const files = [{ path: 'libs/log/c.ts', text: lines.join('\n') }];
  assert.deepEqual(importTable(files), { 'libs/log/c.ts': ['libs/log/a.ts', 'libs/dns/b.ts'] });
});

test('circleOf names the circle', () => {
  assert.deepEqual(circleOf({ a: ['b'], b: ['c'], c: ['b'] }), ['b', 'c', 'b']);
});

test('unknownFolders names a folder that the table leaves out', () => {
  assert.deepEqual(unknownFolders([{ path: 'libs/new/a.ts', text: '' }]), ['libs/new']);
});

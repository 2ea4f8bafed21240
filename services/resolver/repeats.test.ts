import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../test/plugin/directives.ts';
import { withoutRepeats } from './repeats.ts';

describe('withoutRepeats', () => {
  const rows: readonly (readonly [what: string, text: string, lines: readonly number[]])[] = [
    ['one', 'reload', [2]],
    ['the first of two that say the same', 'reload 5s\nreload   5s # again', [2]],
    ['both where they do not', 'reload 5s\nreload 6s', [2, 3]],
    ['the first of two with a block', 'health {\n lameduck 5s\n}\nhealth {\n lameduck 5s\n}', [2]],
    ['both where CoreDNS refuses two', 'errors\nerrors', [2, 3]],
    ['both where each counts', 'log a.org\nlog a.org', [2, 3]],
  ];
  for (const [what, text, lines] of rows) {
    test(`gives ${what}`, () => {
      assert.deepEqual(
        withoutRepeats(directives(text)).map(({ line }) => line),
        lines,
      );
    });
  }
});

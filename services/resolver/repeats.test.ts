import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../test/plugin/directives.ts';
import { withoutRepeats } from './repeats.ts';

describe('withoutRepeats', () => {
  const rows: readonly (readonly [what: string, text: string, lines: readonly number[]])[] = [
    ['one', 'reload', [2]],
    ['the first, where CoreDNS reads no other', 'reload 5s\nreload 6s', [2]],
    ['the last, where CoreDNS has that overrule the others', 'cancel 5s\ncancel 6s', [3]],
    ['the last of two that say the same', 'local\nlocal # again', [3]],
    ['both where the plugin puts them together', 'health :1\nhealth :2', [2, 3]],
    ['what was said first, when it was said again', 'dns64 a\ndns64 b\ndns64 a', [3, 4]],
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

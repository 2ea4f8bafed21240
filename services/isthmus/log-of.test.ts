import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readFlags } from './flags.ts';
import { logOf } from './log-of.ts';

function lineOf(...args: readonly string[]): string {
  const lines: string[] = [];
  logOf(readFlags([...args], {}).flags, (line) => lines.push(line)).info('a');
  return lines.join();
}

describe('logOf', () => {
  test('writes text, unless the flag says JSON', () => {
    assert.equal(lineOf(), '[INFO] a');
    assert.equal(lineOf('-log-format', 'text'), '[INFO] a');
    assert.match(lineOf('-log-format=json'), /^\{"time":".*","level":"INFO","msg":"a"\}$/);
  });

  test('knows no other format', () => {
    assert.throws(() => lineOf('-log-format', 'xml'), {
      name: 'UsageError',
      message: 'Cannot use the log format "xml": it is unknown; expected text or json',
    });
  });
});

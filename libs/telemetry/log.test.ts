import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJsonLog, createLog, type Log } from './log.ts';

function written(create: (write: (line: string) => void) => Log): readonly string[] {
  const lines: string[] = [];
  const log = create((line) => lines.push(line));
  log.debug('plugin/errors: a');
  log.info('one "line"\nor two', () => ({ size: 7, dnssec_ok: false }));
  log.warning('plugin/cache: b: c');
  log.error('d');
  return lines;
}

test("lines are CoreDNS's", () => {
  assert.deepEqual(written(createLog), [
    '[DEBUG] plugin/errors: a',
    '[INFO] one "line"\nor two',
    '[WARNING] plugin/cache: b: c',
    '[ERROR] d',
  ]);
});

test('lines are JSON where that is wanted, with what they are about', () => {
  const time = '2026-09-15T08:00:00.000Z';
  const lines = written((write) => createJsonLog(write, () => new Date(time)));
  assert.ok(lines.every((line) => !line.includes('\n')));
  assert.deepEqual(
    lines.map((line): unknown => JSON.parse(line)),
    [
      { time, level: 'DEBUG', msg: 'a', plugin: 'errors' },
      { time, level: 'INFO', msg: 'one "line"\nor two', size: 7, dnssec_ok: false },
      { time, level: 'WARN', msg: 'b: c', plugin: 'cache' },
      { time, level: 'ERROR', msg: 'd' },
    ],
  );
});

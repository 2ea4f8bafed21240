import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMoment } from './moment.ts';

const NOW = Date.parse('2026-11-29T03:12:00Z');

for (const [text, expected] of [
  ['118', 118],
  ['0', 0],
  ['2026-11-29T03:02:00Z', '2026-11-29T03:02:00.000Z'],
  ['2026-11-29T04:02+01:00', '2026-11-29T03:02:00.000Z'],
  ['10m', '2026-11-29T03:02:00.000Z'],
  ['1h30m', '2026-11-29T01:42:00.000Z'],
  ['2d', '2026-11-27T03:12:00.000Z'],
] as const) {
  test(`--at ${text} is ${expected}`, () => {
    const moment = readMoment(text, NOW);
    const found =
      moment.kind === 'position' ? moment.position : new Date(moment.atMs).toISOString();
    assert.equal(found, expected);
  });
}

for (const [text, why] of [
  ['', /it is no moment/],
  ['yesterday', /it is no moment/],
  ['-10m', /it is no moment/],
  ['2026-11-29', /it is no moment/],
  ['2026-11-29T03:02:00', /it is no moment/],
  ['2026-13-29T03:02:00Z', /it is no moment/],
  ['2026-11-29T03:13:00Z', /it is in the future/],
] as const) {
  test(`--at "${text}" is refused`, () => {
    assert.throws(() => readMoment(text, NOW), { name: 'UsageError', message: why });
  });
}

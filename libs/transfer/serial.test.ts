import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRecord } from '../dns/presentation.ts';
import { isLater, serialOf, withSerial } from './serial.ts';

describe('a serial (RFC 1982)', () => {
  const rows: readonly (readonly [serial: number, other: number, later: boolean])[] = [
    [2, 1, true],
    [1, 2, false],
    [1, 1, false],
    [0, 0xffff_ffff, true],
    [0xffff_ffff, 0, false],
    [0x7fff_ffff, 0, true],
    // Half of all serials apart: neither is later.
    [0x8000_0000, 0, false],
    [0, 0x8000_0000, false],
  ];
  for (const [serial, other, later] of rows) {
    test(`${serial} is ${later ? '' : 'not '}later than ${other}`, () => {
      assert.equal(isLater(serial, other), later);
    });
  }
});

test('the serial of a SOA is read and replaced, and nothing else of it', () => {
  const soa = parseRecord('a. 5 IN SOA ns.a. hostmaster.a. 7 7200 1800 86400 5');
  assert.equal(serialOf(soa), 7);
  assert.equal(
    withSerial(soa, 4_294_967_295).rdata,
    'ns.a. hostmaster.a. 4294967295 7200 1800 86400 5',
  );
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FreePieces, GRANULE_OCTETS } from './free-pieces.ts';

const BASE = 1 << 12;
const given = (octets: number) =>
  new FreePieces(new Int32Array((BASE + octets) >> 2), BASE, BASE + octets);

describe('free pieces of memory', () => {
  test('are nobody else’s, and one piece again when all is given back', () => {
    const end = 1 << 18;
    const size = fc.oneof(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 3000 }),
      fc.constantFrom(31, 32, 33, 511, 512, 4096),
    );
    const step = fc.oneof(
      { weight: 3, arbitrary: size.map((granules) => ({ take: granules * GRANULE_OCTETS })) },
      { weight: 2, arbitrary: fc.nat().map((give) => ({ give })) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const pieces = given(end);
        const taken: { at: number; octets: number }[] = [];
        for (const one of steps) {
          if ('take' in one) {
            const at = pieces.take(one.take);
            if (at !== 0) taken.push({ at, octets: one.take });
          } else if (taken.length > 0) {
            const [piece] = taken.splice(one.give % taken.length, 1);
            if (piece !== undefined) pieces.give(piece.at, piece.octets);
          }
          const used = taken.reduce((sum, { octets }) => sum + octets, 0);
          assert.equal(pieces.usedOctets, used);
        }
        const sorted = taken.toSorted((a, b) => a.at - b.at);
        let before = BASE;
        for (const { at, octets } of sorted) {
          assert.ok(at >= before && at % GRANULE_OCTETS === 0, `${at} after ${before}`);
          before = at + octets;
        }
        assert.ok(before <= BASE + end);
        for (const { at, octets } of taken) pieces.give(at, octets);
        assert.equal(pieces.take(end), BASE);
      }),
      { numRuns: 2000 },
    );
  });

  test('serve sizes that come after other sizes', () => {
    const end = 1 << 16;
    const pieces = given(end);
    // Each round fills nine tenths with another size, and gives it back in the order of a shuffle.
    for (const size of [16, 48, 1024, 80, 4096, 32, 624, 16]) {
      const taken: number[] = [];
      while (pieces.usedOctets + size < 0.9 * end) {
        const at = pieces.take(size);
        assert.notEqual(at, 0, `${size} octets after ${taken.length} pieces`);
        taken.push(at);
      }
      for (let i = 0; i < taken.length; i++)
        pieces.give(taken[(i * 7919) % taken.length] ?? 0, size);
    }
    assert.equal(pieces.usedOctets, 0);
  });
});

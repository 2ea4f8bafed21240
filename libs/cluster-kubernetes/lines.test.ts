import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Lines } from './lines.ts';

describe('Lines', () => {
  it('gives each line once its end has come, wherever the chunks are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\n'))),
        fc.array(fc.nat({ max: 20 }), { minLength: 1 }),
        (texts, sizes) => {
          const octets = Buffer.from(texts.map((text) => `${text}\n`).join(''));
          const lines = new Lines();
          const got: string[] = [];
          for (let from = 0, i = 0; from < octets.length; i++) {
            const size = 1 + (sizes[i % sizes.length] ?? 0);
            got.push(...(lines.add(octets.subarray(from, from + size)) ?? []));
            from += size;
          }
          assert.deepEqual(got, texts);
        },
      ),
    );
  });

  it('refuses a line without an end', () => {
    const lines = new Lines();
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const answers = Array.from({ length: 9 }, () => lines.add(chunk));
    assert.deepEqual(answers.slice(0, 8), Array(8).fill([]));
    assert.equal(answers[8], undefined);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { READER_EPOCH, ROOT_EPOCH, readerWord } from './layout.ts';
import { batchesOfNow } from './quiescence.ts';
import { createTable } from './table-writer.ts';

test('a batch that began before is waited for, one that begins later is not', () => {
  const table = createTable({ octets: 1 << 20 });
  const words = new Int32Array(table.memory);
  const [early, late] = [readerWord(3) + READER_EPOCH, readerWord(4) + READER_EPOCH];
  words[early] = words[ROOT_EPOCH] ?? 0;
  const areOver = batchesOfNow(table);
  words[late] = words[ROOT_EPOCH] ?? 0;
  assert.equal(areOver(), false);
  words[early] = words[ROOT_EPOCH] ?? 0; // the next batch
  assert.equal(areOver(), true);
  words[early] = 0; // between batches
  assert.equal(areOver(), true);
});

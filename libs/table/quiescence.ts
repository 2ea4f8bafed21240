/**
 * Whether what nobody finds any more is also read by nobody: readers look things up within a batch,
 * and say with which epoch it began (arena.ts).
 */
import { READER_EPOCH, READERS_MAX, ROOT_EPOCH, readerWord } from './layout.ts';
import type { TableWriter } from './table-writer.ts';

/** Gives a question: whether every reader has ended the batch that it was in just now. */
export function batchesOfNow(table: TableWriter): () => boolean {
  const words = new Int32Array(table.memory);
  table.collect(); // the epoch goes on
  const epoch = words[ROOT_EPOCH] ?? 0;
  return () => {
    for (let reader = 0; reader < READERS_MAX; reader++) {
      const seen = Atomics.load(words, readerWord(reader) + READER_EPOCH);
      if (seen !== 0 && ((seen - epoch) | 0) < 0) return false;
    }
    return true;
  };
}

/**
 * From a name in wire form to its record. Writer and readers share this: both must fold, hash and
 * compare alike.
 *
 * A name is read four octets at a time, folded to lower case within the word, and hashed as a
 * whole: half the time of an octet at a time. Label lengths (at most 63) are below the letters, so
 * folding never touches them.
 */
import { RECORD_KEY, RECORD_META, ROOT_SEED, ROOT_SLOTS, TOMBSTONE } from './layout.ts';
import type { MemoryViews } from './memory-views.ts';

/** 2^32 ÷ golden ratio: spreads the bits of a word (Knuth, multiplicative hashing). */
const SPREAD = 0x9e3779b1;
/** 255 octets of a name and the word that its end is in. */
const FOLDED_WORDS = 66;

/** A name laid out in the writer's scratch, where those above it are its ends. */
export interface SoughtName {
  readonly at: number;
  readonly octets: number;
  readonly view: number;
  readonly hash: number;
  /** 0 when it is not in the table. */
  readonly record: number;
}

export class NameLookup {
  readonly #words: Int32Array;
  readonly #data: DataView;
  /** The name hashed last, in lower case, zeros behind it in its last word. */
  readonly folded = new Int32Array(FOLDED_WORDS);
  /** Of the memory: names that collide in one process do not in another. */
  readonly #seed: number;

  constructor({ words, data }: Pick<MemoryViews, 'words' | 'data'>) {
    this.#words = words;
    this.#data = data;
    this.#seed = words[ROOT_SEED] ?? 0;
  }

  /** Folds and hashes the name of `octets` at `at`; `find` then looks for that one. */
  hash(at: number, octets: number, view: number): number {
    const data = this.#data;
    const folded = this.folded;
    const last = octets >> 2;
    let hash = Math.imul(this.#seed ^ view, SPREAD);
    for (let i = 0; i <= last; i++) {
      let word = data.getInt32(at + (i << 2), true);
      if (i === last) word &= (1 << ((octets & 3) << 3)) - 1; // what stands after the name
      const low = word & 0x7f7f7f7f;
      // In each octet the top bit tells whether it is A to Z; two places lower it is the case bit.
      const upper = (low + 0x3f3f3f3f) ^ (low + 0x25252525);
      word |= (~word & 0x80808080 & upper) >>> 2;
      folded[i] = word;
      hash = Math.imul(hash ^ word, SPREAD);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  /**
   * Octet offset of the record of the name hashed last, 0 if there is none. A slot is a record and
   * its hash: the hash spares reading records of other names, the record decides.
   */
  find(hash: number, octets: number, view: number): number {
    const words = this.#words;
    const folded = this.folded;
    const slots = words[ROOT_SLOTS] ?? 0;
    const mask = words[slots] ?? 0;
    const key = octets | (view << 8);
    const last = octets >> 2;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = slots + 2 + (slot << 1);
      const record = words[at] ?? 0;
      if (record === 0) return 0;
      if (words[at + 1] !== hash || record === TOMBSTONE) continue;
      const word = record >> 2;
      if (((words[word + RECORD_META] ?? 0) & 0xffff) !== key) continue;
      let i = 0;
      while (i <= last && words[word + RECORD_KEY + i] === folded[i]) i++;
      if (i > last) return record;
    }
  }
}

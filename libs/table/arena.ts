/**
 * Memory for records, and when it may be used again.
 *
 * A reader holds references into the arena only within a batch: at its beginning it copies the
 * epoch into its block, at its end it writes 0. What is retired was unreachable before the epoch
 * went on; it is free once every reader has begun a batch since, or is between batches
 * (quiescent-state reclamation). Readers never wait, and the writer never waits for them.
 */

import { FreePieces, GRANULE_OCTETS } from './free-pieces.ts';
import { ARENA_BASE, READER_EPOCH, READERS_MAX, ROOT_EPOCH, readerWord } from './layout.ts';
import type { MemoryViews } from './memory-views.ts';

/** Retired pieces between two looks at the readers. */
const RETIRED_BEFORE_COLLECTING = 64;
/** Numbers of one retired piece. */
const RETIRED_NUMBERS = 3;
/** An octet that makes no sense in a record, so that a reader which comes too late shows. */
const POISON = 0xee;

export class Arena {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #poisons: boolean;
  readonly #pieces: FreePieces;
  /** Oldest first: where, how large, the epoch it was retired in; some at the front are free. */
  #retired: number[] = [];
  #collected = 0;
  #sinceCollected = 0;

  constructor({ words, bytes }: MemoryViews, { poison = false } = {}) {
    this.#words = words;
    this.#bytes = bytes;
    this.#poisons = poison;
    this.#pieces = new FreePieces(words, ARENA_BASE, bytes.length);
    words[ROOT_EPOCH] = 1;
  }

  /** What is in use or waits for readers. */
  get usedOctets(): number {
    return this.#pieces.usedOctets;
  }

  /** From here on nothing was ever used: all zero. */
  get touched(): number {
    return this.#pieces.touched;
  }

  /** Where `octets` are free, 16-aligned; 0 when there are none. */
  allocate(octets: number): number {
    const rounded = roundUp(octets);
    let at = this.#pieces.take(rounded);
    if (at === 0 && this.#retired.length > this.#collected) {
      this.collect();
      at = this.#pieces.take(rounded);
    }
    return at;
  }

  /** Takes back what no reader has ever been able to find. */
  release(at: number, octets: number): void {
    this.#pieces.give(at, roundUp(octets));
  }

  /** Takes back what readers can no longer find, but may still be reading. */
  retire(at: number, octets: number): void {
    this.#retired.push(at, octets, this.#words[ROOT_EPOCH] ?? 0);
    if (++this.#sinceCollected >= RETIRED_BEFORE_COLLECTING) this.collect();
  }

  /** Frees what every reader has left behind. */
  collect(): void {
    const retired = this.#retired;
    const safe = this.#oldestEpoch(this.#advance());
    this.#sinceCollected = 0;
    let at = this.#collected;
    for (; at < retired.length; at += RETIRED_NUMBERS) {
      if ((((retired[at + 2] ?? 0) - safe) | 0) >= 0) break;
      const from = retired[at] ?? 0;
      const octets = roundUp(retired[at + 1] ?? 0);
      if (this.#poisons) this.#bytes.fill(POISON, from, from + octets);
      this.#pieces.give(from, octets);
    }
    // What is kept moves to the front only when most is gone.
    if (2 * at < retired.length) this.#collected = at;
    else {
      this.#retired = retired.slice(at);
      this.#collected = 0;
    }
  }

  /** The next epoch. It wraps (so epochs are compared by difference) and is never 0. */
  #advance(): number {
    const next = ((this.#words[ROOT_EPOCH] ?? 0) + 1) | 0 || 1;
    Atomics.store(this.#words, ROOT_EPOCH, next);
    return next;
  }

  #oldestEpoch(epoch: number): number {
    let oldest = epoch;
    for (let reader = 0; reader < READERS_MAX; reader++) {
      const seen = Atomics.load(this.#words, readerWord(reader) + READER_EPOCH);
      if (seen !== 0 && ((seen - oldest) | 0) < 0) oldest = seen;
    }
    return oldest;
  }
}

function roundUp(octets: number): number {
  return (octets + GRANULE_OCTETS - 1) & -GRANULE_OCTETS;
}

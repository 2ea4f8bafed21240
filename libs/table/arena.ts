/**
 * Memory for records, and when it may be used again.
 *
 * A reader holds references into the arena only within a batch: at its beginning it copies the
 * epoch into its block, at its end it writes 0. What is retired was unreachable before the epoch
 * went on; it is free once every reader has begun a batch since, or is between batches
 * (quiescent-state reclamation). Readers never wait, and the writer never waits for them.
 */
import { ARENA_BASE, READER_EPOCH, READERS_MAX, ROOT_EPOCH, readerWord } from './layout.ts';
import type { MemoryViews } from './memory-views.ts';

/** Retired pieces between two looks at the readers. */
const RETIRED_BEFORE_COLLECTING = 64;
/** Below this size classes are 16 octets apart, above an eighth of a power of two. */
const SMALL_OCTETS = 1024;
const SMALL_STEP = 16;
/** An octet that makes no sense in a record, so that a reader which comes too late shows. */
const POISON = 0xee;

interface Retired {
  readonly at: number;
  readonly octets: number;
  readonly epoch: number;
}

export class Arena {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #poisons: boolean;
  readonly #free = new Map<number, number[]>();
  #retired: Retired[] = [];
  #top = ARENA_BASE;
  #freeOctets = 0;

  constructor({ words, bytes }: MemoryViews, { poison = false } = {}) {
    this.#words = words;
    this.#bytes = bytes;
    this.#end = bytes.length;
    this.#poisons = poison;
    words[ROOT_EPOCH] = 1;
  }

  /** What is in use or waits for readers. */
  get usedOctets(): number {
    return this.#top - ARENA_BASE - this.#freeOctets;
  }

  /** Where `octets` are free, 16-aligned; 0 when there are none. */
  allocate(octets: number): number {
    const rounded = roundUp(octets);
    let at = this.#take(rounded);
    if (at === 0 && this.#retired.length > 0) {
      this.collect();
      at = this.#take(rounded);
    }
    return at;
  }

  /** Takes back what no reader has ever been able to find. */
  release(at: number, octets: number): void {
    const rounded = roundUp(octets);
    const free = this.#free.get(rounded);
    if (free === undefined) this.#free.set(rounded, [at]);
    else free.push(at);
    this.#freeOctets += rounded;
  }

  /** Takes back what readers can no longer find, but may still be reading. */
  retire(at: number, octets: number): void {
    this.#retired.push({ at, octets, epoch: this.#words[ROOT_EPOCH] ?? 0 });
    if (this.#retired.length % RETIRED_BEFORE_COLLECTING === 0) this.collect();
  }

  /** Frees what every reader has left behind. */
  collect(): void {
    const safe = this.#oldestEpoch(this.#advance());
    const kept = this.#retired.findIndex(({ epoch }) => ((epoch - safe) | 0) >= 0);
    const freed = kept < 0 ? this.#retired.length : kept;
    for (const { at, octets } of this.#retired.slice(0, freed)) {
      if (this.#poisons) this.#bytes.fill(POISON, at, at + roundUp(octets));
      this.release(at, octets);
    }
    this.#retired = this.#retired.slice(freed);
  }

  #take(rounded: number): number {
    const free = this.#free.get(rounded)?.pop();
    if (free !== undefined) {
      this.#freeOctets -= rounded;
      return free;
    }
    if (this.#top + rounded > this.#end) return this.#split(rounded);
    this.#top += rounded;
    return this.#top - rounded;
  }

  /** Cuts the piece from a larger free one: only when nothing else is left, for it fragments. */
  #split(rounded: number): number {
    for (const [size, free] of this.#free) {
      const at = size > rounded ? free.pop() : undefined;
      if (at === undefined) continue;
      this.#freeOctets -= size;
      this.#putBack(at + rounded, size - rounded);
      return at;
    }
    return 0;
  }

  /** A rest has no class of its own when it is large: it becomes pieces of classes that fit. */
  #putBack(at: number, octets: number): void {
    while (octets > 0) {
      const piece = roundDown(octets);
      this.release(at, piece);
      at += piece;
      octets -= piece;
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

function roundDown(octets: number): number {
  return octets <= SMALL_OCTETS ? octets : octets & -(1 << (28 - Math.clz32(octets)));
}

function roundUp(octets: number): number {
  const step = octets <= SMALL_OCTETS ? SMALL_STEP : 1 << (28 - Math.clz32(octets));
  return (octets + step - 1) & -step;
}

/**
 * Brings what a batch of queries will need into the processor's caches, all of it at once.
 *
 *   names ─► hashes ─► load every slot ─► load every record ─► (now they are answered, one by one)
 *
 * Slot and record of a name are two loads that miss the caches, one after the other, for each
 * query: half of what its answer costs. Loads that do not wait for each other overlap.
 */
import { ROOT_SLOTS } from './layout.ts';
import type { MemoryViews } from './memory-views.ts';
import { NameLookup } from './name-lookup.ts';

const HEADER_OCTETS = 12;
const NAME_OCTETS_MAX = 255;
/** A record of one address has its tail on the next cache line. */
const NEXT_LINE_WORDS = 16;

export class BatchTouch {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #lookup: NameLookup;
  readonly #slots: Int32Array;
  /** Of what was loaded: without a use of it the compiler would leave the loads out. */
  sum = 0;

  constructor(views: MemoryViews, batch: number) {
    this.#words = views.words;
    this.#bytes = views.bytes;
    this.#lookup = new NameLookup(views);
    this.#slots = new Int32Array(batch);
  }

  /**
   * Of `count` packets, each `stride` octets behind the one before. Whatever they hold, nothing
   * but memory is read, and never beyond the 268 octets that a name may end at.
   */
  touch(packets: number, stride: number, count: number, view: number): void {
    const words = this.#words;
    const slotOf = this.#slots;
    const slots = words[ROOT_SLOTS] ?? 0;
    const mask = words[slots] ?? 0;
    for (let i = 0; i < count; i++) {
      const at = packets + i * stride + HEADER_OCTETS;
      const hash = this.#lookup.hash(at, this.#nameOctets(at), view);
      slotOf[i] = slots + 2 + ((hash & mask) << 1);
    }
    let sum = 0;
    for (let i = 0; i < count; i++) sum += words[slotOf[i] ?? 0] ?? 0;
    for (let i = 0; i < count; i++) {
      const record = (words[slotOf[i] ?? 0] ?? 0) >> 2;
      sum += (words[record] ?? 0) + (words[record + NEXT_LINE_WORDS] ?? 0);
    }
    this.sum = sum | 0;
  }

  #nameOctets(at: number): number {
    const bytes = this.#bytes;
    const last = at + NAME_OCTETS_MAX - 1;
    let end = at;
    while (end < last) {
      const size = bytes[end] ?? 0;
      if (size === 0) break;
      end += size + 1;
    }
    return Math.min(end, last) + 1 - at;
  }
}

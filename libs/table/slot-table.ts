/**
 * The writer's side of the hash table: open addressing, linear probing, at most half full. Other
 * slots are made beside the ones in use, some with each name that is put, so that none waits long:
 *
 *   half full ─► clear the others ─► copy these, from first to last ─► swap the root
 *                                    └─ what changes among the copied ones changes in both
 *
 * Readers never wait; they go on in the slots that they began with.
 */
import type { Arena } from './arena.ts';
import { ROOT_SLOTS, TOMBSTONE } from './layout.ts';
import type { MemoryViews } from './memory-views.ts';

/** Of a name and its ancestors, which may all be new. */
const INSERTS_MAX = 128;
export const SLOTS_INITIAL = 1 << 12;
/**
 * With one name, some 10 µs each. So half of the slots are copied before names that bring all their
 * ancestors along have filled another quarter of them.
 */
const COPIED_AT_ONCE = 512;
const CLEARED_AT_ONCE = 1 << 14;
/** Slots that are looked at before others have their turn: some 0.1 ms. */
const SCANNED_AT_ONCE = 4096;
/** Before the slots: their mask, and a word that aligns them. */
const HEADER_WORDS = 2;

/** In the arena, in words: mask | 0 | record and hash of each slot. */
interface Region {
  /** Word index. */
  readonly at: number;
  readonly mask: number;
  /** Slots that are not empty: records and tombstones. */
  used: number;
}

/** Those that come after: how many of their words are clear, and how many slots are copied. */
interface Successor extends Region {
  cleared: number;
  copied: number;
}

export class SlotTable {
  readonly #words: Int32Array;
  readonly #arena: Arena;
  #region: Region;
  #next: Successor | undefined;
  #records = 0;

  constructor({ words }: MemoryViews, arena: Arena) {
    this.#words = words;
    this.#arena = arena;
    const first = this.#create(SLOTS_INITIAL);
    if (first === undefined) {
      throw new RangeError('Cannot create a table: no room for its slots; expected 64 KiB or more');
    }
    this.#region = first;
    words[ROOT_SLOTS] = first.at;
  }

  /** Records that can be found. */
  get records(): number {
    return this.#records;
  }

  /**
   * All records, which may be removed meanwhile; 0 where others may have their turn. What was there
   * before and stays is met at least once, also when other slots are swapped in.
   */
  *all(): Generator<number> {
    let region: Region | undefined;
    while (region !== this.#region) {
      region = this.#region;
      for (let slot = 0; slot <= region.mask && region === this.#region; slot++) {
        if (slot % SCANNED_AT_ONCE === SCANNED_AT_ONCE - 1) yield 0;
        if (region !== this.#region) break; // its memory may be another's now
        const record = this.#words[wordOf(region, slot)] ?? 0;
        if (record !== 0 && record !== TOMBSTONE) yield record;
      }
    }
  }

  /** Makes room for one more name and its ancestors; false when the arena has none for slots. */
  reserve(): boolean {
    const slots = this.#region.mask + 1;
    if (this.#next !== undefined) this.#advance(this.#next);
    else if ((this.#region.used + 1) * 2 > slots) {
      // Twice as many when records fill a quarter, else the same without tombstones.
      this.#next = this.#create(this.#records * 4 > slots ? slots * 2 : slots);
    }
    // Without room for more slots, go on in denser ones: slower, but right.
    const { used, mask } = this.#region;
    return used + INSERTS_MAX < mask - (mask >> 3);
  }

  /** Makes a record findable that was not there. Call `reserve` before. */
  insert(hash: number, record: number): void {
    const slot = this.#insert(this.#region, hash, record);
    if (this.#next !== undefined && slot < this.#next.copied) {
      this.#insert(this.#next, hash, record);
    }
    this.#records++;
  }

  /** Puts another record of the same name in the place of `old`. */
  replace(hash: number, old: number, record: number): void {
    const slot = this.#slotOf(this.#region, hash, old);
    if (this.#next !== undefined && slot < this.#next.copied) {
      const copy = this.#slotOf(this.#next, hash, old);
      this.#words[wordOf(this.#next, copy)] = record;
    }
    Atomics.store(this.#words, wordOf(this.#region, slot), record);
  }

  remove(hash: number, old: number): void {
    const slot = this.#slotOf(this.#region, hash, old);
    if (this.#next !== undefined && slot < this.#next.copied) {
      this.#empty(this.#next, this.#slotOf(this.#next, hash, old));
    }
    this.#empty(this.#region, slot);
    this.#records--;
  }

  #insert(region: Region, hash: number, record: number): number {
    const words = this.#words;
    const { mask } = region;
    let slot = hash & mask;
    for (; ; slot = (slot + 1) & mask) {
      const seen = words[wordOf(region, slot)];
      if (seen === 0) region.used++;
      if (seen === 0 || seen === TOMBSTONE) break;
    }
    const at = wordOf(region, slot);
    words[at + 1] = hash;
    Atomics.store(words, at, record); // who sees this sees all of the record
    return slot;
  }

  /** A tombstone, where names may follow; with nothing behind it, the end of the row. */
  #empty(region: Region, slot: number): void {
    const words = this.#words;
    const { mask } = region;
    Atomics.store(words, wordOf(region, slot), TOMBSTONE);
    if (words[wordOf(region, (slot + 1) & mask)] !== 0) return;
    for (let at = slot; words[wordOf(region, at)] === TOMBSTONE; at = (at - 1) & mask) {
      Atomics.store(words, wordOf(region, at), 0);
      region.used--;
    }
  }

  #slotOf(region: Region, hash: number, record: number): number {
    const { mask } = region;
    let slot = hash & mask;
    while (this.#words[wordOf(region, slot)] !== record) slot = (slot + 1) & mask;
    return slot;
  }

  /** Slots that nobody sees yet; undefined when the arena has no room for them. */
  #create(slots: number): Successor | undefined {
    const { touched } = this.#arena;
    const at = this.#arena.allocate(octetsOf(slots));
    if (at === 0) return undefined;
    const region = { at: at >> 2, mask: slots - 1, used: 0, cleared: HEADER_WORDS, copied: 0 };
    if (at >= touched) region.cleared = octetsOf(slots) >> 2; // zero as the kernel gives it
    this.#words[region.at] = region.mask;
    this.#words[region.at + 1] = 0;
    return region;
  }

  /** Some of the way to the next slots; at its end, those are the ones in use. */
  #advance(next: Successor): void {
    const words = this.#words;
    const end = octetsOf(next.mask + 1) >> 2;
    if (next.cleared < end) {
      const to = Math.min(end, next.cleared + CLEARED_AT_ONCE);
      words.fill(0, next.at + next.cleared, next.at + to);
      next.cleared = to;
      return;
    }
    const old = this.#region;
    const slots = old.mask + 1;
    const to = Math.min(slots, next.copied + COPIED_AT_ONCE);
    for (let slot = next.copied; slot < to; slot++) {
      const record = words[wordOf(old, slot)] ?? 0;
      if (record === 0 || record === TOMBSTONE) continue;
      this.#insert(next, words[wordOf(old, slot) + 1] ?? 0, record);
    }
    next.copied = to;
    if (to < slots) return;
    this.#region = next;
    this.#next = undefined;
    Atomics.store(words, ROOT_SLOTS, next.at); // who sees this sees all of the slots
    this.#arena.retire(old.at << 2, octetsOf(slots));
  }
}

function octetsOf(slots: number): number {
  return HEADER_WORDS * 4 + slots * 8;
}

/** Word index of a slot's record; its hash is the next. */
function wordOf({ at }: Region, slot: number): number {
  return at + HEADER_WORDS + (slot << 1);
}

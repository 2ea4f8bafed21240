/**
 * The writer's side of the hash table: open addressing, linear probing, at most half full. Growing
 * builds other slots beside the old ones and swaps the root, so readers never wait; they go on in
 * the slots that they began with.
 */
import type { Arena } from './arena.ts';
import { ROOT_SLOTS, TOMBSTONE } from './layout.ts';
import type { MemoryViews } from './memory-views.ts';

/** Of a name and its ancestors, which may all be new. */
const INSERTS_MAX = 128;
export const SLOTS_INITIAL = 1 << 12;

export class SlotTable {
  readonly #words: Int32Array;
  readonly #arena: Arena;
  /** Slots that are not empty: records and tombstones. */
  #used = 0;
  #records = 0;

  constructor({ words }: MemoryViews, arena: Arena) {
    this.#words = words;
    this.#arena = arena;
    const slots = this.#create(SLOTS_INITIAL);
    if (slots === 0) {
      throw new RangeError('Cannot create a table: no room for its slots; expected 64 KiB or more');
    }
    words[ROOT_SLOTS] = slots;
  }

  /** Records that can be found. */
  get records(): number {
    return this.#records;
  }

  /** Makes room for one more name and its ancestors; false when the arena has none for slots. */
  reserve(): boolean {
    const slots = (this.#words[this.#region] ?? 0) + 1;
    if ((this.#used + 1) * 2 <= slots) return true;
    // Without room for more slots, go on in denser ones: slower, but right.
    return this.#rebuild() || this.#used + INSERTS_MAX < slots - (slots >> 3);
  }

  /** Makes a record findable that was not there. Call `reserve` before. */
  insert(hash: number, record: number): void {
    const words = this.#words;
    const region = this.#region;
    const mask = words[region] ?? 0;
    let slot = hash & mask;
    for (; ; slot = (slot + 1) & mask) {
      const seen = words[region + 2 + (slot << 1)];
      if (seen === 0) this.#used++;
      if (seen === 0 || seen === TOMBSTONE) break;
    }
    const at = region + 2 + (slot << 1);
    words[at + 1] = hash;
    Atomics.store(words, at, record); // who sees this sees all of the record
    this.#records++;
  }

  /** Puts another record of the same name in the place of `old`. */
  replace(hash: number, old: number, record: number): void {
    Atomics.store(this.#words, this.#slotOf(hash, old), record);
  }

  remove(hash: number, old: number): void {
    Atomics.store(this.#words, this.#slotOf(hash, old), TOMBSTONE);
    this.#records--;
  }

  get #region(): number {
    return this.#words[ROOT_SLOTS] ?? 0;
  }

  #slotOf(hash: number, record: number): number {
    const words = this.#words;
    const region = this.#region;
    const mask = words[region] ?? 0;
    let slot = hash & mask;
    while (words[region + 2 + (slot << 1)] !== record) slot = (slot + 1) & mask;
    return region + 2 + (slot << 1);
  }

  #create(slots: number): number {
    const at = this.#arena.allocate(octetsOf(slots));
    if (at === 0) return 0;
    this.#words.fill(0, at >> 2, (at + octetsOf(slots)) >> 2);
    this.#words[at >> 2] = slots - 1;
    return at >> 2;
  }

  /** Twice the slots when records fill a quarter, else the same without tombstones. */
  #rebuild(): boolean {
    const words = this.#words;
    const old = this.#region;
    const slots = (words[old] ?? 0) + 1;
    const region = this.#create(this.#records * 4 > slots ? slots * 2 : slots);
    if (region === 0) return false;
    const mask = words[region] ?? 0;
    for (let at = old + 2; at < old + 2 + 2 * slots; at += 2) {
      const record = words[at] ?? 0;
      if (record === 0 || record === TOMBSTONE) continue;
      const hash = words[at + 1] ?? 0;
      let slot = hash & mask;
      while (words[region + 2 + (slot << 1)] !== 0) slot = (slot + 1) & mask;
      words[region + 2 + (slot << 1)] = record;
      words[region + 3 + (slot << 1)] = hash;
    }
    this.#used = this.#records;
    Atomics.store(words, ROOT_SLOTS, region);
    this.#arena.retire(old << 2, octetsOf(slots));
    return true;
  }
}

function octetsOf(slots: number): number {
  return 8 + slots * 8;
}

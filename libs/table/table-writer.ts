/**
 * The one who writes the table: names with their answers, zones that deny what is not there.
 *
 *   put(name) ─► tails encoded, record laid out in the arena ─► one store into a slot: visible
 *                └─ names above it exist from then on (empty non-terminals), up to the apex
 *
 * A record never changes once it can be found (but for its hit and, when the arena is full, its
 * hand-over flag); it is replaced, and the old one retired. When there is no room the chain answers
 * instead: a name that can't be updated is handed over, and nothing is denied while one is missing.
 */
import { randomInt } from 'node:crypto';
import { isWithin, labelsOf, nameToWire } from '../dns/name.ts';
import { Arena } from './arena.ts';
import { encodeTail } from './encode-tail.ts';
import {
  ARENA_BASE,
  FLAG_ABSENT_HANDS_OVER,
  FLAG_HAND_OVER,
  FLAG_NO_ENCLOSER,
  FLAG_OWN,
  MEMORY_OCTETS_MAX,
  NO_ZONE,
  RECORD_CHILDREN,
  RECORD_HIT,
  RECORD_META,
  RECORD_OCTETS,
  RECORD_ZONE,
  ROOT_REFUSED,
  ROOT_SEED,
  ROOT_ZONES,
  VIEWS_MAX,
  WRITER_SCRATCH,
  ZONE_COMPLETE,
  ZONES_MAX,
} from './layout.ts';
import type { MemoryViews } from './memory-views.ts';
import { viewsOf } from './memory-views.ts';
import { NameLookup } from './name-lookup.ts';
import { TYPES_MAX, writeRecord } from './record-writer.ts';
import { SlotTable } from './slot-table.ts';
import type { TableAnswer, TableZone } from './table-answer.ts';
import type { ZoneBlock } from './zone-block.ts';
import { writeZone } from './zone-block.ts';

const TYPE_CNAME = 5;

export interface TableOptions {
  /** For answers, at most. Reserved, not used until needed. */
  readonly octets: number;
  /** Of the hash; random unless a test wants it the same. */
  readonly seed?: number;
  /** Overwrite what is freed: for tests of reclamation. */
  readonly poison?: boolean;
}

/** A table, and the only writer that it may have. */
export function createTable({ octets, seed, poison = false }: TableOptions): TableWriter {
  if (!Number.isInteger(octets) || octets < 0 || ARENA_BASE + octets > MEMORY_OCTETS_MAX) {
    throw new RangeError(
      `Cannot create a table of "${octets}" octets: it is no size for one; ` +
        `expected at most ${MEMORY_OCTETS_MAX - ARENA_BASE}`,
    );
  }
  const memory = new SharedArrayBuffer(ARENA_BASE + ((octets + 4095) & ~4095));
  new Int32Array(memory)[ROOT_SEED] = seed ?? randomInt(2 ** 32);
  return new TableWriter(memory, poison);
}

/**
 * `full`: no room, the chain answers. `taken`: a zone has that name, nothing cached may hide it.
 */
export type PutOutcome = 'stored' | 'full' | 'taken';

export interface PutOptions {
  /** The chain answers for this name and what is below it: a delegation, a wildcard. */
  readonly handOver?: boolean;
}

interface Name {
  readonly key: Uint8Array;
  readonly view: number;
  readonly hash: number;
  /** 0 when it is not in the table. */
  readonly record: number;
}

interface KnownZone extends ZoneBlock {
  readonly apex: string;
  readonly apexLabels: number;
}

export class TableWriter {
  readonly memory: SharedArrayBuffer;
  readonly #views: MemoryViews;
  readonly #arena: Arena;
  readonly #slots: SlotTable;
  readonly #lookup: NameLookup;
  readonly #zones = new Map<number, KnownZone>();
  /** `view name` of what the table lacks for want of room. As many as the caller has names. */
  readonly #refused = new Set<string>();
  #refusals = 0;

  constructor(memory: SharedArrayBuffer, poison: boolean) {
    this.memory = memory;
    this.#views = viewsOf(memory);
    this.#arena = new Arena(this.#views, { poison });
    this.#slots = new SlotTable(this.#views, this.#arena);
    this.#lookup = new NameLookup(this.#views);
  }

  /** Names in the table, empty non-terminals among them. */
  get names(): number {
    return this.#slots.records;
  }

  get octets(): number {
    return this.#arena.usedOctets;
  }

  /** Puts that found no room, since the start. */
  get refusals(): number {
    return this.#refusals;
  }

  /**
   * Replaces what `name` (absolute, lower case) answers in this view; none: it exists without data.
   * Visible to all readers when this returns. `zone`: set before with `setZone`, or NO_ZONE.
   */
  put(
    name: string,
    view: number,
    zone: number,
    answers: readonly TableAnswer[],
    { handOver = false }: PutOptions = {},
  ): PutOutcome {
    this.#check(name, view, zone, answers);
    const key = nameToWire(name);
    const tails = answers.map((answer) => encodeTail(name, key.length, answer));
    const target = this.#seek(key, view);
    const { record: old } = target;
    const oldZone = this.#word(old, RECORD_ZONE);
    if (zone === NO_ZONE && old !== 0 && oldZone !== NO_ZONE) return 'taken';
    const isAlias = tails.some(({ type }) => type === TYPE_CNAME);
    const flags =
      FLAG_OWN |
      (handOver ? FLAG_HAND_OVER : 0) |
      (isAlias || zone === NO_ZONE ? FLAG_ABSENT_HANDS_OVER : 0) |
      (zone === NO_ZONE ? FLAG_NO_ENCLOSER : 0);
    const children = this.#word(old, RECORD_CHILDREN);
    const record = this.#slots.reserve()
      ? writeRecord(this.#views, this.#arena, { ...target, zone, flags, children, tails })
      : 0;
    // First what is above: a name that can be found is never below one that is denied.
    const moves = zone !== NO_ZONE && (old === 0 || oldZone !== zone);
    if (record === 0 || (moves && !this.#adopt(target.key, view, zone))) {
      if (record !== 0) this.#arena.release(record, this.#word(record, RECORD_OCTETS));
      return this.#refuse(name, target, zone);
    }
    this.#publish(target, record);
    if (moves && oldZone !== NO_ZONE) this.#disown(target.key, view, oldZone);
    this.#accept(name, view);
    return 'stored';
  }

  /** Forgets a name: it no longer exists, or only for what is below it. */
  remove(name: string, view: number): void {
    this.#remove(nameToWire(name), view);
    this.#accept(name, view);
  }

  /**
   * Whether a reader answered with a cached answer of this name since the last call: for prefetch
   * and eviction.
   */
  takeHit(name: string, view: number): boolean {
    const { record } = this.#seek(nameToWire(name), view);
    if (this.#word(record, RECORD_HIT) === 0) return false;
    this.#views.words[(record >> 2) + RECORD_HIT] = 0;
    return true;
  }

  /** Sets what denies names of a zone. Cheap: a changed serial costs one small block. */
  setZone(id: number, zone: TableZone): PutOutcome {
    if (!Number.isInteger(id) || id <= NO_ZONE || id >= ZONES_MAX) {
      throw new RangeError(
        `Cannot set the zone "${id}": no such id; expected 1 to ${ZONES_MAX - 1}`,
      );
    }
    const old = this.#zones.get(id);
    const shape = { apex: zone.apex, apexLabels: labelsOf(zone.apex).length };
    const block = writeZone(this.#views, this.#arena, zone, old);
    if (block === undefined) {
      this.#refusals++;
      // What stands there may deny too much by now. Without a block, nothing is denied.
      if (old === undefined) this.#zones.set(id, { at: 0, octets: 0, zone, denials: [], ...shape });
      else if (old.at !== 0) Atomics.store(this.#views.words, (old.at >> 2) + ZONE_COMPLETE, 0);
      return 'full';
    }
    this.#zones.set(id, { ...block, ...shape });
    Atomics.store(this.#views.words, ROOT_ZONES + id, block.at);
    if (old !== undefined && old.at !== 0) this.#arena.retire(old.at, old.octets);
    return 'stored';
  }

  /** Forgets what denies a zone, whose names were removed before. */
  removeZone(id: number): void {
    const old = this.#zones.get(id);
    if (old === undefined) return;
    this.#zones.delete(id);
    Atomics.store(this.#views.words, ROOT_ZONES + id, 0);
    if (old.at !== 0) this.#arena.retire(old.at, old.octets);
  }

  /** Frees what readers have left behind; happens by itself, but not while nothing is written. */
  collect(): void {
    this.#arena.collect();
  }

  #check(name: string, view: number, zone: number, answers: readonly TableAnswer[]): void {
    if (!Number.isInteger(view) || view < 0 || view >= VIEWS_MAX) {
      throw new RangeError(
        `Cannot put into view "${view}": no such view; expected below ${VIEWS_MAX}`,
      );
    }
    const apex = this.#zones.get(zone)?.apex;
    if (zone !== NO_ZONE && apex === undefined) {
      throw new RangeError(
        `Cannot put into zone "${zone}": it is not set; expected setZone before`,
      );
    }
    if (apex !== undefined && !isWithin(name, apex)) {
      throw new RangeError(
        `Cannot put "${name}": it is outside of its zone; expected below ${apex}`,
      );
    }
    if (answers.length > TYPES_MAX) {
      throw new RangeError(
        `Cannot put "${answers.length}" types: too many; expected at most ${TYPES_MAX}`,
      );
    }
  }

  #seek(key: Uint8Array, view: number): Name {
    this.#views.bytes.set(key, WRITER_SCRATCH);
    const hash = this.#lookup.hash(WRITER_SCRATCH, key.length, view);
    return { key, view, hash, record: this.#lookup.find(hash, key.length, view) };
  }

  #publish({ hash, record: old }: Name, record: number): void {
    if (old === 0) {
      this.#slots.insert(hash, record);
      return;
    }
    this.#slots.replace(hash, old, record);
    this.#arena.retire(old, this.#word(old, RECORD_OCTETS));
  }

  #remove(key: Uint8Array, view: number): void {
    const target = this.#seek(key, view);
    const { record, hash } = target;
    if (record === 0) return;
    const zone = this.#word(record, RECORD_ZONE);
    const children = this.#word(record, RECORD_CHILDREN);
    if (children > 0) {
      const rest = { ...target, zone, flags: 0, children, tails: [] };
      const empty = writeRecord(this.#views, this.#arena, rest);
      // No room even for an empty one: the chain says that it is.
      if (empty === 0) this.#flagHandOver(record);
      else this.#publish(target, empty);
      return;
    }
    this.#slots.remove(hash, record);
    this.#arena.retire(record, this.#word(record, RECORD_OCTETS));
    if (zone !== NO_ZONE) this.#disown(key, view, zone);
  }

  /** Counts a name in at the one above, which exists from now on; false: no room for that. */
  #adopt(key: Uint8Array, view: number, zone: number): boolean {
    if (this.#isApex(key, zone)) return true;
    const parent = this.#seek(key.subarray(1 + (key[0] ?? 0)), view);
    const isCached = (this.#word(parent.record, RECORD_META) & FLAG_NO_ENCLOSER) !== 0;
    if (parent.record !== 0 && !isCached) {
      this.#views.words[(parent.record >> 2) + RECORD_CHILDREN] =
        this.#word(parent.record, RECORD_CHILDREN) + 1;
      return true;
    }
    const content = { ...parent, zone, flags: 0, children: 1, tails: [] };
    const record = writeRecord(this.#views, this.#arena, content);
    if (record === 0) return false;
    if (!this.#adopt(parent.key, view, zone)) {
      this.#arena.release(record, this.#word(record, RECORD_OCTETS));
      return false;
    }
    this.#publish(parent, record);
    return true;
  }

  /** Counts a name out at the one above, which goes if nothing else keeps it. */
  #disown(key: Uint8Array, view: number, zone: number): void {
    if (this.#isApex(key, zone)) return;
    const parent = this.#seek(key.subarray(1 + (key[0] ?? 0)), view);
    if (parent.record === 0) return;
    const children = this.#word(parent.record, RECORD_CHILDREN) - 1;
    this.#views.words[(parent.record >> 2) + RECORD_CHILDREN] = children;
    const isOwn = (this.#word(parent.record, RECORD_META) & FLAG_OWN) !== 0;
    if (children === 0 && !isOwn) this.#remove(parent.key, view);
  }

  #isApex(key: Uint8Array, zone: number): boolean {
    let labels = 0;
    for (let at = 0; (key[at] ?? 0) !== 0; at += 1 + (key[at] ?? 0)) labels++;
    return labels <= (this.#zones.get(zone)?.apexLabels ?? 0);
  }

  /** Without room the chain answers: for the name, or for all that the table does not know. */
  #refuse(name: string, { record, view }: Name, zone: number): PutOutcome {
    this.#refusals++;
    if (record !== 0) this.#flagHandOver(record);
    else if (zone !== NO_ZONE) {
      this.#refused.add(`${view} ${name}`);
      Atomics.store(this.#views.words, ROOT_REFUSED, this.#refused.size);
    }
    return 'full';
  }

  #accept(name: string, view: number): void {
    if (this.#refused.size === 0 || !this.#refused.delete(`${view} ${name}`)) return;
    Atomics.store(this.#views.words, ROOT_REFUSED, this.#refused.size);
  }

  #flagHandOver(record: number): void {
    Atomics.or(this.#views.words, (record >> 2) + RECORD_META, FLAG_HAND_OVER);
  }

  /** 0 of no record. */
  #word(record: number, word: number): number {
    return record === 0 ? 0 : (this.#views.words[(record >> 2) + word] ?? 0);
  }
}

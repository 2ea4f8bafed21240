/**
 * The one who writes the table: names with their answers, zones that deny what is not there.
 *
 *   put(name) ─► record written beside, copied into the arena ─► one store into a slot: visible
 *                └─ names above it exist from then on (empty non-terminals), up to the apex
 *
 *   keep(name, type) ─► beside the name's other cached types; only where we have no name ourselves
 *
 * A record never changes once it can be found (but for hits, an early expiry, names below and, when
 * the arena is full, its hand-over flag); it is replaced, and the old one retired. When there is no
 * room the chain answers instead: a name that can't be updated is handed over, and nothing is
 * denied while one is missing.
 */
import { randomInt } from 'node:crypto';
import { typeNumber } from '../dns/iana.ts';
import { nameToWire } from '../dns/name.ts';
import { Arena } from './arena.ts';
import { forgetEntry, tailsBeside, takeEntryHits } from './cached-entries.ts';
import { encodeTail } from './encode-tail.ts';
import {
  ARENA_BASE,
  FLAG_ABSENT_HANDS_OVER,
  FLAG_BELOW_HANDS_OVER,
  FLAG_HAND_OVER,
  FLAG_NO_ENCLOSER,
  FLAG_OWN,
  NO_ZONE,
  RECORD_CHILDREN,
  RECORD_HASH,
  RECORD_META,
  RECORD_OCTETS,
  RECORD_ZONE,
  ROOT_SEED,
  ROOT_ZONES,
  WRITER_SCRATCH,
  ZONE_COMPLETE,
} from './layout.ts';
import type { MemoryViews } from './memory-views.ts';
import { viewsOf } from './memory-views.ts';
import { MissingNames } from './missing-names.ts';
import { NameLookup, type SoughtName } from './name-lookup.ts';
import { REFUSED, writePlainName } from './plain-name.ts';
import { RecordImage } from './record-image.ts';
import { SlotTable } from './slot-table.ts';
import type {
  KeepOutcome,
  PutOptions,
  PutOutcome,
  TableAnswer,
  TableZone,
} from './table-answer.ts';
import { checkKept, checkOctets, checkPut, checkZone, TYPES_MAX } from './table-limits.ts';
import type { KnownZone } from './zone-block.ts';
import { writeZone } from './zone-block.ts';

/** A cached name: says nothing of its other types, nor of names below. */
const CACHED_FLAGS = FLAG_OWN | FLAG_ABSENT_HANDS_OVER | FLAG_NO_ENCLOSER;

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
  checkOctets(octets);
  const memory = new SharedArrayBuffer(ARENA_BASE + ((octets + 4095) & ~4095));
  new Int32Array(memory)[ROOT_SEED] = seed ?? randomInt(2 ** 32);
  return new TableWriter(memory, poison);
}

export class TableWriter {
  readonly memory: SharedArrayBuffer;
  readonly #views: MemoryViews;
  readonly #arena: Arena;
  readonly #slots: SlotTable;
  readonly #lookup: NameLookup;
  readonly #image: RecordImage;
  readonly #zones = new Map<number, KnownZone>();
  readonly #missing: MissingNames;
  #refusals = 0;

  constructor(memory: SharedArrayBuffer, poison: boolean) {
    this.memory = memory;
    this.#views = viewsOf(memory);
    this.#arena = new Arena(this.#views, { poison });
    this.#slots = new SlotTable(this.#views, this.#arena);
    this.#lookup = new NameLookup(this.#views);
    this.#image = new RecordImage(this.#views);
    this.#missing = new MissingNames(this.#views);
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
   * Visible to all readers when this returns. `zone`: set before with `setZone`.
   */
  put(
    name: string,
    view: number,
    zone: number,
    answers: readonly TableAnswer[],
    { handOver = false, handOverBelow = false }: PutOptions = {},
  ): PutOutcome {
    const known = this.#zones.get(zone);
    checkPut(name, view, zone, known?.apex, answers);
    const target = this.#seekName(name, view);
    const { record: old } = target;
    const word = zone | ((known?.zone.group ?? 0) << 16);
    const isAlias = answers.some(({ type }) => type === 'CNAME');
    const flags =
      FLAG_OWN |
      (handOver ? FLAG_HAND_OVER : 0) |
      (handOverBelow ? FLAG_BELOW_HANDS_OVER : 0) |
      (isAlias ? FLAG_ABSENT_HANDS_OVER : 0);
    const children = this.#word(old, RECORD_CHILDREN);
    this.#begin(target, word, flags, children, answers.length);
    for (const answer of answers) this.#image.answer(name, answer);
    const isNews = old === 0 || !this.#image.equals(old);
    if (isNews && !this.#replace(target, zone)) return this.#refuse(name, target);
    this.#missing.delete(name, view);
    return 'stored';
  }

  /** Forgets a name: it no longer exists, or only for what is below it. */
  remove(name: string, view: number): void {
    this.#remove(this.#seekName(name, view));
    this.#missing.delete(name, view);
  }

  /**
   * Keeps a cached answer for one type of a name; its other types stay until they expire. `group`:
   * that readers count it by.
   */
  keep(name: string, view: number, group: number, answer: TableAnswer): KeepOutcome {
    checkKept(view, group, answer);
    const target = this.#seekName(name, view);
    const { record: old } = target;
    if (this.#zoneOf(old) !== NO_ZONE || this.#missing.has(name, view)) return 'taken';
    const tail = encodeTail(name, target.octets, answer);
    const others =
      old === 0 ? [] : tailsBeside(this.#views, old, tail.type, tail.cached?.saidAt ?? 0);
    this.#begin(target, NO_ZONE | (group << 16), CACHED_FLAGS, 0, others.length + 1);
    for (const one of [tail, ...others]) this.#image.tail(one);
    const hasRoom = others.length < TYPES_MAX && (this.#slots.reserve() || old !== 0);
    const record = hasRoom ? this.#image.store(this.#arena) : 0;
    if (record === 0) {
      this.#refusals++;
      if (old !== 0) this.#forget(target, tail.type);
      return 'full';
    }
    this.#publish(target, record);
    return 'stored';
  }

  /** Forgets a cached answer, if it is there; those of all types where none is named. */
  forget(name: string, view: number, type?: string): void {
    const target = this.#seekName(name, view);
    const isCached = target.record !== 0 && this.#zoneOf(target.record) === NO_ZONE;
    if (isCached && type === undefined) this.#unpublish(target);
    else if (isCached) this.#forget(target, typeNumber(type ?? '') ?? 0);
  }

  /** Whether the name was put: not one that only exists for what is below it. */
  has(name: string, view: number): boolean {
    const { record } = this.#seekName(name, view);
    return (this.#word(record, RECORD_META) & FLAG_OWN) !== 0 && this.#zoneOf(record) !== NO_ZONE;
  }

  /**
   * How often readers answered with a cached answer since the last call, up to HITS_MAX: for
   * prefetch and eviction.
   */
  takeHits(name: string, view: number, type: string): number {
    const { record } = this.#seekName(name, view);
    if (record === 0 || this.#zoneOf(record) !== NO_ZONE) return 0;
    return takeEntryHits(this.#views, record, typeNumber(type) ?? 0);
  }

  /** Sets what denies names of a zone. Cheap: a changed serial costs one small block. */
  setZone(id: number, zone: TableZone): PutOutcome {
    checkZone(id, zone);
    const old = this.#zones.get(id);
    const shape = { apex: zone.apex, apexOctets: nameToWire(zone.apex).length };
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

  /** Forgets a view that nobody asks any more, its zones first: a piece of it with each step. */
  *dropView(view: number): Generator<void> {
    yield* this.#drop(view, () => true);
    this.#missing.deleteView(view);
  }

  /** Forgets what is cached in a view, in the same way. */
  dropCached(view: number): Generator<void> {
    return this.#drop(view, (record) => this.#zoneOf(record) === NO_ZONE);
  }

  *#drop(view: number, goes: (record: number) => boolean): Generator<void> {
    for (const record of this.#slots.all()) {
      if (record === 0) yield;
      else if (((this.#word(record, RECORD_META) >> 8) & 0xff) === view && goes(record))
        this.#unpublish({ hash: this.#word(record, RECORD_HASH), record });
    }
  }

  /** Frees what readers have left behind; happens by itself, but not while nothing is written. */
  collect(): void {
    this.#arena.collect();
  }

  #seekName(name: string, view: number): SoughtName {
    const { bytes } = this.#views;
    let octets = writePlainName(name, 0, bytes, WRITER_SCRATCH);
    if (octets === REFUSED) {
      const key = nameToWire(name);
      bytes.set(key, WRITER_SCRATCH);
      octets = key.length;
    }
    return this.#seek(WRITER_SCRATCH, octets, view);
  }

  #seek(at: number, octets: number, view: number): SoughtName {
    const hash = this.#lookup.hash(at, octets, view);
    return { at, octets, view, hash, record: this.#lookup.find(hash, octets, view) };
  }

  #seekParent({ at, octets, view }: SoughtName): SoughtName {
    const label = 1 + (this.#views.bytes[at] ?? 0);
    return this.#seek(at + label, octets - label, view);
  }

  /** Begins the image of a record for the name that was looked for last. */
  #begin(target: SoughtName, zone: number, flags: number, children: number, answers: number): void {
    const { octets, hash, view } = target;
    const key = this.#lookup.folded;
    this.#image.begin(key, octets, hash, view, zone, flags, children, answers);
  }

  /** Puts the image in the name's place; false: no room. */
  #replace(target: SoughtName, zone: number): boolean {
    const { record: old } = target;
    const oldZone = this.#zoneOf(old);
    const moves = old === 0 || oldZone !== zone;
    const hasSlots = this.#slots.reserve() || !moves;
    const record = hasSlots ? this.#image.store(this.#arena) : 0;
    if (record === 0) return false;
    // First what is above: a name that can be found is never below one that is denied.
    if (moves && !this.#adopt(target, zone)) {
      this.#arena.release(record, this.#word(record, RECORD_OCTETS));
      return false;
    }
    this.#publish(target, record);
    if (moves && oldZone !== NO_ZONE) this.#disown(target, oldZone);
    return true;
  }

  #publish({ hash, record: old }: SoughtName, record: number): void {
    if (old === 0) {
      this.#slots.insert(hash, record);
      return;
    }
    this.#slots.replace(hash, old, record);
    this.#arena.retire(old, this.#word(old, RECORD_OCTETS));
  }

  #remove(target: SoughtName): void {
    const { record } = target;
    const zone = this.#zoneOf(record);
    if (zone === NO_ZONE) return; // not there, or cached
    const children = this.#word(record, RECORD_CHILDREN);
    if (children > 0) {
      this.#begin(target, this.#word(record, RECORD_ZONE), 0, children, 0);
      const empty = this.#image.store(this.#arena);
      // No room even for an empty one: the chain says that it is.
      if (empty === 0) this.#flagHandOver(record);
      else this.#publish(target, empty);
      return;
    }
    this.#unpublish(target);
    this.#disown(target, zone);
  }

  #forget(target: SoughtName, type: number): void {
    const hasOthers = forgetEntry(this.#views, target.record, type);
    if (!hasOthers) this.#unpublish(target);
  }

  #unpublish({ hash, record }: Pick<SoughtName, 'hash' | 'record'>): void {
    this.#slots.remove(hash, record);
    this.#arena.retire(record, this.#word(record, RECORD_OCTETS));
  }

  /** Counts a name in at the one above, which exists from now on; false: no room for that. */
  #adopt(target: SoughtName, zone: number): boolean {
    if (this.#isApex(target, zone)) return true;
    const parent = this.#seekParent(target);
    const isCached = (this.#word(parent.record, RECORD_META) & FLAG_NO_ENCLOSER) !== 0;
    if (parent.record !== 0 && !isCached) {
      this.#views.words[(parent.record >> 2) + RECORD_CHILDREN] =
        this.#word(parent.record, RECORD_CHILDREN) + 1;
      return true;
    }
    const group = this.#zones.get(zone)?.zone.group ?? 0;
    this.#begin(parent, zone | (group << 16), 0, 1, 0);
    const record = this.#image.store(this.#arena);
    if (record === 0) return false;
    if (!this.#adopt(parent, zone)) {
      this.#arena.release(record, this.#word(record, RECORD_OCTETS));
      return false;
    }
    this.#publish(parent, record);
    return true;
  }

  /** Counts a name out at the one above, which goes if nothing else keeps it. */
  #disown(target: SoughtName, zone: number): void {
    if (this.#isApex(target, zone)) return;
    const parent = this.#seekParent(target);
    if (parent.record === 0) return;
    const children = this.#word(parent.record, RECORD_CHILDREN) - 1;
    this.#views.words[(parent.record >> 2) + RECORD_CHILDREN] = children;
    const isOwn = (this.#word(parent.record, RECORD_META) & FLAG_OWN) !== 0;
    if (children === 0 && !isOwn) this.#remove(parent);
  }

  #isApex({ octets }: SoughtName, zone: number): boolean {
    return octets <= (this.#zones.get(zone)?.apexOctets ?? 0);
  }

  /** Without room the chain answers: for the name, or for all that the table does not know. */
  #refuse(name: string, target: SoughtName): PutOutcome {
    const { record, view } = target;
    this.#refusals++;
    if (this.#zoneOf(record) !== NO_ZONE) {
      this.#flagHandOver(record);
      return 'full';
    }
    this.#missing.add(name, view);
    if (record !== 0) this.#unpublish(target); // cached, and no longer anybody else's
    return 'full';
  }

  #flagHandOver(record: number): void {
    Atomics.or(this.#views.words, (record >> 2) + RECORD_META, FLAG_HAND_OVER);
  }

  /** NO_ZONE of no record, and of a cached one. */
  #zoneOf(record: number): number {
    return this.#word(record, RECORD_ZONE) & 0xffff;
  }

  /** 0 of no record. */
  #word(record: number, word: number): number {
    return record === 0 ? 0 : (this.#views.words[(record >> 2) + word] ?? 0);
  }
}

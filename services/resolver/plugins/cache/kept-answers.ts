/**
 * All entries: by question, bounded, gone when they are over. What is in here is in the table too,
 * if it can be, and leaves both together.
 *
 *   put ─► by key ─► recency (bounds) ─► table
 *            └─► due: look (prefetch) ─► expired: out of the table ─► over: forgotten
 *
 * Time is the monotonic clock's. Readers go by the wall clock: when that is set, what they have is
 * dated anew.
 */

import { DueQueue } from './due-queue.ts';
import type { Entry, EntryType } from './entry.ts';
import type { OurNames } from './our-names.ts';
import { Recency } from './recency.ts';
import type { TableMirror } from './table-mirror.ts';

export interface KeptAnswersOptions {
  readonly successCapacity: number;
  readonly denialCapacity: number;
  /** How long entries stay when they have expired. */
  readonly staleMs: number;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly mirror: TableMirror;
  readonly ours: OurNames;
  readonly onEvicted: (type: EntryType) => void;
  /** Called with hits of readers, however few, before they are forgotten. */
  readonly onReaderHits: (entry: Entry, hits: number) => void;
  /** When to look at an entry that has not expired; undefined: never. */
  readonly nextLookMs: (entry: Entry, nowMs: number) => number | undefined;
  readonly onLook: (entry: Entry) => void;
}

/** Entries that one tick works on: 4 to 5 µs each, looked at or forgotten. */
const ENTRIES_PER_TICK = 500;
/** The wall clock was set when it moved by more than this against the monotonic one. */
const CLOCK_STEP_MS = 500;

export class KeptAnswers {
  readonly #options: KeptAnswersOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #recency: Readonly<Record<EntryType, Recency>>;
  readonly #due: DueQueue;
  #wallOffsetMs: number;
  /** Those that are still to be dated anew. */
  #undated: Iterator<Entry> | undefined;

  constructor(options: KeptAnswersOptions) {
    this.#options = options;
    const wasUsed = (entry: Entry) => this.takeHits(entry) > 0;
    this.#recency = {
      success: new Recency(options.successCapacity, wasUsed),
      denial: new Recency(options.denialCapacity, wasUsed),
    };
    this.#due = new DueQueue(options.nowMs());
    this.#wallOffsetMs = options.wallMs() - options.nowMs();
  }

  size(type: EntryType): number {
    return this.#recency[type].size;
  }

  /** Of what is kept now. */
  keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** What is kept, perhaps expired; whether that is used is the caller's to say with `use`. */
  get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#options.nowMs() < this.#overAtMs(entry)) return entry;
    this.drop(entry);
    return undefined;
  }

  use(entry: Entry): void {
    this.#recency[entry.type].use(entry);
    if (entry.expiresAtMs > this.#options.nowMs()) this.#options.mirror.keepAgain(entry);
  }

  /** Instead of what was kept for the same question. */
  put(entry: Entry): void {
    const { mirror, ours, onEvicted, nowMs } = this.#options;
    const old = this.#entries.get(entry.key);
    if (old !== undefined) this.#unlist(old);
    this.#entries.delete(entry.key);
    const recency = this.#recency[entry.type];
    if (recency.fits(entry)) {
      this.#entries.set(entry.key, entry);
      recency.add(entry);
      ours.add(entry);
      this.#schedule(entry, nowMs());
      if (nowMs() < entry.expiresAtMs) mirror.keep(entry);
    }
    if (old !== undefined && !entry.isInTable) mirror.forget(old);
    for (let last = recency.next(); last !== undefined; last = recency.next()) {
      this.drop(last);
      onEvicted(last.type);
    }
  }

  drop(entry: Entry): void {
    this.#unlist(entry);
    this.#entries.delete(entry.key);
    this.#options.mirror.forget(entry);
  }

  /** Whether it is what is kept of its question. */
  has(entry: Entry): boolean {
    return this.#entries.get(entry.key) === entry;
  }

  /** How often readers gave it since the last call. */
  takeHits(entry: Entry): number {
    const hits = this.#options.mirror.takeHits(entry);
    this.#options.onReaderHits(entry, hits);
    return hits;
  }

  /** What time has brought. To be called four times a second or so; does a bounded amount. */
  tick(): void {
    const { nowMs } = this.#options;
    this.#followWallClock();
    for (const entry of this.#due.take(nowMs(), ENTRIES_PER_TICK)) this.#attend(entry, nowMs());
  }

  #attend(entry: Entry, nowMs: number): void {
    const { mirror, onLook } = this.#options;
    if (nowMs >= this.#overAtMs(entry)) {
      this.drop(entry);
      return;
    }
    if (nowMs >= entry.expiresAtMs) mirror.forget(entry);
    else onLook(entry);
    if (this.has(entry)) this.#schedule(entry, nowMs);
  }

  #schedule(entry: Entry, nowMs: number): void {
    const { expiresAtMs } = entry;
    const lookMs = this.#options.nextLookMs(entry, nowMs) ?? Number.POSITIVE_INFINITY;
    const isOver = nowMs >= expiresAtMs;
    this.#due.set(entry, isOver ? this.#overAtMs(entry) : Math.min(expiresAtMs, lookMs));
  }

  /** A failure is never given when it is stale. */
  #overAtMs({ expiresAtMs, kept }: Entry): number {
    return expiresAtMs + (kept.kind === 'servfail' ? 0 : this.#options.staleMs);
  }

  #unlist(entry: Entry): void {
    this.#options.ours.remove(entry);
    this.#recency[entry.type].remove(entry);
    this.#due.remove(entry);
  }

  #followWallClock(): void {
    const { nowMs, wallMs, mirror } = this.#options;
    const offsetMs = wallMs() - nowMs();
    if (Math.abs(offsetMs - this.#wallOffsetMs) > CLOCK_STEP_MS) {
      this.#wallOffsetMs = offsetMs;
      this.#undated = this.#entries.values();
    }
    for (let i = 0; i < ENTRIES_PER_TICK && this.#undated !== undefined; i++) {
      const { value: entry } = this.#undated.next();
      if (entry === undefined) {
        this.#undated = undefined;
        return;
      }
      entry.saidAtWallMs = offsetMs + entry.saidAtMs;
      if (entry.isInTable) mirror.keep(entry);
    }
  }
}

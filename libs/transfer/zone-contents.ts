/**
 * What is in the zones that may be handed out: told the same as the table, beside it.
 *
 *   put, remove ─► changed ─ setZone, exact ─┬─► sealed: all of that serial ─► AXFR
 *                                            └─► a step of the history      ─► IXFR
 *
 * What is told after the last exact SOA waits: who asks gets a state that was true as a whole.
 */
import { formatRecord } from '../dns/presentation.ts';
import type { RR, RRset } from '../dns/rrset.ts';
import { recordsOf } from '../dns/rrset.ts';
import { serialOf } from './serial.ts';
import type { Changes, HistoryLimits } from './zone-history.ts';
import { HISTORY_LIMITS, ZoneHistory } from './zone-history.ts';
import { orderKey } from './zone-order.ts';
import type { ZoneDifference, ZoneSource } from './zone-source.ts';

export class ZoneContents {
  readonly #zones: ReadonlyMap<string, ZoneContent>;

  /** Zones, and names in them, are lower-case and absolute. */
  constructor(zones: readonly string[], limits: HistoryLimits = HISTORY_LIMITS) {
    this.#zones = new Map(zones.map((zone) => [zone, new ZoneContent(zone, limits)]));
  }

  /**
   * `exact`: all that happened up to the serial of this SOA has been told. Then it is the one to
   * hand out, unless its serial is that of before.
   */
  setZone(zone: string, soa: RR, exact: boolean): void {
    if (exact) this.#zones.get(zone)?.seal(soa);
  }

  /** All that the name has from now on; its SOA is setZone's to tell. */
  put(zone: string, name: string, rrsets: readonly RRset[]): void {
    this.#zones.get(zone)?.change(name, withoutSoa(rrsets));
  }

  remove(zone: string, name: string): void {
    this.#zones.get(zone)?.change(name, []);
  }

  source(zone: string): ZoneSource | undefined {
    return this.#zones.get(zone);
  }
}

interface Name {
  /** Where it is in the order of the zone. */
  readonly key: string;
  readonly rrsets: readonly RRset[];
}

class ZoneContent implements ZoneSource {
  readonly zone: string;
  readonly #history: ZoneHistory;
  readonly #sealed = new Map<string, Name>();
  #changed = new Map<string, readonly RRset[]>();
  /** The names sealed, in order: made when it is asked for, never changed. */
  #ordered: readonly Name[] | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(zone: string, limits: HistoryLimits) {
    this.zone = zone;
    this.#history = new ZoneHistory(limits);
  }

  soa(): RR | undefined {
    return this.#history.soa;
  }

  records(): Iterable<RR> {
    this.#ordered ??= [...this.#sealed.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    return recordsOfZone(this.#ordered);
  }

  differencesSince(serial: number): readonly ZoneDifference[] | undefined {
    return this.#history.since(serial);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  change(name: string, rrsets: readonly RRset[]): void {
    this.#changed.set(name, rrsets);
  }

  seal(soa: RR): void {
    const before = this.#history.soa;
    if (before !== undefined && serialOf(before) === serialOf(soa)) return;
    const isFirst = before === undefined;
    const changes = this.#take(isFirst);
    this.#history.seal(soa, changes);
    if (!isFirst && changes.removed.length + changes.added.length === 0) return;
    this.#ordered = undefined;
    for (const listener of this.#listeners) listener();
  }

  /** What was told becomes what is; the first time nobody can ask what is new. */
  #take(isFirst: boolean): Changes {
    const removed: RR[] = [];
    const added: RR[] = [];
    for (const [name, rrsets] of this.#changed) {
      if (!isFirst) compare(this.#sealed.get(name)?.rrsets ?? [], rrsets, { removed, added });
      const key = this.#sealed.get(name)?.key ?? orderKey(name, this.zone);
      if (rrsets.length === 0) this.#sealed.delete(name);
      else this.#sealed.set(name, { key, rrsets });
    }
    this.#changed = new Map();
    return { removed, added };
  }
}

/** NS of the apex first: the apex is the first name, and its NS its first set. */
function* recordsOfZone(names: readonly Name[]): Iterable<RR> {
  for (const [i, { rrsets }] of names.entries()) {
    if (i > 0) yield* uniqueRecords(rrsets);
    else yield* uniqueRecords([...rrsets].sort((a, b) => rank(a) - rank(b)));
  }
}

function rank({ type }: RRset): number {
  return type === 'NS' ? 0 : 1;
}

/** A set may be told in pieces that overlap. */
function uniqueRecords(rrsets: readonly RRset[]): Iterable<RR> {
  const [only, second] = rrsets;
  if (only !== undefined && second === undefined && only.rdatas.length === 1) {
    return recordsOf(only);
  }
  return byText(rrsets).values();
}

function byText(rrsets: readonly RRset[]): ReadonlyMap<string, RR> {
  return new Map(rrsets.flatMap(recordsOf).map((record) => [formatRecord(record), record]));
}

function compare(
  before: readonly RRset[],
  after: readonly RRset[],
  { removed, added }: { readonly removed: RR[]; readonly added: RR[] },
): void {
  const [old, now] = [byText(before), byText(after)];
  for (const [text, record] of old) if (!now.has(text)) removed.push(record);
  for (const [text, record] of now) if (!old.has(text)) added.push(record);
}

function withoutSoa(rrsets: readonly RRset[]): readonly RRset[] {
  return rrsets.some(({ type }) => type === 'SOA')
    ? rrsets.filter(({ type }) => type !== 'SOA')
    : rrsets;
}

/**
 * One zone of one file, which is read again when it changes.
 *
 *   look ─► the files are as they were? ─► read aside ─┬─ same serial ─► nothing
 *                                                      ├─ a zone ──────► serves from now on
 *                                                      └─ none ────────► the one before serves
 */
import { type Stats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { RR } from '../../../libs/dns/rrset.ts';
import { recordsOf } from '../../../libs/dns/rrset.ts';
import { serialOf } from '../../../libs/transfer/serial.ts';
import { HISTORY_LIMITS, ZoneHistory } from '../../../libs/transfer/zone-history.ts';
import { orderKey } from '../../../libs/transfer/zone-order.ts';
import type { ZoneDifference, ZoneSource } from '../../../libs/transfer/zone-source.ts';
import { rrsetOf, type Zone, type ZoneName } from '../../../libs/zone/zone.ts';
import { changesBetween, recordsAt, type ZoneChanges } from '../../../libs/zone/zone-changes.ts';
import { inTurns } from '../steps.ts';
import { readZone, readZoneNow, type ZoneRead } from './read-zone.ts';

export interface FileZoneOptions {
  /** Lower-case and absolute. */
  readonly origin: string;
  readonly path: string;
  /** A file that changed is another zone even if its serial is the same. */
  readonly byMtime: boolean;
}

type Replaced = (before: Zone | undefined, now: Zone) => void;

/** What happened when it was looked at. */
export type FileZoneNews =
  | { readonly kind: 'loaded'; readonly leftOut: readonly string[] }
  | { readonly kind: 'failed'; readonly why: string; readonly isNews: boolean };

/**
 * A file that was written in the last moment may not be whole yet, and its time may stay when it
 * is: it is looked at again.
 */
const SETTLED_AFTER_MS = 2000;

export class FileZone implements ZoneSource {
  #options: FileZoneOptions;
  readonly #wallMs: () => number;
  #history = new ZoneHistory(HISTORY_LIMITS);
  readonly #listeners = new Set<Replaced>();
  #zone: Zone | undefined;
  #soa: RR | undefined;
  #paths: readonly string[];
  /** Times and sizes of the files as they were read. */
  #stamp = '';
  #isSettled = true;
  #isLooking = false;
  #failure: string | undefined;
  /** The names of the zone in order: made when it is asked for. */
  #ordered: readonly ZoneName[] | undefined;

  constructor(options: FileZoneOptions, wallMs: () => number) {
    this.#options = options;
    this.#wallMs = wallMs;
    this.#paths = [options.path];
  }

  get options(): FileZoneOptions {
    return this.#options;
  }

  /** Its file is another one from now on. */
  moveTo(path: string): void {
    this.#options = { ...this.#options, path };
    this.#paths = [path];
    this.#stamp = '';
  }

  /** Nobody serves it any more, though somebody may hold it still. */
  forget(): void {
    this.#zone = undefined;
    this.#soa = undefined;
    this.#ordered = undefined;
    this.#stamp = '';
    this.#history = new ZoneHistory(HISTORY_LIMITS);
  }

  /** Undefined: it could not be read yet. */
  get current(): Zone | undefined {
    return this.#zone;
  }

  /** 0 while there is none. */
  get serial(): number {
    return this.#soa === undefined ? 0 : serialOf(this.#soa);
  }

  /** Why what is in the file is not served. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** At the start, all at once. Throws what is wrong with the file. */
  load(): ZoneRead {
    const { path, origin } = this.options;
    const before = stampOf([statSync(path)]);
    const read = readZoneNow(path, origin);
    this.#become(read, NOTHING);
    this.#seen(before, stampOf(read.paths.map((one) => statSync(one))));
    return read;
  }

  /** It could not be loaded. */
  missed(why: string): void {
    this.#failure = why;
  }

  /** Undefined: nothing happened. */
  async look(): Promise<FileZoneNews | undefined> {
    if (this.#isLooking) return undefined;
    this.#isLooking = true;
    try {
      const stamp = await stampNow(this.#paths);
      if (stamp.text === this.#stamp && this.#isSettled) return undefined;
      return await this.#read(stamp);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const isNews = why !== this.#failure;
      this.#failure = why;
      return { kind: 'failed', why, isNews };
    } finally {
      this.#isLooking = false;
    }
  }

  async #read(stamp: Stamp): Promise<FileZoneNews | undefined> {
    const { path, origin, byMtime } = this.options;
    const hasFailed = this.#failure !== undefined;
    const mayBeSame = !byMtime && this.#isSettled && !hasFailed;
    const unless = mayBeSame && this.#soa !== undefined ? serialOf(this.#soa) : undefined;
    const before = this.#zone;
    try {
      const read = await inTurns(readZone(path, origin, unless));
      this.#seen(stamp, read === undefined ? stamp : await stampNow(read.paths));
      if (read === undefined) return undefined;
      this.#paths = read.paths;
      const changes =
        before === undefined ? NOTHING : await inTurns(changesBetween(before, read.zone));
      const isSame = before !== undefined && isEmpty(changes) && hasSameSoa(before, read.zone);
      this.#failure = undefined;
      const { leftOut } = read;
      if (isSame) return hasFailed ? { kind: 'loaded', leftOut } : undefined;
      this.#become(read, changes);
      for (const replaced of this.#listeners) replaced(before, read.zone);
      return { kind: 'loaded', leftOut };
    } catch (error) {
      // Not only the file itself may be mended: also one that it includes, or who may read it.
      this.#stamp = '';
      throw error;
    }
  }

  #become({ zone, paths }: ZoneRead, changes: ZoneChanges): void {
    this.#soa = soaOf(zone);
    if (this.#soa !== undefined) this.#history.seal(this.#soa, changes);
    this.#zone = zone;
    this.#paths = paths;
    this.#ordered = undefined;
  }

  /** One that was written while it was read is read once more. */
  #seen(before: Stamp, after: Stamp): void {
    this.#stamp = after.main === before.main ? after.text : '';
    this.#isSettled = after.lastMs < this.#wallMs() - SETTLED_AFTER_MS;
  }

  get zone(): string {
    return this.options.origin;
  }

  soa(): RR | undefined {
    return this.#soa;
  }

  records(): Iterable<RR> {
    const zone = this.#zone;
    if (zone === undefined) return [];
    this.#ordered ??= [...zone.names]
      .map(([name, at]) => ({ at, key: orderKey(name, zone.origin) }))
      .sort((one, other) => (one.key < other.key ? -1 : 1))
      .map(({ at }) => at);
    return recordsOfNames(this.#ordered);
  }

  differencesSince(serial: number): readonly ZoneDifference[] | undefined {
    return this.#history.since(serial);
  }

  onChange(listener: () => void): () => void {
    return this.onReplaced(() => listener());
  }

  /** Calls back after the zone became another, until the function returned is called. */
  onReplaced(replaced: Replaced): () => void {
    this.#listeners.add(replaced);
    return () => void this.#listeners.delete(replaced);
  }
}

function* recordsOfNames(names: readonly ZoneName[]): Iterable<RR> {
  for (const at of names) yield* recordsAt(at);
}

interface Stamp {
  readonly text: string;
  /** Of the file itself, without those that it includes. */
  readonly main: string;
  /** When one of them was changed last, since 1970. */
  readonly lastMs: number;
}

async function stampNow(paths: readonly string[]): Promise<Stamp> {
  return stampOf(await Promise.all(paths.map((path) => stat(path).catch(() => undefined))));
}

/** Undefined: a file that is not there. */
function stampOf(stats: readonly (Stats | undefined)[]): Stamp {
  const lines = stats.map((one) => {
    return one === undefined ? 'none\n' : `${one.mtimeMs} ${one.size} ${one.ino}\n`;
  });
  const lastMs = Math.max(...stats.map((one) => one?.mtimeMs ?? 0));
  return { text: lines.join(''), main: lines[0] ?? '', lastMs };
}

const NOTHING: ZoneChanges = { removed: [], added: [] };

function isEmpty({ removed, added }: ZoneChanges): boolean {
  return removed.length + added.length === 0;
}

function hasSameSoa(one: Zone, other: Zone): boolean {
  const [before, after] = [soaOf(one), soaOf(other)];
  return before?.rdata === after?.rdata && before?.ttl === after?.ttl;
}

function soaOf({ apex }: Zone): RR | undefined {
  const soa = rrsetOf(apex, 'SOA');
  return soa && recordsOf(soa)[0];
}

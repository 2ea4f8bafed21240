/**
 * A log whose entries are kept by this process: all that memory and SQLite have in common.
 *
 *   append ─► compare the position ─► EntryStore.add ─► wake the readers
 *   read   ─► slices up to the head as it was ─► 'caught-up' ─► slices as they are added
 *
 * What a store does is synchronous, so an append can't meet another one halfway. Readers get
 * slices of limited size and let the event loop turn between two full ones: reading a long log
 * never holds up an answer. Who has read up to an append gets its entries as they were given.
 */
import { setImmediate } from 'node:timers/promises';
import { checkEntries, checkOutdated } from './check.ts';
import {
  type AppendOutcome,
  DELIVERY_ENTRIES_MAX,
  DELIVERY_OCTETS_MAX,
  type Delivery,
  type Entry,
  type EventLog,
  type Head,
  LogUnavailable,
  type Outdated,
  type Position,
  type ReadFrom,
  type StoredEntry,
} from './log.ts';
import { mayBeMarked } from './mark.ts';
import { Wakeup } from './wakeup.ts';

/**
 * Where the entries are. Positions follow each other by one; those of evicted entries stay empty.
 */
export interface EntryStore {
  head(): Head;
  /** Undefined where nothing was ever stored, or what was stored is evicted. */
  idAt(position: Position): string | undefined;
  /** Stores all of them after the head, as one, and evicts what is beyond HISTORY_PER_SUBJECT. */
  add(entries: readonly Entry[]): readonly Position[];
  slice(range: Range): Slice;
  /** Deletes of each subject what stands up to the position given, as one. */
  forget(outdated: readonly Outdated[]): void;
  /** The greatest that the `forgets` of an entry said. 0: nothing was ever forgotten. */
  forgottenUpTo(): Position;
  lastOf(subject: string): StoredEntry | undefined;
}

export interface Range {
  readonly after: Position;
  readonly upTo: Position;
  /** Only entries that are the last of their subject, of those up to `upTo`. */
  readonly lastOnly: boolean;
}

export interface Slice {
  /** At most DELIVERY_ENTRIES_MAX, in order. */
  readonly entries: readonly StoredEntry[];
  /** Where the next slice goes on: everything up to here was looked at. */
  readonly through: Position;
}

/** How far a reader is. */
interface ReadingPlace {
  position: Position;
  /** Up to here it is read now. */
  upTo: Position;
  lastOnly: boolean;
  isCaughtUp: boolean;
}

function begun({ position: upTo }: Head): ReadingPlace {
  return { position: 0, upTo, lastOnly: true, isCaughtUp: false };
}

/** What was appended at once, for readers that are there. */
interface Appended {
  readonly after: Position;
  readonly upTo: Position;
  readonly entries: readonly StoredEntry[];
}

/** Appends kept: a reader in step is one or two behind. */
const APPENDED_MAX = 4;

export class LocalLog implements EventLog {
  readonly cluster: string;
  readonly #store: EntryStore;
  readonly #appended: Appended[] = [];
  readonly #changed = new Wakeup();
  #closed = false;

  constructor(cluster: string, store: EntryStore) {
    this.cluster = cluster;
    this.#store = store;
  }

  async head(): Promise<Head> {
    this.#assertOpen();
    return this.#store.head();
  }

  async append(
    expected: Position,
    entries: readonly Entry[],
    incarnation?: string,
    mark?: string,
  ): Promise<AppendOutcome> {
    this.#assertOpen();
    checkEntries(entries);
    const { position: head, incarnation: own } = this.#store.head();
    const isOther = incarnation !== undefined && incarnation !== own;
    if (isOther || !this.#mayBeMarked(expected, mark)) {
      return { kind: 'conflict', positions: [], head };
    }
    const stored = this.#storedOf(expected, entries, head);
    const positions = entries.slice(0, stored).map((_, i) => expected + 1 + i);
    if (stored === entries.length) return { kind: 'appended', positions };
    if (expected + stored !== head) return { kind: 'conflict', positions, head };
    const added = this.#store.add(entries.slice(stored));
    this.#keep(head, entries.slice(stored), added);
    this.#changed.notify();
    return { kind: 'appended', positions: [...positions, ...added] };
  }

  async forget(outdated: readonly Outdated[]): Promise<void> {
    this.#assertOpen();
    checkOutdated(outdated, this.#store.forgottenUpTo());
    this.#store.forget(outdated);
  }

  async entryAt(position: Position): Promise<StoredEntry | undefined> {
    this.#assertOpen();
    const range = { after: position - 1, upTo: position, lastOnly: false };
    return this.#store.slice(range).entries[0];
  }

  async lastOf(subject: string): Promise<StoredEntry | undefined> {
    this.#assertOpen();
    return this.#store.lastOf(subject);
  }

  async *read(from: ReadFrom, signal: AbortSignal): AsyncGenerator<Delivery> {
    const wake = () => this.#changed.notify();
    signal.addEventListener('abort', wake);
    try {
      yield* this.#read(from, () => signal.aborted || this.#closed);
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /** Ends all reading; what is called later meets LogUnavailable. */
  close(): void {
    this.#closed = true;
    this.#changed.notify();
  }

  async *#read(from: ReadFrom, isOver: () => boolean): AsyncGenerator<Delivery> {
    if (isOver()) return;
    const begin = this.#store.head();
    const isKnown =
      from.kind === 'after' &&
      from.head.incarnation === begin.incarnation &&
      from.head.position <= begin.position &&
      this.#mayBeMarked(from.head.position, from.head.mark);
    if (from.kind === 'after' && !isKnown) yield { kind: 'restarted', head: begin };

    let place = begun(begin);
    if (isKnown) place = { ...place, position: from.head.position, lastOnly: false };
    while (!isOver()) {
      if (!place.lastOnly && place.position < this.#store.forgottenUpTo()) {
        const head = this.#store.head();
        place = begun(head);
        yield { kind: 'restarted', head };
        continue;
      }
      if (place.position < place.upTo) {
        const { entries, through } =
          (place.isCaughtUp ? this.#keptAfter(place.position) : undefined) ??
          this.#store.slice({ after: place.position, upTo: place.upTo, lastOnly: place.lastOnly });
        place.position = through;
        if (entries.length > 0) yield { kind: 'entries', entries };
        if (place.position < place.upTo) await setImmediate();
        continue;
      }
      if (!place.isCaughtUp) {
        place.isCaughtUp = true;
        yield { kind: 'caught-up', position: place.position };
        if (isOver()) return;
      }
      place.lastOnly = false;
      place.upTo = this.#store.head().position;
      if (place.position === place.upTo) await this.#changed.wait();
    }
  }

  /** Only what is no larger than a delivery may be. */
  #keep(after: Position, entries: readonly Entry[], positions: readonly Position[]): void {
    const octets = entries.reduce((sum, { data }) => sum + data.length, 0);
    if (entries.length > DELIVERY_ENTRIES_MAX || octets > DELIVERY_OCTETS_MAX) return;
    const stored = entries.map(({ subject, data }, i) => {
      return { position: positions[i] ?? 0, subject, data };
    });
    this.#appended.push({ after, upTo: positions.at(-1) ?? after, entries: stored });
    if (this.#appended.length > APPENDED_MAX) this.#appended.shift();
  }

  #keptAfter(position: Position): Slice | undefined {
    const kept = this.#appended.find(({ after }) => after === position);
    return kept && { entries: kept.entries, through: kept.upTo };
  }

  /** How many of the entries, counted from the first, stand after `expected` already. */
  #storedOf(expected: Position, entries: readonly Entry[], head: Position): number {
    let stored = 0;
    for (const [i, { id }] of entries.entries()) {
      const position = expected + 1 + i;
      if (position > head) break;
      const found = this.#store.idAt(position);
      if (found === id) stored = i + 1;
      else if (found !== undefined) break;
    }
    return stored;
  }

  #mayBeMarked(position: Position, mark: string | undefined): boolean {
    if (mark === undefined) return true;
    const range = { after: position - 1, upTo: position, lastOnly: false };
    return mayBeMarked(mark, this.#store.slice(range).entries[0]);
  }

  #assertOpen(): void {
    if (this.#closed) {
      throw new LogUnavailable(`Cannot use the log of cluster "${this.cluster}": it is closed`);
    }
  }
}

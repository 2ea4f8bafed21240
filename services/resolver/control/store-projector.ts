/**
 * Keeps the shared store of one cluster up to its log, together with every other resolver that
 * tries the same.
 *
 *   entries as the resolver     waiting: the latest
 *   reads them               ─► of each subject     ─► advance(from, to) ─┬─ advanced
 *                                                                         └─ conflict: another
 *                                                                            resolver was faster
 *
 * The position decides: whoever finds the store elsewhere than he thought takes that as his new
 * place. A store that is empty, or of another log, is filled again from the log. The store being
 * away costs nothing but its freshness.
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type EventLog,
  type Head,
  LogUnavailable,
  type StoredEntry,
} from '../../../libs/log/log.ts';
import { type FactStore, StoreUnavailable } from '../../../libs/store/store.ts';
import type { Log } from '../../../libs/telemetry/log.ts';

/**
 * Facts written in one step: bounds how long the store is busy with it (1,000 of 470 octets take 3
 * ms).
 */
const FACTS_PER_STEP = 1000;
/**
 * Subjects waiting beyond this are dropped, and the store filled again from the log later: bounds
 * memory, 50 MiB.
 */
const WAITING_MAX = 100_000;
/**
 * After a failure, and for whoever lost a race: so that the winner goes on alone. Half to the whole
 * of it, in ms.
 */
const PAUSE_MS = 1000;

export interface ProjectorOptions {
  readonly eventLog: EventLog;
  readonly store: FactStore;
  readonly log: Log;
  /** 0 to 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

export class StoreProjector {
  readonly #options: ProjectorOptions;
  /** Latest entry of each subject that the store may lack, in the order of their positions. */
  readonly #waiting = new Map<string, StoredEntry>();
  /** Where the store was when last heard of; 'unknown' before that. */
  #at: Head | undefined | 'unknown' = 'unknown';
  #mustFill = false;
  #running = false;
  #lastTrouble = '';

  constructor(options: ProjectorOptions) {
    this.#options = options;
  }

  /** The resolver has read the store at this place. */
  startAt(head: Head): void {
    this.#at = head;
  }

  /** Entries just read from the log. */
  offer(entries: readonly StoredEntry[]): void {
    if (this.#mustFill) return; // filling reads the log by itself
    for (const entry of entries) {
      this.#waiting.delete(entry.subject);
      this.#waiting.set(entry.subject, entry);
    }
    if (this.#waiting.size > WAITING_MAX) this.#fillLater();
    this.#run();
  }

  caughtUp(): void {
    this.#run();
  }

  /** The log is another one. */
  restarted(_head: Head): void {
    this.#fillLater();
    this.#run();
  }

  #fillLater(): void {
    this.#mustFill = true;
    this.#waiting.clear();
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#loop().finally(() => {
      this.#running = false;
      if (this.#waiting.size > 0 || this.#mustFill) if (!this.#options.signal.aborted) this.#run();
    });
  }

  async #loop(): Promise<void> {
    const { signal, random } = this.#options;
    while (!signal.aborted && (this.#waiting.size > 0 || this.#mustFill)) {
      try {
        const raced = this.#mustFill ? await this.#fill() : await this.#step();
        if (!raced) continue;
      } catch (error) {
        if (!(error instanceof StoreUnavailable || error instanceof LogUnavailable)) throw error;
        this.#trouble(error.message);
      }
      await delay(PAUSE_MS * (0.5 + random() / 2), undefined, { signal }).catch(() => {});
    }
  }

  /** Writes what waits. True when another resolver was faster. */
  async #step(): Promise<boolean> {
    const { eventLog, store } = this.#options;
    if (this.#at === 'unknown') this.#at = await store.head(eventLog.cluster);
    const { incarnation } = await eventLog.head();
    const at = this.#at;
    if (at === undefined || at.incarnation !== incarnation) {
      this.#fillLater();
      return false;
    }
    this.#forgetUpTo(at.position);
    const entries = firstOf(this.#waiting.values(), FACTS_PER_STEP);
    const last = entries.at(-1);
    if (last === undefined) return false;
    const to: Head = { incarnation, position: last.position };
    const outcome = await store.advance(eventLog.cluster, at, to, entries);
    this.#at = outcome.kind === 'advanced' ? to : outcome.head;
    if (outcome.kind === 'advanced') this.#forgetUpTo(to.position);
    return outcome.kind === 'conflict';
  }

  /**
   * Fills an empty store from the log's last entry of each subject, in steps. At every step it
   * holds what a reader needs who then reads the log from there: what a step lacks comes later in
   * the log than the step's position.
   */
  async #fill(): Promise<boolean> {
    const { eventLog, store, signal } = this.#options;
    const { cluster } = eventLog;
    const { incarnation } = await eventLog.head();
    const found = await store.head(cluster);
    if (found !== undefined && found.incarnation === incarnation) return this.#catchUpFrom(found);
    if (found !== undefined && (await store.discard(cluster, found)).kind === 'conflict')
      return true;
    const until = new AbortController();
    const either = AbortSignal.any([signal, until.signal]);
    let at: Head | undefined;
    for await (const delivery of eventLog.read({ kind: 'last-per-subject' }, either)) {
      if (delivery.kind === 'restarted') return true;
      if (delivery.kind === 'caught-up') {
        until.abort();
        continue;
      }
      const to: Head = { incarnation, position: delivery.entries.at(-1)?.position ?? 0 };
      if ((await store.advance(cluster, at, to, delivery.entries)).kind === 'conflict') return true;
      at = to;
    }
    return at === undefined || (await this.#catchUpFrom(at));
  }

  /** What came in between was not kept: read it again. */
  async #catchUpFrom(head: Head): Promise<boolean> {
    const { eventLog, signal } = this.#options;
    this.#at = head;
    this.#mustFill = false;
    const until = new AbortController();
    const either = AbortSignal.any([signal, until.signal]);
    for await (const delivery of eventLog.read({ kind: 'after', head }, either)) {
      if (delivery.kind === 'entries') this.offer(delivery.entries);
      if (delivery.kind === 'restarted') this.#fillLater();
      if (delivery.kind !== 'entries') until.abort();
    }
    return false;
  }

  #forgetUpTo(position: number): void {
    for (const [subject, entry] of this.#waiting) {
      if (entry.position > position) return; // they wait in the order of their positions
      this.#waiting.delete(subject);
    }
  }

  #trouble(text: string): void {
    if (text === this.#lastTrouble) return;
    this.#lastTrouble = text;
    this.#options.log.warning(`cluster ${this.#options.eventLog.cluster}: ${text}`);
  }
}

function firstOf<T>(items: Iterable<T>, most: number): readonly T[] {
  const some: T[] = [];
  for (const item of items) {
    if (some.length === most) break;
    some.push(item);
  }
  return some;
}

/**
 * Keeps the shared store of one cluster up to its log, together with every other resolver that
 * tries the same.
 *
 *   entries as the resolver     waiting: the latest
 *   reads them               ─► of each subject     ─► advance(from, to) ─┬─ advanced
 *                                                                         └─ conflict: another
 *                                                                            resolver was faster
 *
 * The position decides: whoever finds the store further on than he thought takes that as his new
 * place. A store that is empty, of another log, or rolled back to where nothing waits any more, is
 * filled from the log. The store being away costs nothing but its freshness.
 */
import type { Clock } from '../../../libs/clock/clock.ts';
import { isRemoval } from '../../../libs/event/codec.ts';
import type { EventLog, Head, Position, ReadFrom, StoredEntry } from '../../../libs/log/log.ts';
import { headAt, mayBeMarked } from '../../../libs/log/mark.ts';
import type { FactChange, FactStore } from '../../../libs/store/store.ts';
import type { Log } from '../../../libs/telemetry/log.ts';
import type { Turns } from './turns.ts';

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
 * Between two steps, in which changes gather: a step asks for the log's head, and a hundred
 * clusters of twenty changes a second would ask two thousand times. Who begins from the store reads
 * what it lacks from the log.
 */
const GATHER_MS = 500;
/**
 * After a failure, and for whoever lost a race: so that the winner goes on alone. Half to the whole
 * of it, in ms.
 */
const PAUSE_MS = 1000;
/**
 * How often the store is looked at while there is nothing to write: one that was emptied, or went
 * back, is filled again also in a quiet cluster. Half to the whole of it, in ms.
 */
const LOOK_MS = 30_000;

export interface ProjectorOptions {
  readonly eventLog: EventLog;
  readonly store: FactStore;
  readonly log: Log;
  /** 0 to 1. */
  readonly random: () => number;
  readonly clock: Clock;
  /** Of filling, which reads a whole log, with the other clusters. */
  readonly turns: Turns;
  readonly signal: AbortSignal;
}

export class StoreProjector {
  readonly #options: ProjectorOptions;
  /** Latest entry of each subject that the store may lack, in the order of their positions. */
  readonly #waiting = new Map<string, StoredEntry>();
  /** What waits is all that a store lacks which is at this position or later. */
  #since: Position = 0;
  /** Of the last entry that the resolver read. */
  #offered: Position = 0;
  /** Of the log that the resolver reads; undefined until it is known. */
  #incarnation: string | undefined;
  /** Where the store was when last heard of; 'unknown' before that. */
  #at: Head | undefined | 'unknown' = 'unknown';
  /** The place of which the log is known to have the entry. */
  #known: Head | undefined;
  #mustFill = false;
  /** The store may have what the log has lost. */
  #mustDiscard = false;
  #restarted = new AbortController();
  #running = false;
  #lastTrouble = '';

  constructor(options: ProjectorOptions) {
    this.#options = options;
  }

  /** The resolver has read the store at this place. */
  startAt(head: Head): void {
    this.#at = head;
    this.readsFrom(head);
  }

  /** What is offered follows this place: a store that is further back lacks more than that. */
  readsFrom({ incarnation, position }: Head): void {
    this.#incarnation = incarnation;
    this.#since = position;
  }

  /** Entries just read from the log. */
  offer(entries: readonly StoredEntry[]): void {
    this.#offered = entries.at(-1)?.position ?? this.#offered;
    if (this.#mustFill) return; // filling reads the log by itself
    for (const entry of entries) {
      if (entry.position <= this.#since) continue;
      this.#waiting.delete(entry.subject);
      this.#waiting.set(entry.subject, entry);
    }
    if (this.#waiting.size > WAITING_MAX) this.#fillLater();
    this.#run();
  }

  caughtUp(): void {
    this.#run();
  }

  /** The log is another one, or the same without its end. */
  restarted({ incarnation }: Head): void {
    if (this.#incarnation === undefined || this.#incarnation === incarnation) {
      this.#mustDiscard = true;
    }
    this.#incarnation = incarnation;
    this.#offered = 0;
    this.#fillLater();
    this.#restarted.abort();
    this.#restarted = new AbortController();
    this.#run();
  }

  /** Until the signal aborts. */
  async keepFilled(): Promise<void> {
    const { eventLog, store, clock, random, signal } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS * (0.5 + random() / 2), signal);
      if (signal.aborted || this.#running) continue;
      try {
        const found = await store.head(eventLog.cluster);
        const isBehind = found === undefined || found.position < this.#since;
        const isOther = this.#incarnation !== undefined && found?.incarnation !== this.#incarnation;
        if (this.#running || (!isBehind && !isOther)) continue;
        this.#fillLater();
        this.#run();
      } catch (error) {
        this.#trouble(textOf(error));
      }
    }
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

  /** Never rejects: whatever happens to it, the resolver goes on. */
  async #loop(): Promise<void> {
    const { signal, random, clock, turns } = this.#options;
    while (!signal.aborted && (this.#waiting.size > 0 || this.#mustFill)) {
      try {
        const raced = this.#mustFill ? await turns.take(() => this.#fill()) : await this.#step();
        if (!raced) {
          const mayGather = !this.#mustFill && this.#waiting.size < FACTS_PER_STEP;
          if (mayGather) await clock.sleep(GATHER_MS, signal);
          continue;
        }
      } catch (error) {
        this.#trouble(textOf(error));
      }
      await clock.sleep(PAUSE_MS * (0.5 + random() / 2), signal);
    }
  }

  /** Writes what waits. True when another was faster, or the resolver still reads an older log. */
  async #step(): Promise<boolean> {
    const { eventLog, store } = this.#options;
    if (this.#at === 'unknown') this.#at = await store.head(eventLog.cluster);
    const head = await eventLog.head();
    if (this.#mustFill) return false; // since it waited
    this.#incarnation ??= head.incarnation;
    const at = this.#at;
    const isOfLog =
      this.#incarnation === head.incarnation && at !== undefined && (await this.#isOf(head, at));
    if (this.#mustFill) return false;
    // A store further back was rolled back, or is being filled: what it lacks is written already.
    if (!isOfLog || at.position < this.#since) {
      this.#fillLater();
      return this.#incarnation !== head.incarnation;
    }
    this.#forgetUpTo(at.position);
    const entries = firstOf(this.#waiting.values(), FACTS_PER_STEP);
    const last = entries.at(-1);
    if (last === undefined) return false;
    const to = headAt(head.incarnation, last);
    const outcome = await store.advance(eventLog.cluster, at, to, entries.map(changeOf));
    this.#at = outcome.kind === 'advanced' ? to : outcome.head;
    if (outcome.kind === 'advanced') this.#known = to;
    if (outcome.kind === 'advanced' && !this.#mustFill) this.#forgetUpTo(to.position);
    return outcome.kind === 'conflict';
  }

  /**
   * Fills the store from the log: an empty one from the last entry of each subject, one that is
   * behind from where it is; until it has all that the resolver has read. At every step it holds
   * what a reader needs who then reads the log from there: what a step lacks comes later in the log
   * than the step's position.
   */
  async #fill(): Promise<boolean> {
    const { eventLog, store, signal } = this.#options;
    const { cluster } = eventLog;
    const restarted = this.#restarted.signal;
    const { incarnation, position } = await eventLog.head();
    const found = await store.head(cluster);
    const isOfLog = found !== undefined && (await this.#isOf({ incarnation, position }, found));
    let at = isOfLog && !this.#mustDiscard ? found : undefined;
    if (found !== undefined && at === undefined) {
      if ((await store.discard(cluster, found)).kind === 'conflict') return true;
    }
    if (restarted.aborted) return false;
    this.#mustDiscard = false;
    const from: ReadFrom =
      at === undefined ? { kind: 'last-per-subject' } : { kind: 'after', head: at };
    let isCaughtUp = false;
    for await (const delivery of eventLog.read(from, AbortSignal.any([signal, restarted]))) {
      if (delivery.kind === 'restarted') {
        this.#mustDiscard ||= delivery.head.incarnation === incarnation;
        return true;
      }
      const last = delivery.kind === 'entries' ? delivery.entries.at(-1) : undefined;
      if (delivery.kind === 'caught-up') isCaughtUp = true;
      else if (last !== undefined) {
        const to = headAt(incarnation, last);
        const outcome = await store.advance(cluster, at, to, delivery.entries.map(changeOf));
        if (outcome.kind === 'conflict') return true;
        at = to;
        this.#known = to;
      }
      if (!isCaughtUp || at === undefined || at.position < this.#offered) continue;
      if (restarted.aborted) return false;
      this.#at = at;
      this.#since = at.position;
      this.#mustFill = false;
      return false;
    }
    return false;
  }

  /** Whether the store's place is one of the log: the same entry stands there. */
  async #isOf({ incarnation, position }: Head, at: Head): Promise<boolean> {
    if (at.incarnation !== incarnation || at.position > position) return false;
    if (at === this.#known) return true;
    const there = await this.#options.eventLog.entryAt(at.position);
    if (!mayBeMarked(at.mark, there)) return false;
    this.#known = at;
    return true;
  }

  #forgetUpTo(position: Position): void {
    this.#since = Math.max(this.#since, position);
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

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Of what is gone no fact is kept. */
function changeOf({ subject, data }: StoredEntry): FactChange {
  return { subject, data: isRemoval(data) ? undefined : data };
}

function firstOf<T>(items: Iterable<T>, most: number): readonly T[] {
  const some: T[] = [];
  for (const item of items) {
    if (some.length === most) break;
    some.push(item);
  }
  return some;
}

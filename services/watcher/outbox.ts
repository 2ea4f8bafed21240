/**
 * What is to be told to the log, by subject: of an object that changes faster than the log takes
 * it, the latest state wins.
 *
 *   put ─► by subject ─► a batch, if no append is in flight ─► append(known position) ─► again
 *
 * One append is in flight, and it expects the position that is known: positions guessed ahead would
 * be no fence, since a deposed writer's guesses become true. While nothing is in flight, a change
 * is appended in the tick in which it is put; batches form while an append is on its way, and until
 * the turn of the event loop ends in which one was.
 * There are never more changes here than the cluster has objects.
 */
import { setImmediate } from 'node:timers/promises';
import type { AppendOutcome, Head, Position, StoredEntry } from '../../libs/log/log.ts';
import { ENTRY_OCTETS_MAX } from '../../libs/log/log.ts';
import { headAt } from '../../libs/log/mark.ts';
import type { Change } from './change.ts';
import { type Outgoing, type Session, untilAvailable, writeEntry } from './session.ts';

/**
 * Most entries of one append. On a log that stores entry by entry (0.3 to 0.6 ms each) a change
 * that comes meanwhile waits for the batch before it: at most about 50 ms.
 */
const BATCH_ENTRIES_MAX = 128;
/** Most octets of one append, beyond its first entry. */
const BATCH_OCTETS_MAX = 1024 * 1024;

interface Waiting {
  readonly change: Change;
  readonly observedAt: string;
}

/** What waited, on its way to the log. */
interface Sent extends Outgoing {
  readonly waiting: Waiting;
}

export class Outbox {
  readonly #session: Session;
  readonly #waiting = new Map<string, Waiting>();
  #head: Head;
  #inFlight = 0;
  #wake: () => void = () => {};

  /** Appends after this position of the log, which the ledger has read up to there. */
  constructor(session: Session, head: Head) {
    this.#session = session;
    this.#head = head;
  }

  get position(): Position {
    return this.#head.position;
  }

  /** With the mark of the entry there: a log that lost its end may have gone on to here. */
  get head(): Head {
    return this.#head;
  }

  get isInFlight(): boolean {
    return this.#inFlight > 0;
  }

  /** Changes that the log was not told yet. */
  get size(): number {
    return this.#waiting.size + this.#inFlight;
  }

  put(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    const observedAt = new Date(this.#session.clock.nowMs()).toISOString();
    for (const change of changes) {
      // What is said of all objects comes after those that were put before it.
      if (change.kind !== 'object') this.#waiting.delete(change.subject);
      this.#waiting.set(change.subject, { change, observedAt });
    }
    this.#wake();
  }

  /**
   * For a standby: forgets what the log says by now, since the writer told it. True if anything is
   * left.
   */
  hasUntold(): boolean {
    for (const [subject, { change }] of this.#waiting) {
      if (this.#isTold(change)) this.#waiting.delete(subject);
    }
    return this.size > 0;
  }

  #isTold({ kind, subject }: Change): boolean {
    const { ledger } = this.#session;
    if (kind === 'synced') return ledger.isSynced || ledger.held !== undefined;
    if (kind === 'removals') return ledger.isHoldingTold;
    if (kind === 'forgotten') return true;
    return !ledger.differs(subject);
  }

  /** Entries of others up to this one are known. */
  readTo(entry: StoredEntry): void {
    this.#head = headAt(this.#head.incarnation, entry);
  }

  /**
   * Appends until another writer is met ('deposed'; what was not stored waits again), or the signal
   * aborts.
   */
  async tell(signal: AbortSignal): Promise<'deposed' | 'stopped'> {
    let turnEnds: Promise<void> | undefined;
    while (!signal.aborted) {
      // An embedded log is as fast as a page of a list is read: each object would be a batch.
      await turnEnds;
      if (signal.aborted) break;
      const batch = this.#take();
      if (batch.length === 0) {
        await this.#somethingPut(signal);
        continue;
      }
      this.#inFlight = batch.length;
      const outcome = await this.#append(batch, signal);
      this.#inFlight = 0;
      this.#settle(batch, outcome?.positions ?? []);
      if (outcome?.kind === 'conflict') return 'deposed';
      turnEnds = setImmediate();
    }
    return 'stopped';
  }

  #take(): readonly Sent[] {
    const batch: Sent[] = [];
    let octets = 0;
    for (const [subject, waiting] of this.#waiting) {
      // Synced speaks of what was told before it, so it begins a batch.
      if (waiting.change.kind === 'synced' && batch.length > 0) break;
      if (batch.length >= BATCH_ENTRIES_MAX || octets >= BATCH_OCTETS_MAX) break;
      this.#waiting.delete(subject);
      const outgoing = this.#write(waiting);
      if (outgoing === undefined) continue;
      octets += outgoing.entry.data.length;
      batch.push({ ...outgoing, waiting });
    }
    return batch;
  }

  /** Undefined when there is nothing to say any more, or no way to say it. */
  #write({ change, ...source }: Waiting): Outgoing | undefined {
    const { ledger, writer, trouble } = this.#session;
    if (change.kind === 'synced') {
      if (ledger.held !== undefined) return undefined;
      return writeEntry(this.#session, ledger.syncedEvent(writer));
    }
    if (change.kind === 'removals') {
      const event = ledger.removalsEvent();
      return event && writeEntry(this.#session, event, source);
    }
    if (change.kind === 'forgotten') {
      const upTo = ledger.gone.toMark(this.#session.clock.nowMs());
      if (upTo === undefined) return undefined;
      return writeEntry(this.#session, { kind: 'forgotten', upTo }, source);
    }
    const { subject, event, resourceVersion } = change;
    if (!ledger.differs(subject)) return undefined;
    const version = resourceVersion === undefined ? {} : { resourceVersion };
    const outgoing = writeEntry(this.#session, event, { ...source, ...version });
    const octets = outgoing.entry.data.length;
    if (octets <= ENTRY_OCTETS_MAX) return outgoing;
    trouble(
      `Cannot tell of "${subject}": it takes ${octets} octets; expected at most ` +
        `${ENTRY_OCTETS_MAX}. What the log has of it stays as it is`,
    );
    return undefined;
  }

  /**
   * The same entries again until it is known what became of them; undefined if the signal aborts
   * before.
   */
  #append(batch: readonly Sent[], signal: AbortSignal): Promise<AppendOutcome | undefined> {
    const entries = batch.map(({ entry }) => entry);
    const { position, incarnation, mark } = this.#head;
    return untilAvailable(this.#session, signal, () =>
      this.#session.log.append(position, entries, incarnation, mark),
    );
  }

  /**
   * Of the batch, the first were stored, at these positions. The rest waits again, unless there is
   * news of it.
   */
  #settle(batch: readonly Sent[], positions: readonly Position[]): void {
    for (const [i, { waiting, event, entry }] of batch.entries()) {
      const position = positions[i];
      if (position !== undefined) {
        this.#session.ledger.stored(entry.subject, event, position);
      } else if (!this.#waiting.has(entry.subject)) {
        this.#waiting.set(entry.subject, waiting);
      }
    }
    const [position, last] = [positions.at(-1), batch[positions.length - 1]];
    if (position !== undefined && last !== undefined) this.readTo({ ...last.entry, position });
  }

  #somethingPut(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.#wake = () => {};
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener('abort', wake);
    });
  }
}

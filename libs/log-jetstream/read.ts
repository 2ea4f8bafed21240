/**
 * Reads a log for ever, over as many sessions as it takes.
 *
 *   resume ─► is it the same log, and has it what we read of it? ─► no: 'restarted', from the start
 *      ▲                                     └─ yes ─► a session behind the last position
 *      └───────────── whatever ends the session ◄──────────────┘
 *
 * The client's own ordered consumer stalls while the node that it sat on is down, and sometimes
 * after; its reset starts over where it should go on. So sessions begin by position only, and what
 * comes is checked against the last position here.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { DeliverPolicy } from '@nats-io/jetstream';
import type { Msg } from 'nats';
import type { Delivery, Head, Position, ReadFrom } from '../log/log.ts';
import { mayBeMarked } from '../log/mark.ts';
import { ID_HEADER, LOST_TAIL_AFTER_MS, type Target } from './append.ts';
import type { Nats } from './connection.ts';
import { forgottenUpTo } from './forget.ts';
import { PullSession, type StartAt } from './pull.ts';
import type { StreamState } from './stream.ts';

/** Between two sessions, where the first could not be had. */
const RETRY_MS = 250;
/** One wait for a connection; it is waited for again as long as anybody reads. */
const CONNECTION_WAIT_MS = 60_000;

export interface ReadOptions extends Target {
  readonly from: ReadFrom;
  readonly signal: AbortSignal;
  onTrouble(text: string): void;
}

export async function* readLog(options: ReadOptions): AsyncGenerator<Delivery> {
  const { connection, stream, from, signal } = options;
  const { name } = stream;
  const isOver = () => signal.aborted || connection.isClosed;
  const place = new Place(from.kind === 'after' ? from.head : undefined);
  while (!isOver()) {
    let session: PullSession | undefined;
    const end = () => session?.fail('reading has ended');
    const forget = connection.onReady(() => session?.fail('the connection is a new one'));
    signal.addEventListener('abort', end);
    try {
      const nats = await connection.ready(CONNECTION_WAIT_MS, signal);
      const state = await stream.state(nats);
      const mayMiss = async () => place.misses(await forgottenUpTo(nats, name));
      if ((await place.isLost(nats, state, name.stream)) || (await mayMiss())) {
        place.restart();
        const { incarnation, position } = state;
        yield { kind: 'restarted', head: { incarnation, position } };
      }
      place.begin(state);
      session = await PullSession.begin(nats, name.stream, place.startAt(name.subjects));
      if (isOver()) return;
      if (!place.hasPosition) await place.beganBefore(nats, await stream.state(nats), name.stream);
      // Asked of the stream's leader, which has all that was acknowledged.
      const isThere = async (seq: Position) =>
        (await nats.manager.streams.getMessage(name.stream, { seq })) !== null;
      yield* deliver(session, place, { isThere, mayMiss }, isOver);
    } catch (error) {
      if (isOver()) return;
      // A session that has ended is resumed at once; one that can't be had, after a while.
      if (session === undefined) {
        options.onTrouble(error instanceof Error ? error.message : String(error));
        await delay(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    } finally {
      signal.removeEventListener('abort', end);
      forget();
      session?.end();
    }
  }
}

/** Asked of the stream's leader. */
interface StreamQuestions {
  isThere(position: Position): Promise<boolean>;
  /** Whether something was forgotten that has not been read. */
  mayMiss(): Promise<boolean>;
}

async function* deliver(
  session: PullSession,
  place: Place,
  { isThere, mayMiss }: StreamQuestions,
  isOver: () => boolean,
): AsyncGenerator<Delivery> {
  let pending = session.pendingAtStart;
  while (!isOver()) {
    const caughtUp = await place.catchUp(pending, isThere);
    // Forgotten while it was read: the next session starts over.
    if (caughtUp !== undefined && (await mayMiss())) return;
    if (caughtUp !== undefined) place.hasCaughtUp();
    if (caughtUp !== undefined) yield { kind: 'caught-up', position: caughtUp };
    if (isOver()) return;
    const taken = await session.take();
    pending = taken.pending;
    const entries = taken.entries.filter(({ position }) => position > place.position);
    const last = entries.at(-1);
    if (last === undefined) continue;
    place.move(last.position, taken.last);
    yield { kind: 'entries', entries };
  }
}

/** How far a log was read, and of which log. */
class Place {
  #incarnation: string | undefined;
  #position: Position = 0;
  /** The entry at the position, by whose id it is known again. */
  #last: Msg | undefined;
  /** Of an entry that another reader has read. */
  #mark: string | undefined;
  /** It goes on entry by entry; else with the last of each subject. */
  hasPosition: boolean;
  /** From where it is read entry by entry, until it has caught up. */
  #began: Position | undefined;
  /** What has to be delivered before it is caught up; undefined when that is said. */
  #target: Position | undefined;
  /**
   * The end of the log when the last of each subject began to be read, until it has caught up: what
   * stands there has kept earlier entries out.
   */
  #end: { readonly position: Position; readonly id: string | undefined } | undefined;
  #isNew = true;
  #replicas = 1;
  #shortSince: number | undefined;

  constructor(head: Head | undefined) {
    this.#incarnation = head?.incarnation;
    this.#position = head?.position ?? 0;
    this.#mark = head?.mark;
    this.hasPosition = head !== undefined;
  }

  get position(): Position {
    return this.#position;
  }

  /** Whether the stream is another than the one that was read, or lacks the end of that. */
  async isLost({ manager }: Nats, state: StreamState, stream: string): Promise<boolean> {
    if (this.#incarnation === undefined) return false;
    if (this.#incarnation !== state.incarnation) return true;
    if (state.position < this.#position) {
      this.#shortSince ??= performance.now();
      const isBelieved = performance.now() - this.#shortSince >= LOST_TAIL_AFTER_MS;
      if (state.replicas === 1 || isBelieved) return true;
      throw new Error(`it ends at ${state.position}, ${this.#position} was read already`);
    }
    this.#shortSince = undefined;
    if (await this.#isEndLost(manager, state, stream)) return true;
    const id = this.#last?.headers?.get(ID_HEADER);
    if (id === undefined && this.#mark === undefined) return false;
    const stored = await manager.streams.getMessage(stream, { seq: this.#position });
    if (id === undefined) return !mayBeMarked(this.#mark, stored);
    return stored !== null && stored.header?.get(ID_HEADER) !== id;
  }

  async #isEndLost(
    manager: Nats['manager'],
    { position, replicas }: StreamState,
    stream: string,
  ): Promise<boolean> {
    const end = this.#end;
    if (end === undefined) return false;
    if (position < end.position) return replicas === 1;
    const stored = await manager.streams.getMessage(stream, { seq: end.position });
    return end.id !== undefined && stored !== null && stored.header?.get(ID_HEADER) !== end.id;
  }

  restart(): void {
    this.#incarnation = undefined;
    this.#position = 0;
    this.#last = undefined;
    this.#mark = undefined;
    this.#end = undefined;
    this.hasPosition = false;
    this.#began = undefined;
    this.#shortSince = undefined;
    this.#isNew = true;
  }

  /**
   * Whether some of the entries up to there may have been forgotten before they were read. Who has
   * caught up has read all up to its position; who has not can't tell when it passed them.
   */
  misses(forgottenUpTo: Position): boolean {
    if (!this.hasPosition) return false;
    const hasCaughtUp = !this.#isNew && this.#target === undefined;
    if (!hasCaughtUp) this.#began ??= this.#position;
    return (this.#began ?? this.#position) < forgottenUpTo;
  }

  /** A session begins on the stream as it is. */
  begin({ incarnation, position, replicas }: StreamState): void {
    this.#incarnation = incarnation;
    this.#replicas = replicas;
    if (this.#isNew) this.#target = position;
    // One server may have lost the end since, before that was read. Of several, one that leads
    // since a moment may not have it yet.
    const isShorter = this.#target !== undefined && position < this.#target;
    if (isShorter && replicas === 1) this.#target = position;
    this.#isNew = false;
  }

  /**
   * What was written while the session began may stand in for an older entry of its subject: all
   * up to there is needed for the last of each.
   */
  async beganBefore({ manager }: Nats, { position }: StreamState, stream: string): Promise<void> {
    this.#target = position;
    const last =
      position === 0 ? null : await manager.streams.getMessage(stream, { seq: position });
    this.#end = { position, id: last?.header?.get(ID_HEADER) };
  }

  /** "Last per subject" is refused without a filter, even one that all subjects pass. */
  startAt(subjects: string): StartAt {
    return this.hasPosition
      ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: this.#position + 1 }
      : { deliver_policy: DeliverPolicy.LastPerSubject, filter_subject: subjects };
  }

  move(position: Position, last: Msg | undefined): void {
    this.#position = position;
    this.#last = last;
    this.#mark = undefined;
    this.hasPosition = true;
  }

  /** From here on no entry may be left out, also where the log was empty. */
  hasCaughtUp(): void {
    this.hasPosition = true;
    this.#end = undefined;
    this.#target = undefined;
    this.#began = undefined;
  }

  /**
   * The position at which reading has just caught up, until that is said. A consumer that has
   * nothing left proves it only where the stream has one replica: among several it may sit on one
   * that lags. The target is then still to come, unless it was deleted.
   */
  async catchUp(
    pending: number,
    isThere: (position: Position) => Promise<boolean>,
  ): Promise<Position | undefined> {
    const target = this.#target;
    if (target === undefined) return undefined;
    if (this.#position < target) {
      if (pending > 0 || (this.#replicas > 1 && (await isThere(target)))) return undefined;
    }
    return Math.max(target, this.#position);
  }
}

/**
 * Reading a log over the simulated network, over as many sessions as it takes, as
 * ../../libs/log-jetstream/read.ts does over NATS.
 */
import type { Delivery, Head, Position, ReadFrom } from '../../libs/log/log.ts';
import { mayBeMarked } from '../../libs/log/mark.ts';
import { type Kept, type LogDefects, type Pushed, type ServedLog, Session } from './log-server.ts';
import { Lost, type Stream, type Wire } from './network.ts';
import { Queue } from './queue.ts';
import type { Seeded } from './seeded.ts';

const REQUEST_TIMEOUT_MS = 1000;
/** Between two sessions, where the first could not be had. */
const RETRY_MS = 250;
/** Entries of one push, at most: few, so that much can happen between two. */
const PUSH_MAX = 12;

export interface SimReadOptions {
  readonly wire: Wire;
  readonly log: () => ServedLog;
  readonly chance: Seeded;
  readonly defects: LogDefects;
  readonly from: ReadFrom;
  readonly signal: AbortSignal;
}

export async function* readServed(options: SimReadOptions): AsyncGenerator<Delivery> {
  const { wire, log, defects, from, signal } = options;
  const place = new Place(from.kind === 'after' ? from.head : undefined);
  const isResolver = wire.machine.name.startsWith('resolver');
  if (defects.isCaughtUpAtOnce && isResolver) yield { kind: 'caught-up', position: 0 };
  while (!signal.aborted) {
    const inbox = new Inbox();
    const end = () => inbox.fail();
    signal.addEventListener('abort', end);
    try {
      const { cluster } = log();
      const { hasPosition, position, end: endAt } = place;
      const { head, there, atEnd, upTo } = await wire.ask(
        `${cluster}: its state`,
        REQUEST_TIMEOUT_MS,
        () => ({
          head: log().head,
          there: hasPosition && !defects.looksAtNoMarks ? log().at(position) : undefined,
          atEnd: endAt === undefined ? undefined : log().at(endAt)?.id,
          upTo: log().forgottenUpTo,
        }),
      );
      if (
        place.isLost(head, there) ||
        place.isEndLost(head, atEnd) ||
        (place.hasPosition && place.position < upTo)
      ) {
        place.restart();
        yield { kind: 'restarted', head };
      }
      place.begin(head);
      const begun = await wire.ask(`${cluster}: a session`, REQUEST_TIMEOUT_MS, () => {
        inbox.open(options, place);
        const { position: end } = log().head;
        return { head: log().head, endId: log().at(end)?.id };
      });
      // It may have become another one between the two questions.
      if (place.isLost(begun.head, undefined)) continue;
      place.hasSession(begun.head.position, begun.endId);
      yield* deliver(inbox, place, () => signal.aborted);
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      if (!signal.aborted) await wire.machine.clock.sleep(RETRY_MS, signal);
    } finally {
      signal.removeEventListener('abort', end);
      inbox.close();
    }
  }
}

async function* deliver(
  inbox: Inbox,
  place: Place,
  isOver: () => boolean,
): AsyncGenerator<Delivery> {
  let isDrained = false;
  while (!isOver()) {
    const caughtUp = place.catchUp(isDrained);
    if (caughtUp !== undefined) yield { kind: 'caught-up', position: caughtUp };
    if (isOver()) return;
    const pushed = await inbox.take();
    if (pushed === undefined) return;
    if (pushed.kind === 'drained') {
      isDrained = true;
      continue;
    }
    const news = pushed.entries.filter(({ position }) => position > place.position);
    const last = news.at(-1);
    if (last === undefined) continue;
    place.move(last.position, last.id);
    const entries = news.map(({ position, subject, data }) => ({ position, subject, data }));
    yield { kind: 'entries', entries };
  }
}

/** One session, as its reader has it. */
class Inbox {
  readonly #pushed = new Queue<Pushed>();
  #stream: Stream<Pushed> | undefined;

  /** At the server. */
  open({ wire, log, chance }: SimReadOptions, place: Place): void {
    const take = (item: Pushed) => this.#pushed.push(item);
    const stream = wire.stream(`${log().cluster}: entries`, take, () => this.fail());
    this.#stream = stream;
    const { position } = log().head;
    const lagging = chance.chance(0.3) ? position - chance.below(8) : position;
    const most = 1 + chance.below(PUSH_MAX);
    const after = place.hasPosition ? place.position : undefined;
    new Session(log(), stream, { after, most, lagging: Math.max(0, lagging) });
  }

  async take(): Promise<Pushed | undefined> {
    return (await this.#pushed.next())?.item;
  }

  fail(): void {
    this.#pushed.end();
  }

  close(): void {
    this.#stream?.forget();
  }
}

/** How far a log was read, and of which log. */
class Place {
  #incarnation: string | undefined;
  position: Position = 0;
  /** The entry that was read last: by this reader, or by another. */
  #lastId: string | undefined;
  #mark: string | undefined;
  hasPosition: boolean;
  /** What has to be delivered before it is caught up; undefined when that is said. */
  #target: Position | undefined;
  /** The end of the log when the last of each subject began to be read, until it has caught up. */
  #end: { readonly position: Position; readonly id: string | undefined } | undefined;
  #isNew = true;

  constructor(head: Head | undefined) {
    this.#incarnation = head?.incarnation;
    this.position = head?.position ?? 0;
    this.#mark = head?.mark;
    this.hasPosition = head !== undefined;
  }

  /** `there`: what stands at the position now. */
  isLost(head: Head, there: Kept | undefined): boolean {
    if (this.#incarnation === undefined) return false;
    if (this.#incarnation !== head.incarnation || head.position < this.position) return true;
    if (this.#lastId === undefined) return !mayBeMarked(this.#mark, there);
    return there !== undefined && there.id !== this.#lastId;
  }

  restart(): void {
    this.#incarnation = undefined;
    this.position = 0;
    this.#lastId = undefined;
    this.#mark = undefined;
    this.#end = undefined;
    this.hasPosition = false;
    this.#isNew = true;
  }

  begin({ incarnation, position }: Head): void {
    this.#incarnation = incarnation;
    if (this.#isNew) this.#target = position;
    // It may have lost its end since, before that was read.
    if (this.#target !== undefined) this.#target = Math.min(this.#target, position);
    this.#isNew = false;
  }

  /** Of the last of each subject, those up to where the session began come in no order of time. */
  hasSession(position: Position, id: string | undefined): void {
    if (this.hasPosition) return;
    this.#target = position;
    this.#end = { position, id };
  }

  /** Where what kept earlier entries out stood, if it may have been lost since. */
  get end(): Position | undefined {
    return this.#end?.position;
  }

  isEndLost({ position }: Head, idThere: string | undefined): boolean {
    if (this.#end === undefined) return false;
    if (position < this.#end.position) return true;
    return this.#end.id !== undefined && idThere !== undefined && idThere !== this.#end.id;
  }

  move(position: Position, id: string): void {
    this.position = position;
    this.#lastId = id;
    this.hasPosition = true;
  }

  /** Where reading has just caught up; said once. */
  catchUp(isDrained: boolean): Position | undefined {
    const target = this.#target;
    if (target === undefined || (!isDrained && this.position < target)) return undefined;
    this.#target = undefined;
    this.#end = undefined;
    // From here on no entry may be left out, also where the log was empty.
    this.hasPosition = true;
    return Math.max(target, this.position);
  }
}

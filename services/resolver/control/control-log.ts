/**
 * The control log as this resolver knows it, and its way to add to it.
 *
 *   disk, else nothing ─► ControlState ◄─ the log, from its beginning on
 *                              │
 *                              └─► changed(state)
 *
 *   append(events): after all that is known, or not at all
 *
 * What another resolver or an operator appended meanwhile makes an append a conflict: whoever
 * wanted it looks at the state again, which then has what came.
 */
import type { Clock } from '../../../libs/clock/clock.ts';
import { type ControlEvent, controlSubjectOf } from '../../../libs/event/control.ts';
import { decodeControl, encodeControl } from '../../../libs/event/control-codec.ts';
import { ControlState, evolveControl } from '../../../libs/federation/control-state.ts';
import {
  type Delivery,
  type EventLog,
  LogUnavailable,
  type Position,
  type StoredEntry,
} from '../../../libs/log/log.ts';
import type { FactSnapshot } from '../../../libs/store/store.ts';
import type { Log } from '../../../libs/telemetry/log.ts';

/** Words that are named in one line. */
const LOST_TOLD_MAX = 10;

export interface ControlLogOptions {
  readonly federation: string;
  readonly eventLog: EventLog;
  /** What this machine kept of it; undefined: nothing. */
  readonly kept: () => Promise<FactSnapshot | undefined>;
  /** The state is another than before, also when it was read for the first time. */
  readonly changed: (state: ControlState) => void;
  readonly clock: Clock;
  /** Unique for ever: names an entry. */
  readonly uuid: () => string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** How much of the log was folded, and into what. */
interface Known {
  readonly state: ControlState;
  /** Subject → position of its last entry. */
  readonly positions: Map<string, Position>;
  position: Position;
  isCaughtUp: boolean;
}

export class ControlLog {
  readonly #options: ControlLogOptions;
  #known = nothingKnown();
  /** Of a log made anew, until all of it has been read: what was known counts meanwhile. */
  #anew: Known | undefined;
  #incarnation: string | undefined;

  constructor(options: ControlLogOptions) {
    this.#options = options;
  }

  get state(): ControlState {
    return this.#known.state;
  }

  /** Whether the state is that of the log, as far as this process has heard. */
  get isRead(): boolean {
    return this.#known.isCaughtUp && this.#anew === undefined;
  }

  /** Whether the state is one that the log had, though it may have been made anew since. */
  get wasRead(): boolean {
    return this.#known.isCaughtUp;
  }

  /** Until the signal aborts. */
  async follow(): Promise<void> {
    const { eventLog, kept, changed, signal } = this.#options;
    const snapshot = await kept();
    if (snapshot !== undefined) {
      const { position } = snapshot.head;
      for (const [subject, data] of snapshot.facts) {
        this.#fold(this.#known, { position, subject, data });
      }
      changed(this.state);
    }
    for await (const delivery of eventLog.read({ kind: 'last-per-subject' }, signal)) {
      await this.#take(delivery);
    }
  }

  /**
   * How many of them are in the log now, from the first on. Not all when this is not known, when
   * somebody else was there before, or while the log has not been read.
   */
  async append(events: readonly ControlEvent[]): Promise<number> {
    const { federation, eventLog, clock, uuid } = this.#options;
    if (!this.isRead) return 0;
    const { position, positions } = this.#known;
    const observedAt = new Date(clock.nowMs()).toISOString();
    const entries = events.map((event) => {
      const subject = controlSubjectOf(federation, event);
      const data = encodeControl({ event, observedAt, prev: positions.get(subject) ?? 0 });
      return { subject, data, id: uuid() };
    });
    try {
      return (await eventLog.append(position, entries, this.#incarnation)).positions.length;
    } catch (error) {
      this.#unavailable(error);
      return 0;
    }
  }

  /** Whether it answers now. */
  async isReachable(): Promise<boolean> {
    try {
      await this.#options.eventLog.head();
      return true;
    } catch (error) {
      this.#unavailable(error);
      return false;
    }
  }

  #unavailable(error: unknown): void {
    if (!(error instanceof LogUnavailable)) throw error;
    this.#options.log.warning(`control log: ${error.message}`);
  }

  async #take(delivery: Delivery): Promise<void> {
    const { eventLog, changed } = this.#options;
    switch (delivery.kind) {
      case 'entries':
        for (const entry of delivery.entries) this.#fold(this.#into, entry);
        break;
      case 'restarted':
        this.#anew = nothingKnown();
        this.#incarnation = delivery.head.incarnation;
        return;
      case 'caught-up': {
        // What was kept, or was read of another log, is over: this is all that there is.
        const into = this.#into;
        if (into !== this.#known && this.#known.isCaughtUp) this.#tellLost(into.state);
        into.position = Math.max(into.position, delivery.position);
        into.isCaughtUp = true;
        this.#incarnation ??= await incarnationOf(eventLog);
        this.#known = into;
        this.#anew = undefined;
        break;
      }
    }
    if (this.isRead) changed(this.state);
  }

  /** Nobody but the operator can say it again. */
  #tellLost(now: ControlState): void {
    const before = this.#known.state;
    const drained = [...before.drained].filter((cluster) => !now.drained.has(cluster));
    const pinned = [...before.pins.keys()].filter((key) => !now.pins.has(key));
    const lost = [
      ...drained.map((cluster) => `drain ${cluster}`),
      ...pinned.map((key) => `pin of ${key}`),
    ];
    if (lost.length === 0) return;
    const some = lost.slice(0, LOST_TOLD_MAX).join(', ');
    const more = lost.length > LOST_TOLD_MAX ? ` and ${lost.length - LOST_TOLD_MAX} more` : '';
    this.#options.log.warning(
      `control log: it was made anew or has lost its end, and with that ${some}${more}; ` +
        'expected an operator to say it again',
    );
  }

  /** The first reading builds the state anew as well: the snapshot may be of another log. */
  get #into(): Known {
    if (this.#anew === undefined && !this.#known.isCaughtUp) this.#anew = nothingKnown();
    return this.#anew ?? this.#known;
  }

  #fold(known: Known, { position, subject, data }: StoredEntry): void {
    known.position = Math.max(known.position, position);
    known.positions.set(subject, position);
    const decoded = decodeControl(data);
    if (decoded.kind === 'event') evolveControl(known.state, decoded.envelope.event, position);
    else this.#options.log.warning(`control log: ${decoded.why}`);
  }
}

function nothingKnown(): Known {
  return { state: new ControlState(), positions: new Map(), position: 0, isCaughtUp: false };
}

/** Without it an append is fenced by the position alone. */
async function incarnationOf(eventLog: EventLog): Promise<string | undefined> {
  try {
    return (await eventLog.head()).incarnation;
  } catch (error) {
    if (!(error instanceof LogUnavailable)) throw error;
    return undefined;
  }
}

/**
 * A log server with JetStream's semantics: a stream per cluster, one entry a request, the fence by
 * the last position alone. It can lose the end of a log, or the whole of it.
 */
import { CONTROL_LOG } from '../../libs/log/check.ts';
import {
  type Entry,
  type Head,
  HISTORY_PER_SUBJECT,
  type Position,
  type StoredEntry,
} from '../../libs/log/log.ts';
import { Server, type Stream } from './network.ts';

export interface Kept extends StoredEntry {
  readonly id: string;
}

/** What a reader's session is pushed. */
export type Pushed =
  | { readonly kind: 'entries'; readonly entries: readonly Kept[] }
  /** All that was there when the session began has been pushed. */
  | { readonly kind: 'drained' };

export interface LogDefects {
  /** Any append is taken, whatever it expects. */
  readonly hasNoFence?: true;
  /** One entry in so many is acknowledged and not stored. */
  readonly dropsOneIn?: number;
  /** Readers in resolvers say at once that they have caught up. */
  readonly isCaughtUpAtOnce?: true;
  /** Readers go on at a position, whatever entry stands there. */
  readonly looksAtNoMarks?: true;
}

/** Who is told what happens to the logs: the checkers. */
export interface LogWitness {
  added(log: ServedLog, entry: Kept): void;
  reset(log: ServedLog): void;
}

export class LogServer extends Server {
  readonly logs = new Map<string, ServedLog>();
  /** When each was used first. */
  readonly createdAtMs = new Map<string, number>();
  readonly #witness: LogWitness;
  readonly #nowMs: () => number;
  /** Defects on purpose, for mutants.test.ts. */
  defects: LogDefects = {};
  /** Who hears the heartbeats, and who is asked for them. */
  readonly hearing = new Set<Stream<{ readonly cluster: string; readonly data: Uint8Array }>>();
  readonly asked = new Set<Stream<void>>();

  constructor(witness: LogWitness, nowMs: () => number) {
    super('log');
    this.#witness = witness;
    this.#nowMs = nowMs;
  }

  /** Made when it is used first. */
  log(cluster: string): ServedLog {
    const known = this.logs.get(cluster);
    if (known !== undefined) return known;
    const log = new ServedLog(cluster, this.#witness);
    this.logs.set(cluster, log);
    this.createdAtMs.set(cluster, this.#nowMs());
    return log;
  }

  clusters(): readonly string[] {
    return [...this.logs.keys()].filter((name) => name !== CONTROL_LOG).sort();
  }
}

export class ServedLog {
  readonly cluster: string;
  /** How often it was made anew or lost its end. */
  resets = 0;
  readonly sessions = new Set<Session>();
  readonly #witness: LogWitness;
  readonly #kept = new Map<Position, Kept>();
  readonly #history = new Map<string, Position[]>();
  #incarnations = 0;
  #head: Position = 0;
  /** Who has not read up to there may have missed what was forgotten. */
  forgottenUpTo: Position = 0;

  constructor(cluster: string, witness: LogWitness) {
    this.cluster = cluster;
    this.#witness = witness;
  }

  get head(): Head {
    return { incarnation: `${this.cluster}-${this.#incarnations}`, position: this.#head };
  }

  at(position: Position): Kept | undefined {
    return this.#kept.get(position);
  }

  lastOf(subject: string): Kept | undefined {
    return this.#kept.get(this.#history.get(subject)?.at(-1) ?? 0);
  }

  /** The first entry after this position. */
  nextAfter(position: Position): Kept | undefined {
    for (let at = position + 1; at <= this.#head; at++) {
      const kept = this.#kept.get(at);
      if (kept !== undefined) return kept;
    }
    return undefined;
  }

  after(position: Position): readonly Kept[] {
    const kept: Kept[] = [];
    for (let at = position + 1; at <= this.#head; at++) {
      const one = this.#kept.get(at);
      if (one !== undefined) kept.push(one);
    }
    return kept;
  }

  /** Of the entries up to this position the last of each subject, in order. */
  lastOfEach(upTo: Position): readonly Kept[] {
    const last = new Map<string, Kept>();
    for (const entry of this.after(0)) if (entry.position <= upTo) last.set(entry.subject, entry);
    return [...last.values()].sort((a, b) => a.position - b.position);
  }

  /** After the head, whatever that is: who calls has compared it. */
  add({ subject, data, id, forgets = 0 }: Entry): Position {
    const position = ++this.#head;
    this.forgottenUpTo = Math.max(this.forgottenUpTo, forgets);
    const kept = { position, subject, data, id };
    this.#kept.set(position, kept);
    const history = this.#history.get(subject) ?? [];
    this.#history.set(subject, history);
    history.push(position);
    const oldest = history.length > HISTORY_PER_SUBJECT ? history.shift() : undefined;
    if (oldest !== undefined) this.#kept.delete(oldest);
    this.forgottenUpTo = Math.max(this.forgottenUpTo, forgets);
    this.#witness.added(this, kept);
    for (const session of this.sessions) session.push();
    return position;
  }

  /** All entries of the subject up to this position. */
  forget(subject: string, upTo: Position): void {
    const positions = this.#history.get(subject) ?? [];
    const left = positions.filter((position) => position > upTo);
    for (const position of positions) if (position <= upTo) this.#kept.delete(position);
    if (left.length === 0) this.#history.delete(subject);
    else this.#history.set(subject, left);
  }

  /** As a server that had not written it to its disk, or one that was restored from a backup. */
  loseTail(to: Position): void {
    if (to >= this.#head) return;
    for (let at = to + 1; at <= this.#head; at++) this.#kept.delete(at);
    for (const [subject, positions] of this.#history) {
      const left = positions.filter((position) => position <= to);
      if (left.length === 0) this.#history.delete(subject);
      else this.#history.set(subject, left);
    }
    this.#head = to;
    this.forgottenUpTo = Math.min(this.forgottenUpTo, to);
    this.#reset();
  }

  makeAnew(): void {
    this.#kept.clear();
    this.#history.clear();
    this.#head = 0;
    this.forgottenUpTo = 0;
    this.#incarnations++;
    this.#reset();
  }

  #reset(): void {
    this.resets++;
    for (const session of this.sessions) session.end();
    this.#witness.reset(this);
  }
}

/** One reader's session: what there is, then what comes, a few entries at a time. */
export class Session {
  readonly #log: ServedLog;
  readonly #stream: Stream<Pushed>;
  readonly #most: number;
  #position: Position;

  /**
   * `lagging`: it begins on a copy that ends there. `most`: entries of one push.
   */
  constructor(log: ServedLog, stream: Stream<Pushed>, { after, most, lagging }: SessionOptions) {
    this.#log = log;
    this.#stream = stream;
    this.#most = most;
    const { position: head } = log.head;
    if (after === undefined) {
      this.#position = Math.min(lagging, head);
      this.#send(log.lastOfEach(this.#position));
    } else {
      this.#position = after;
    }
    this.push();
    stream.send({ kind: 'drained' });
    log.sessions.add(this);
  }

  push(): void {
    if (!this.#stream.isOpen()) {
      this.#log.sessions.delete(this);
      return;
    }
    this.#send(this.#log.after(this.#position));
    this.#position = this.#log.head.position;
  }

  end(): void {
    this.#log.sessions.delete(this);
    this.#stream.end();
  }

  #send(entries: readonly Kept[]): void {
    for (let at = 0; at < entries.length; at += this.#most) {
      this.#stream.send({ kind: 'entries', entries: entries.slice(at, at + this.#most) });
    }
  }
}

export interface SessionOptions {
  /** Undefined: the last entry of each subject, then the tail. */
  readonly after: Position | undefined;
  readonly most: number;
  readonly lagging: Position;
}

/**
 * The port to the logs over the simulated network: what ../../libs/log-jetstream does over NATS,
 * with the same patience. Reading is in sim-read.ts.
 */
import { checkClusterName, checkEntries, checkOutdated } from '../../libs/log/check.ts';
import type { Heartbeats } from '../../libs/log/heartbeats.ts';
import {
  type AppendOutcome,
  type Delivery,
  type Entry,
  type EventLog,
  type Head,
  type Logs,
  LogUnavailable,
  type Outdated,
  type Position,
  type ReadFrom,
  type StoredEntry,
} from '../../libs/log/log.ts';
import { markOf, mayBeMarked } from '../../libs/log/mark.ts';
import type { Kept, LogServer, ServedLog } from './log-server.ts';
import { Lost, type Wire } from './network.ts';
import type { Seeded } from './seeded.ts';
import { SimHeartbeats } from './sim-heartbeats.ts';
import { readServed } from './sim-read.ts';

/** As long as the adapter to NATS tries an append or a question, in ms. */
const PATIENCE_MS = 5000;
/** And waits for one answer. */
export const REQUEST_TIMEOUT_MS = 1000;
const RETRY_MS = 20;

export interface SimLogsOptions {
  readonly wire: Wire;
  readonly server: LogServer;
  readonly chance: Seeded;
  /** Told of what a writer is told to be stored. */
  readonly onStored: (log: ServedLog, incarnation: string, position: Position, id: string) => void;
}

export class SimLogs implements Logs {
  readonly heartbeats: Heartbeats;
  readonly #options: SimLogsOptions;
  readonly #ended = new AbortController();
  readonly #logs = new Map<string, EventLog>();

  constructor(options: SimLogsOptions) {
    this.#options = options;
    this.heartbeats = new SimHeartbeats(options.wire, options.server);
  }

  open(cluster: string): EventLog {
    checkClusterName(cluster);
    const log = this.#logs.get(cluster) ?? new SimLog(cluster, this.#options, this.#ended.signal);
    this.#logs.set(cluster, log);
    return log;
  }

  clusters(): Promise<readonly string[]> {
    const { wire, server } = this.#options;
    return attempt(wire, () =>
      wire.ask('which clusters', REQUEST_TIMEOUT_MS, () => server.clusters()),
    );
  }

  async close(): Promise<void> {
    this.#ended.abort();
  }
}

class SimLog implements EventLog {
  readonly cluster: string;
  readonly #options: SimLogsOptions;
  readonly #closed: AbortSignal;
  /** What was heard of it last. */
  #seen: Head | undefined;
  #markedOver: number | undefined;

  constructor(cluster: string, options: SimLogsOptions, closed: AbortSignal) {
    this.cluster = cluster;
    this.#options = options;
    this.#closed = closed;
  }

  head(): Promise<Head> {
    return attempt(this.#options.wire, () => this.#state());
  }

  async append(
    expected: Position,
    entries: readonly Entry[],
    incarnation?: string,
    mark?: string,
  ): Promise<AppendOutcome> {
    checkEntries(entries);
    const positions: Position[] = [];
    const seen = this.#seen;
    if (incarnation !== undefined && seen !== undefined && seen.incarnation !== incarnation) {
      return { kind: 'conflict', positions, head: seen.position };
    }
    while (positions.length < entries.length) {
      const follows = positions.at(-1) ?? expected;
      const before = entries[positions.length - 1];
      const known = before === undefined ? mark : markOf(before);
      const stored = await this.#appendFirst(follows, entries.slice(positions.length), known);
      if (stored.kind === 'conflict') return { kind: 'conflict', positions, head: stored.head };
      for (let i = 1; i <= stored.count; i++) positions.push(follows + i);
    }
    return { kind: 'appended', positions };
  }

  async forget(outdated: readonly Outdated[]): Promise<void> {
    const { wire } = this.#options;
    const marked = () => this.#ask('up to where it forgets', (log) => log.forgottenUpTo);
    checkOutdated(outdated, await attempt(wire, marked));
    for (const { subject, position } of outdated) {
      const forget = () => this.#ask(`forget ${subject}`, (log) => log.forget(subject, position));
      await attempt(wire, forget);
    }
  }

  entryAt(position: Position): Promise<StoredEntry | undefined> {
    return attempt(this.#options.wire, async () => {
      return plain(await this.#ask(`entry ${position}`, (log) => log.at(position)));
    });
  }

  lastOf(subject: string): Promise<StoredEntry | undefined> {
    return attempt(this.#options.wire, async () => {
      return plain(await this.#ask(`the last of ${subject}`, (log) => log.lastOf(subject)));
    });
  }

  read(from: ReadFrom, signal: AbortSignal): AsyncIterable<Delivery> {
    const { wire, server, chance } = this.#options;
    const either = AbortSignal.any([signal, this.#closed]);
    const log = () => server.log(this.cluster);
    const { defects } = server;
    return readServed({ wire, log, chance, defects, from, signal: either });
  }

  /** Asked over each connection once, as over NATS. */
  async #mayFollow(position: Position, mark: string | undefined): Promise<boolean> {
    const { connection } = this.#options.wire;
    if (mark === undefined || connection === this.#markedOver) return true;
    const there = await this.#ask(`entry ${position}`, (log) => log.at(position));
    // History has lost it, or the log its end.
    if (there === undefined) return (await this.#state()).position >= position;
    if (!mayBeMarked(mark, there)) return false;
    this.#markedOver = connection;
    return true;
  }

  async #state(): Promise<Head> {
    this.#seen = await this.#ask('head', (log) => log.head);
    return this.#seen;
  }

  /** The first of the entries; the others are known again should they stand there already. */
  async #appendFirst(
    expected: Position,
    entries: readonly Entry[],
    mark: string | undefined,
  ): Promise<Stored> {
    const { clock } = this.#options.wire.machine;
    const [entry] = entries;
    if (entry === undefined) throw new Error('Cannot append nothing: expected an entry');
    const begunMs = clock.elapsedMs();
    const never = new AbortController().signal;
    let why = '';
    while (clock.elapsedMs() - begunMs < PATIENCE_MS) {
      try {
        if (!(await this.#mayFollow(expected, mark))) {
          return { kind: 'conflict', head: (await this.#state()).position };
        }
        await this.#publish(expected, entry);
        return { kind: 'stored', count: 1 };
      } catch (error) {
        why = textOf(error);
      }
      try {
        const { position: head } = await this.#state();
        const next = await this.#ask(`after ${expected}`, (log) => log.nextAfter(expected));
        if (next !== undefined) return this.#settle(next, expected, entries, head);
        if (head !== expected) return { kind: 'conflict', head };
      } catch (error) {
        why = textOf(error);
      }
      await clock.sleep(RETRY_MS, never);
    }
    throw new LogUnavailable(why);
  }

  async #publish(expected: Position, entry: Entry): Promise<void> {
    const { server, chance, onStored } = this.#options;
    const { log, incarnation, resets } = await this.#ask(`${entry.id} after ${expected}`, (log) => {
      const { incarnation, position } = log.head;
      const { hasNoFence, dropsOneIn } = server.defects;
      if (position !== expected && !hasNoFence) throw new Error('wrong last sequence');
      if (dropsOneIn === undefined || chance.below(dropsOneIn) > 0) log.add(entry);
      return { log, incarnation, resets: log.resets };
    });
    // What the log has lost since, on purpose, no check may look for.
    if (log.resets === resets) onStored(log, incarnation, expected + 1, entry.id);
  }

  #settle(next: Kept, expected: Position, entries: readonly Entry[], head: Position): Stored {
    const i = next.position - expected - 1;
    const own = entries[i];
    if (own === undefined || own.id !== next.id) {
      return { kind: 'conflict', head: Math.max(head, next.position) };
    }
    return { kind: 'stored', count: i + 1 };
  }

  #ask<T>(what: string, serve: (log: ServedLog) => T): Promise<T> {
    const { wire, server } = this.#options;
    const { cluster } = this;
    return wire.ask(`${cluster}: ${what}`, REQUEST_TIMEOUT_MS, () => serve(server.log(cluster)));
  }
}

type Stored =
  | { readonly kind: 'stored'; readonly count: number }
  | { readonly kind: 'conflict'; readonly head: Position };

/** Tries until it works, or LogUnavailable after a bounded time. */
async function attempt<T>({ machine: { clock } }: Wire, ask: () => Promise<T>): Promise<T> {
  const begunMs = clock.elapsedMs();
  const never = new AbortController().signal;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      if (clock.elapsedMs() - begunMs >= PATIENCE_MS) throw new LogUnavailable(error.message);
    }
    await clock.sleep(5 * RETRY_MS, never);
  }
}

function plain(kept: Kept | undefined): StoredEntry | undefined {
  return kept && { position: kept.position, subject: kept.subject, data: kept.data };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Logs in memory that a test can cut off, and look into. */
import { decodeEntry } from '../../libs/event/codec.ts';
import type { Envelope } from '../../libs/event/event.ts';
import { type ClusterObject, refKey } from '../../libs/event/object.ts';
import type { Heartbeats } from '../../libs/log/heartbeats.ts';
import {
  type AppendOutcome,
  type Entry,
  type EventLog,
  type Logs,
  LogUnavailable,
  type Position,
  type StoredEntry,
} from '../../libs/log/log.ts';
import { createMemoryLogs } from '../../libs/log/memory.ts';

export class GivenLogs implements Logs {
  #logs = createMemoryLogs();
  /** Calls fail, and what they ask does not happen. */
  isDown = false;
  /** As if the answers were lost: appends happen, and fail. */
  areAcksLost = false;
  appends = 0;
  #held: PromiseWithResolvers<void> | undefined;

  /** Appends are on their way, and do not arrive, until `release`. */
  hold(): void {
    this.#held ??= Promise.withResolvers<void>();
  }

  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  open(cluster: string): EventLog {
    const inner = () => this.#logs.open(cluster);
    return {
      cluster,
      head: async () => {
        if (this.isDown) throw new LogUnavailable('the test cut it off');
        return inner().head();
      },
      append: (expected, entries, incarnation) =>
        this.#append(inner, expected, entries, incarnation),
      forget: async (outdated) => {
        if (this.isDown) throw new LogUnavailable('the test cut it off');
        return inner().forget(outdated);
      },
      entryAt: (position) => inner().entryAt(position),
      lastOf: (subject) => inner().lastOf(subject),
      read: (from, signal) => inner().read(from, signal),
    };
  }

  get heartbeats(): Heartbeats {
    return this.#logs.heartbeats;
  }

  clusters(): Promise<readonly string[]> {
    return this.#logs.clusters();
  }

  close(): Promise<void> {
    return this.#logs.close();
  }

  /** Everything that was appended is lost, and the logs are others from now on. */
  async makeAnew(): Promise<void> {
    const old = this.#logs;
    this.#logs = createMemoryLogs();
    await old.close();
  }

  async #append(
    log: () => EventLog,
    expected: Position,
    entries: readonly Entry[],
    incarnation: string | undefined,
  ): Promise<AppendOutcome> {
    this.appends++;
    await this.#held?.promise;
    if (this.isDown) throw new LogUnavailable('the test cut it off');
    const outcome = await log().append(expected, entries, incarnation);
    if (this.areAcksLost) throw new LogUnavailable('the test lost the answer');
    return outcome;
  }
}

/** Every entry that the log still has. */
export async function allEntries(log: EventLog): Promise<readonly StoredEntry[]> {
  const entries: StoredEntry[] = [];
  const { incarnation } = await log.head();
  const ended = new AbortController();
  const from = { kind: 'after', head: { incarnation, position: 0 } } as const;
  for await (const delivery of log.read(from, ended.signal)) {
    if (delivery.kind === 'entries') entries.push(...delivery.entries);
    if (delivery.kind === 'caught-up') break;
  }
  return entries;
}

export type Told = Envelope & { readonly position: Position; readonly subject: string };

export async function allEvents(log: EventLog): Promise<readonly Told[]> {
  return (await allEntries(log)).flatMap(({ data, position, subject }) => {
    const decoded = decodeEntry(data);
    return decoded.kind === 'event' ? [{ ...decoded.envelope, position, subject }] : [];
  });
}

/** An event in few words: `WatchStarted`, `+Service/shop/web 10.0.0.1`, `-Service/shop/web`. */
export function inWords({ event }: Envelope): string {
  switch (event.kind) {
    case 'observed': {
      const { object } = event;
      const address = object.kind === 'Service' ? ` ${object.clusterIPs.join()}` : '';
      return `+${refKey(object)}${address}`;
    }
    case 'removed':
      return `-${refKey(event.ref)}`;
    case 'watch-started':
      return 'WatchStarted';
    case 'synced':
      return 'Synced';
    case 'removals-held':
      return `RemovalsHeld ${event.count}/${event.of}`;
    case 'removals-released':
      return `RemovalsReleased by ${event.by}`;
    case 'forgotten':
      return `Forgotten up to ${event.upTo}`;
  }
}

/** The objects that events leave behind, by key. */
export function fold(events: readonly Envelope[]): Map<string, ClusterObject> {
  const objects = new Map<string, ClusterObject>();
  for (const { event } of events) {
    if (event.kind === 'observed') objects.set(refKey(event.object), event.object);
    if (event.kind === 'removed') objects.delete(refKey(event.ref));
  }
  return objects;
}

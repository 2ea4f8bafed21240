/**
 * Logs in the memory of this process: the reference for the contract, and the medium of tests and
 * simulations.
 */
import { randomUUID } from 'node:crypto';
import { CONTROL_LOG, checkClusterName } from './check.ts';
import { LocalHeartbeats } from './heartbeats.ts';
import { type EntryStore, LocalLog, type Range, type Slice } from './local-log.ts';
import {
  DELIVERY_ENTRIES_MAX,
  DELIVERY_OCTETS_MAX,
  type Entry,
  type EventLog,
  type Head,
  HISTORY_PER_SUBJECT,
  type Logs,
  type Outdated,
  type Position,
  type StoredEntry,
} from './log.ts';

export function createMemoryLogs(): Logs {
  const logs = new Map<string, LocalLog>();
  return {
    open(cluster: string): EventLog {
      checkClusterName(cluster);
      const log = logs.get(cluster) ?? new LocalLog(cluster, new MemoryStore());
      logs.set(cluster, log);
      return log;
    },
    clusters: async () => [...logs.keys()].filter((name) => name !== CONTROL_LOG).sort(),
    heartbeats: new LocalHeartbeats(),
    async close() {
      for (const log of logs.values()) log.close();
    },
  };
}

/** Positions looked at for one slice: bounds its time where most of them are evicted. */
const SLICE_POSITIONS_MAX = 10 * DELIVERY_ENTRIES_MAX;

interface Kept extends StoredEntry {
  readonly id: string;
}

class MemoryStore implements EntryStore {
  readonly #incarnation = randomUUID();
  readonly #kept = new Map<Position, Kept>();
  /** Of each subject the positions kept, oldest first. */
  readonly #history = new Map<string, Position[]>();
  #head: Position = 0;
  #forgottenUpTo: Position = 0;

  head(): Head {
    return { incarnation: this.#incarnation, position: this.#head };
  }

  idAt(position: Position): string | undefined {
    return this.#kept.get(position)?.id;
  }

  add(entries: readonly Entry[]): readonly Position[] {
    return entries.map(({ subject, data, id, forgets = 0 }) => {
      this.#head += 1;
      this.#forgottenUpTo = Math.max(this.#forgottenUpTo, forgets);
      this.#kept.set(this.#head, { position: this.#head, subject, data, id });
      const history = this.#history.get(subject) ?? [];
      this.#history.set(subject, history);
      history.push(this.#head);
      const oldest = history.length > HISTORY_PER_SUBJECT ? history.shift() : undefined;
      if (oldest !== undefined) this.#kept.delete(oldest);
      return this.#head;
    });
  }

  slice({ after, upTo, lastOnly }: Range): Slice {
    const entries: StoredEntry[] = [];
    let octets = 0;
    let through = after;
    const end = Math.min(upTo, after + SLICE_POSITIONS_MAX);
    while (through < end && entries.length < DELIVERY_ENTRIES_MAX) {
      const kept = this.#kept.get(through + 1);
      if (kept !== undefined && !(lastOnly && this.#hasLater(kept, upTo))) {
        octets += kept.data.length;
        if (octets > DELIVERY_OCTETS_MAX && entries.length > 0) break;
        const { position, subject, data } = kept;
        entries.push({ position, subject, data });
      }
      through += 1;
    }
    return { entries, through };
  }

  forget(outdated: readonly Outdated[]): void {
    for (const { subject, position: upTo } of outdated) {
      const history = this.#history.get(subject) ?? [];
      const left = history.filter((position) => position > upTo);
      for (const position of history) if (position <= upTo) this.#kept.delete(position);
      if (left.length > 0) this.#history.set(subject, left);
      else this.#history.delete(subject);
    }
  }

  forgottenUpTo(): Position {
    return this.#forgottenUpTo;
  }

  lastOf(subject: string): StoredEntry | undefined {
    const position = this.#history.get(subject)?.at(-1);
    const kept = position === undefined ? undefined : this.#kept.get(position);
    return kept && { position: kept.position, subject, data: kept.data };
  }

  #hasLater(kept: Kept, upTo: Position): boolean {
    const history = this.#history.get(kept.subject) ?? [];
    return history.some((position) => position > kept.position && position <= upTo);
  }
}

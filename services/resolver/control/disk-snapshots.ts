/**
 * Keeps the facts of each cluster on this machine's disk, for a start while the log and the shared
 * store are away.
 *
 *   now and then, if the log went on: the last entry of each subject ─► a file ─► the next start
 *
 * The log is read again for it, so nothing of it stays in memory. A disk that can't be written is
 * said once, and costs nothing else.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, SYSTEM_CLOCK } from '../../../libs/clock/clock.ts';
import { isRemoval } from '../../../libs/event/codec.ts';
import { isClusterName } from '../../../libs/event/subject.ts';
import {
  type EventLog,
  type Head,
  LogUnavailable,
  type StoredEntry,
} from '../../../libs/log/log.ts';
import { headAt } from '../../../libs/log/mark.ts';
import type { FactSnapshot } from '../../../libs/store/store.ts';
import {
  readSnapshot,
  type SnapshotOutcome,
  writeSnapshot,
} from '../../../libs/store-disk/snapshot-file.ts';
import type { Log } from '../../../libs/telemetry/log.ts';
import { freshened } from './freshened.ts';
import { Turns } from './turns.ts';

const ENDING = '.facts';
/** The first one soon, since a new resolver has none. */
const FIRST_AFTER_MS = 10_000;
/** 100,000 facts are 47 MB to read and to write: a hundredth of a core. */
const EVERY_MS = 5 * 60_000;

/** What is done to a disk. */
/** Reading and writing 100,000 facts takes a second; who takes longer is not waited for. */
const WRITE_MS_MAX = 10_000;

export interface SnapshotFiles {
  read(path: string): Promise<SnapshotOutcome>;
  /** Throws for what the disk does not allow. */
  write(path: string, snapshot: FactSnapshot): Promise<void>;
  /** Of the files in the folder; none where there is no folder. */
  names(directory: string): Promise<readonly string[]>;
  remove(path: string): Promise<void>;
}

const DISK: SnapshotFiles = {
  read: readSnapshot,
  async write(path, snapshot) {
    await mkdir(dirname(path), { recursive: true });
    await writeSnapshot(path, snapshot);
  },
  names: (directory) => readdir(directory).catch(() => []),
  remove: (path) => rm(path, { force: true }),
};

export interface DiskSnapshotsOptions {
  readonly directory: string;
  readonly log: Log;
  readonly files?: SnapshotFiles;
  readonly firstAfterMs?: number;
  readonly everyMs?: number;
  readonly clock?: Clock;
}

export class DiskSnapshots {
  readonly #options: DiskSnapshotsOptions;
  readonly #files: SnapshotFiles;
  /** One cluster at a time: all of its facts are in memory meanwhile. */
  readonly #turns: Turns;
  #hasTold = false;
  /** It did not say in time what it has. */
  #isLogAway = false;

  constructor(options: DiskSnapshotsOptions) {
    this.#options = options;
    this.#files = options.files ?? DISK;
    const { clock = SYSTEM_CLOCK } = options;
    this.#turns = new Turns({ atOnce: 1, atMostMs: WRITE_MS_MAX, clock });
  }

  /** Undefined when there is none that can be used. */
  async read(cluster: string): Promise<FactSnapshot | undefined> {
    const path = this.#pathOf(cluster);
    const outcome = await this.#files.read(path);
    if (outcome.kind === 'damaged') {
      this.#options.log.warning(`cluster ${cluster}: Cannot use "${path}": ${outcome.why}`);
    }
    return outcome.kind === 'snapshot' ? outcome.snapshot : undefined;
  }

  /** As read, with what the log has added since, unless it is away. */
  async readFresh(eventLog: EventLog, signal: AbortSignal): Promise<FactSnapshot | undefined> {
    const kept = await this.read(eventLog.cluster);
    if (kept === undefined || this.#isLogAway) return kept;
    const { clock = SYSTEM_CLOCK } = this.#options;
    const { snapshot, isFresh } = await freshened(kept, eventLog, clock, signal);
    // A hundred clusters are not to wait for it one after the other.
    this.#isLogAway = !isFresh;
    return snapshot;
  }

  /** Clusters of which there is one; the control log is none. */
  async clusters(): Promise<readonly string[]> {
    const files = await this.#files.names(this.#options.directory);
    const names = files.filter((file) => file.endsWith(ENDING));
    return names.map((file) => file.slice(0, -ENDING.length)).filter(isClusterName);
  }

  /** Those of other clusters are of no use any more. */
  async forgetOthers(clusters: readonly string[]): Promise<void> {
    for (const cluster of await this.clusters()) {
      if (!clusters.includes(cluster)) await this.#files.remove(this.#pathOf(cluster));
    }
  }

  /** Until the signal aborts. `soonMs`: of a small log, how late it may be kept. */
  async keep(eventLog: EventLog, signal: AbortSignal, soonMs?: number): Promise<void> {
    const { firstAfterMs = FIRST_AFTER_MS, clock = SYSTEM_CLOCK } = this.#options;
    const everyMs = soonMs ?? this.#options.everyMs ?? EVERY_MS;
    let written: Head | undefined;
    for (let afterMs = soonMs ?? firstAfterMs; !signal.aborted; afterMs = everyMs) {
      await clock.sleep(afterMs, signal);
      if (signal.aborted) return;
      const last = written;
      written = (await this.#turns.take(() => this.#write(eventLog, last, signal))) ?? written;
    }
  }

  /** Undefined: nothing was written. */
  async #write(
    eventLog: EventLog,
    written: Head | undefined,
    signal: AbortSignal,
  ): Promise<Head | undefined> {
    try {
      const head = await eventLog.head();
      const isSame =
        written?.incarnation === head.incarnation && written.position === head.position;
      if (isSame) return undefined;
      const snapshot = await factsOf(eventLog, head, signal);
      if (snapshot === undefined) return undefined;
      await this.#files.write(this.#pathOf(eventLog.cluster), snapshot);
      this.#hasTold = false;
      return snapshot.head;
    } catch (error) {
      // Who reads the log has said that it is away.
      if (!(error instanceof LogUnavailable)) this.#tell(error);
      return undefined;
    }
  }

  #tell(error: unknown): void {
    if (this.#hasTold) return;
    this.#hasTold = true;
    const why = error instanceof Error ? error.message : String(error);
    const { directory, log } = this.#options;
    log.warning(`Cannot keep facts in "${directory}": ${why}; a start will need the log`);
  }

  #pathOf(cluster: string): string {
    return join(this.#options.directory, `${cluster}${ENDING}`);
  }
}

/** Undefined when the log became another meanwhile, or the signal aborts. */
async function factsOf(
  eventLog: EventLog,
  { incarnation }: Head,
  signal: AbortSignal,
): Promise<FactSnapshot | undefined> {
  const facts = new Map<string, Uint8Array>();
  let last: StoredEntry | undefined;
  const ended = new AbortController();
  try {
    const either = AbortSignal.any([signal, ended.signal]);
    for await (const delivery of eventLog.read({ kind: 'last-per-subject' }, either)) {
      if (delivery.kind === 'restarted') return undefined;
      if (delivery.kind === 'caught-up') {
        const now = await eventLog.head();
        if (now.incarnation !== incarnation) return undefined;
        const { position } = delivery;
        if (last?.position === position) return { head: headAt(incarnation, last), facts };
        return { head: { incarnation, position }, facts };
      }
      for (const { subject, data } of delivery.entries) {
        if (isRemoval(data)) facts.delete(subject);
        else facts.set(subject, data);
      }
      last = delivery.entries.at(-1) ?? last;
    }
  } finally {
    ended.abort();
  }
  return undefined;
}

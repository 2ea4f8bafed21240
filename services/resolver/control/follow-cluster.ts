/**
 * Reads one cluster's log into the view, for ever.
 *
 *   disk, else the shared store, at position p ─► view ◄─ the log's tail from p, else the last
 *                                                         entry of each subject
 *   (what is on disk may be old: the log's tail is part of it where that comes soon, freshened.ts)
 *
 * When the view is not what a Synced says (synced-check.ts), the log is read anew, aside, and the
 * store is filled anew if it was read; if that does not help, the cluster is not complete: what it
 * has is answered, and nothing is denied.
 *
 * Nothing of this waits for the other clusters, and nothing that a client asks waits for this.
 */
import { setImmediate } from 'node:timers/promises';
import type { Delivery, EventLog, ReadFrom, StoredEntry } from '../../../libs/log/log.ts';
import { type FactSnapshot, type FactStore, StoreUnavailable } from '../../../libs/store/store.ts';
import type { Log } from '../../../libs/telemetry/log.ts';
import type { DiskSnapshots } from './disk-snapshots.ts';
import type { FederationView } from './federation-view.ts';
import type { StoreProjector } from './store-projector.ts';
import type { Verdict } from './synced-check.ts';
import type { Turns } from './turns.ts';

/** Entries and facts folded before queries get a turn: 128 take about 2 ms. */
const ENTRIES_PER_SLICE = 128;

export interface FollowOptions {
  readonly eventLog: EventLog;
  readonly view: FederationView;
  /** What resolvers share; undefined where there is only this one. */
  readonly store: FactStore | undefined;
  readonly projector: StoreProjector | undefined;
  /** What this machine kept; undefined where the log itself is on it. */
  readonly snapshots: DiskSnapshots | undefined;
  /** Of loading, with the other clusters. */
  readonly loads: Turns;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Ends when the signal aborts. The cluster has joined the view. */
export async function followCluster(options: FollowOptions): Promise<void> {
  const { eventLog, view, projector, signal } = options;
  const { isKept, ...loaded } = await options.loads.take(() => load(options));
  let { from } = loaded;
  const isOfStore = !isKept && from.kind === 'after';
  if (isOfStore && from.kind === 'after') projector?.startAt(from.head);
  else if (from.kind === 'after') projector?.readsFrom(from.head);
  let isReadAnew = false;
  while (!signal.aborted) {
    const why = await readUntilDifferent(from, options, isReadAnew);
    if (why === undefined) return;
    options.log.warning(`cluster ${eventLog.cluster}: ${why}; the log is read anew`);
    view.restarted(eventLog.cluster);
    if (isOfStore && from.kind === 'after') projector?.restarted(from.head);
    from = { kind: 'last-per-subject' };
    isReadAnew = true;
  }
}

/** From where the log is to be read. `isKept`: this machine's disk has said so. */
async function load(options: FollowOptions): Promise<{ from: ReadFrom; readonly isKept: boolean }> {
  const kept = await loadKept(options);
  return { from: kept ?? (await loadFacts(options)), isKept: kept !== undefined };
}

/** Why it should be read anew; undefined: the signal has aborted. */
async function readUntilDifferent(
  from: ReadFrom,
  options: FollowOptions,
  isReadAnew: boolean,
): Promise<string | undefined> {
  const { eventLog, view, log, signal } = options;
  const { cluster } = eventLog;
  const ended = new AbortController();
  // Of what is read anew because of it, the last Synced may be wrong still; a later one is news.
  let mayReadAnew = !isReadAnew;
  try {
    for await (const delivery of eventLog.read(from, AbortSignal.any([signal, ended.signal]))) {
      const verdict = await follow(delivery, options);
      if (verdict?.kind === 'different') {
        const why = `what was read is not what its watcher says: ${verdict.why}`;
        if (mayReadAnew) return why;
        log.warning(`cluster ${cluster}: ${why}; nothing is denied until it is`);
      } else if (verdict?.kind === 'same' || delivery.kind === 'caught-up') {
        mayReadAnew = true;
      }
      if (verdict !== undefined) view.verified(cluster, verdict.kind === 'same');
    }
  } finally {
    ended.abort();
  }
  return undefined;
}

async function follow(delivery: Delivery, options: FollowOptions): Promise<Verdict | undefined> {
  const { view, projector } = options;
  const { cluster } = options.eventLog;
  switch (delivery.kind) {
    case 'entries': {
      const verdict = await applySliced(delivery.entries, options);
      projector?.offer(delivery.entries);
      return verdict;
    }
    case 'caught-up': {
      const verdict = view.caughtUp(cluster);
      projector?.caughtUp();
      return verdict;
    }
    case 'restarted':
      view.restarted(cluster);
      projector?.restarted(delivery.head);
      return undefined;
  }
}

/** A delivery may have a thousand entries, and come with others right behind it. */
async function applySliced(
  entries: readonly StoredEntry[],
  { view, eventLog: { cluster }, signal }: FollowOptions,
): Promise<Verdict | undefined> {
  let verdict: Verdict | undefined;
  for (let i = 0; i < entries.length && !signal.aborted; i += ENTRIES_PER_SLICE) {
    if (i > 0) await setImmediate();
    verdict = view.apply(cluster, entries.slice(i, i + ENTRIES_PER_SLICE)) ?? verdict;
  }
  return verdict;
}

/** From this machine's disk, which needs nobody else; undefined when it has nothing. */
async function loadKept(options: FollowOptions): Promise<ReadFrom | undefined> {
  const snapshot = await options.snapshots?.readFresh(options.eventLog, options.signal);
  return snapshot && applyFacts(snapshot, 'disk', options);
}

/** From the shared store, if there is one that has any; says where the log is to be read from. */
async function loadFacts(options: FollowOptions): Promise<ReadFrom> {
  const { eventLog, store, log } = options;
  const { cluster } = eventLog;
  try {
    const snapshot = await store?.read(cluster);
    if (snapshot === undefined) return { kind: 'last-per-subject' };
    return await applyFacts(snapshot, 'the store', options);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    log.warning(`cluster ${cluster}: ${error.message}; reading the log instead`);
    return { kind: 'last-per-subject' };
  }
}

/** Facts carry no positions of their own: together they are the state at the head. */
async function applyFacts(
  { head, facts }: FactSnapshot,
  where: string,
  { eventLog: { cluster }, view, log }: FollowOptions,
): Promise<ReadFrom> {
  let slice: StoredEntry[] = [];
  for (const [subject, data] of facts) {
    slice.push({ position: head.position, subject, data });
    if (slice.length < ENTRIES_PER_SLICE) continue;
    view.apply(cluster, slice);
    slice = [];
    await setImmediate();
  }
  view.apply(cluster, slice);
  log.info(`cluster ${cluster}: ${facts.size} facts from ${where}, at position ${head.position}`);
  return { kind: 'after', head };
}

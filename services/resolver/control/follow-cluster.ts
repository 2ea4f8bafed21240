/**
 * Reads one cluster's log into the view, for ever.
 *
 *   shared store at position p, if any ─► view ◄─ the log's tail from p, else the last entry
 *                                                 of each subject
 *
 * Nothing of this waits for the other clusters, and nothing that a client asks waits for this.
 */
import { setImmediate } from 'node:timers/promises';
import type { Delivery, EventLog, Head, ReadFrom, StoredEntry } from '../../../libs/log/log.ts';
import { type FactStore, StoreUnavailable } from '../../../libs/store/store.ts';
import type { Log } from '../../../libs/telemetry/log.ts';
import type { FederationView } from './federation-view.ts';
import type { StoreProjector } from './store-projector.ts';

/** Entries and facts folded before queries get a turn: 128 take about 2 ms. */
const ENTRIES_PER_SLICE = 128;

export interface FollowOptions {
  readonly eventLog: EventLog;
  readonly view: FederationView;
  /** What resolvers share; undefined where there is only this one. */
  readonly store: FactStore | undefined;
  readonly projector: StoreProjector | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Ends when the signal aborts. The cluster has joined the view. */
export async function followCluster(options: FollowOptions): Promise<void> {
  const { eventLog, projector, signal } = options;
  const from = await loadFacts(options);
  if (from.kind === 'after') projector?.startAt(from.head);
  for await (const delivery of eventLog.read(from, signal)) await follow(delivery, options);
}

async function follow(delivery: Delivery, options: FollowOptions): Promise<void> {
  const { view, projector } = options;
  const { cluster } = options.eventLog;
  switch (delivery.kind) {
    case 'entries':
      await applySliced(delivery.entries, options);
      projector?.offer(delivery.entries);
      return;
    case 'caught-up':
      view.caughtUp(cluster);
      projector?.caughtUp();
      return;
    case 'restarted':
      view.restarted(cluster);
      projector?.restarted(delivery.head);
  }
}

/** A delivery may have a thousand entries, and come with others right behind it. */
async function applySliced(
  entries: readonly StoredEntry[],
  { view, eventLog: { cluster }, signal }: FollowOptions,
): Promise<void> {
  for (let i = 0; i < entries.length && !signal.aborted; i += ENTRIES_PER_SLICE) {
    if (i > 0) await setImmediate();
    view.apply(cluster, entries.slice(i, i + ENTRIES_PER_SLICE));
  }
}

/**
 * Puts the store's facts into the view, if there are any, and says where the log is to be read
 * from.
 */
async function loadFacts({ eventLog, view, store, log }: FollowOptions): Promise<ReadFrom> {
  const { cluster } = eventLog;
  try {
    const snapshot = await store?.read(cluster);
    if (snapshot === undefined) return { kind: 'last-per-subject' };
    const head: Head = snapshot.head;
    // Facts carry no positions of their own: together they are the state at the head.
    let slice: StoredEntry[] = [];
    for (const [subject, data] of snapshot.facts) {
      slice.push({ position: head.position, subject, data });
      if (slice.length < ENTRIES_PER_SLICE) continue;
      view.apply(cluster, slice);
      slice = [];
      await setImmediate();
    }
    view.apply(cluster, slice);
    log.info(
      `cluster ${cluster}: ${snapshot.facts.size} facts from the store, ` +
        `at position ${head.position}`,
    );
    return { kind: 'after', head };
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    log.warning(`cluster ${cluster}: ${error.message}; reading the log instead`);
    return { kind: 'last-per-subject' };
  }
}

/**
 * The heart of a watcher: every few seconds it asks whether its cluster replies, and says so to
 * whoever listens, with how far it is.
 *
 *   source.replies() ─► when it did last ─┐
 *   status of the watcher ────────────────┴─► beat, in turn or when asked
 *
 * A standby beats as well: that the cluster lives does not depend on who writes.
 */

import type { Clock } from '../../libs/clock/clock.ts';
import type { ClusterSource } from '../../libs/cluster/source.ts';
import { encodeHeartbeat, HEARTBEAT_MS, type Heartbeat } from '../../libs/event/heartbeat.ts';
import type { Heartbeats } from '../../libs/log/heartbeats.ts';
import type { WatcherStatus } from './status.ts';

export interface HeartOptions {
  readonly writer: string;
  readonly status: () => WatcherStatus;
  readonly source: ClusterSource;
  readonly heartbeats: Heartbeats;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Shortest time between two answers: a user of one cluster may ask the watchers of all. */
const ANSWERS_APART_MS = 100;

/** Ends when the signal aborts. */
export async function keepBeating(options: HeartOptions): Promise<void> {
  const { source, heartbeats, clock, signal } = options;
  let repliedAtMs: number | undefined;
  const beat = () => {
    const status = options.status();
    const silentMs = repliedAtMs === undefined ? undefined : clock.elapsedMs() - repliedAtMs;
    heartbeats.beat(status.cluster, encodeHeartbeat(beatOf(options.writer, status, silentMs)));
  };
  const answering = answer(options, beat);
  while (!signal.aborted) {
    if (await source.replies(signal)) repliedAtMs = clock.elapsedMs();
    if (signal.aborted) break;
    beat();
    await clock.sleep(HEARTBEAT_MS, signal);
  }
  await answering;
}

/** What is known is said at once: who asks does not wait for the cluster. */
async function answer({ heartbeats, clock, signal }: HeartOptions, beat: () => void) {
  for await (const _ of heartbeats.asked(signal)) {
    beat();
    await clock.sleep(ANSWERS_APART_MS, signal);
  }
}

function beatOf(writer: string, status: WatcherStatus, silentMs: number | undefined): Heartbeat {
  const { state, incarnation, position, counts, held } = status;
  return {
    writer,
    role: state === 'standby' ? 'standby' : 'writer',
    state,
    incarnation,
    position,
    ...(silentMs === undefined ? {} : { silentMs: Math.round(silentMs) }),
    counts,
    ...(held === undefined ? {} : { held: { count: held.count, of: held.of } }),
  };
}

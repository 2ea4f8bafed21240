/**
 * Asks all watchers of a federation how they are, and hears them for a moment.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { decodeHeartbeat, type Heartbeat } from '../../../libs/event/heartbeat.ts';
import type { Heartbeats } from '../../../libs/log/heartbeats.ts';

/** By cluster, what each of its watchers says. */
export type Watchers = ReadonlyMap<string, readonly Heartbeat[]>;

/** They answer at once; who has not by then, in ms, is away or too busy to be asked. */
const PATIENCE_MS = 1000;
/** Once each cluster's writer has answered: for the standbys, which were asked at the same time. */
const STANDBYS_MS = 100;

/** Ends sooner when a writer of each of these clusters has answered. */
export async function hearWatchers(
  heartbeats: Heartbeats,
  clusters: readonly string[],
  signal: AbortSignal,
): Promise<Watchers> {
  const heard = new Map<string, Map<string, Heartbeat>>();
  const ended = new AbortController();
  const waiting = new Set(clusters);
  const endAfter = (ms: number) =>
    delay(ms, undefined, { signal: ended.signal }).then(
      () => ended.abort(),
      () => {},
    );
  if (waiting.size === 0) return new Map();
  void endAfter(PATIENCE_MS);
  for await (const one of heartbeats.hear(AbortSignal.any([signal, ended.signal]))) {
    if (one.kind === 'hearing') heartbeats.ask();
    const beat = one.kind === 'beat' ? decodeHeartbeat(one.data) : undefined;
    if (one.kind !== 'beat' || beat === undefined) continue;
    const ofCluster = heard.get(one.cluster) ?? new Map<string, Heartbeat>();
    heard.set(one.cluster, ofCluster.set(beat.writer, beat));
    const isLast = beat.role === 'writer' && waiting.delete(one.cluster) && waiting.size === 0;
    if (isLast) void endAfter(STANDBYS_MS);
  }
  return new Map([...heard].map(([cluster, beats]) => [cluster, [...beats.values()]]));
}

/** Who writes, by what they say: of two that think so, the one that is further. */
export function writerOf(beats: readonly Heartbeat[] = []): Heartbeat | undefined {
  const writers = beats.filter(({ role }) => role === 'writer');
  return writers.reduce<Heartbeat | undefined>(
    (best, one) => (best === undefined || one.position > best.position ? one : best),
    undefined,
  );
}

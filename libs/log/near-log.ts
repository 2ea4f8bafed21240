/**
 * The logs of a federation, of which that of one cluster is read nearby, at its own site, and all
 * others far away: what happens in the home cluster is known also while the way to the others is
 * cut.
 *
 *   near ──► the log of `cluster` ─┐
 *   far ───► all others           ─┴─► one federation
 */
import { type Heartbeats, Waiting } from './heartbeats.ts';
import type { Logs } from './log.ts';

export function withLogNear(cluster: string, near: Logs, far: Logs): Logs {
  const placeOf = (of: string) => (of === cluster ? near : far);
  return {
    open: (of) => placeOf(of).open(of),
    clusters: async () => [...new Set([cluster, ...(await far.clusters())])].sort(),
    heartbeats: heartbeatsOf(near.heartbeats, far.heartbeats, (of) => placeOf(of).heartbeats),
    async close() {
      await Promise.all([near.close(), far.close()]);
    },
  };
}

/** A cluster's beats may come both ways: each says that it lives. */
function heartbeatsOf(
  near: Heartbeats,
  far: Heartbeats,
  placeOf: (cluster: string) => Heartbeats,
): Heartbeats {
  return {
    beat: (cluster, data) => placeOf(cluster).beat(cluster, data),
    ask() {
      near.ask();
      far.ask();
    },
    hear: (signal) =>
      both(signal, [
        // Who does not hear far away does not hear most clusters: silence means nothing then.
        [far.hear(signal), () => true],
        [near.hear(signal), (heard) => heard.kind === 'beat'],
      ]),
    asked: (signal) =>
      both(signal, [
        [near.asked(signal), () => true],
        [far.asked(signal), () => true],
      ]),
  };
}

/** What any of them gives and may be passed on, as it comes. Throws what one of them throws. */
async function* both<T>(
  signal: AbortSignal,
  sources: readonly (readonly [from: AsyncIterable<T>, isPassed: (item: T) => boolean])[],
): AsyncGenerator<T> {
  const waiting = new Waiting<T>();
  const taking = sources.map(async ([from, isPassed]) => {
    for await (const item of from) if (isPassed(item)) waiting.push(item);
  });
  yield* waiting.take(signal);
  await Promise.all(taking);
}

/** Whether what resolvers said of themselves was true. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, Outcome } from './fault.ts';
import { type Look, look } from './health.ts';
import { CLUSTERS, type ClusterName } from './objects-of.ts';
import { EMBEDDED } from './resolver.ts';
import type { World } from './world.ts';

/** An age is that of the moment in which the page was made. */
const TOLERANCE_MS = 1000;
/** Two requests, each given up after three seconds, and a third of the time to notice. */
const NOTICED_MS = 9000;
/** A beat each five seconds; and the next one, where one was lost. */
const FRESH_MS = 11_000;
const LOOK_MS = 200;
const TRUE_AGAIN_WITHIN_MS = 90_000;

/** What was not true while the fault lasted, once for each resolver. */
export function falseWords(fault: Fault, looks: readonly Look[], outcome: Outcome) {
  const found = new Map<string, string>();
  for (const one of looks) {
    if (fault.mute.includes(one.resolver)) continue;
    const wrong = falseWordOf(fault, one, outcome);
    if (wrong !== undefined && !found.has(one.resolver)) {
      found.set(one.resolver, `${one.resolver} ${wrong}`);
    }
  }
  return [...found.values()];
}

function falseWordOf(
  { silent, unreachable }: Fault,
  { resolver, atMs, health, ready, notes, metrics }: Look,
  { begunMs, untilMs }: Outcome,
): string | undefined {
  if (health !== 200) return `said health ${health}`;
  if (ready !== 200) return `said ready ${ready}: ${notes}`;
  if (begunMs === undefined || untilMs === undefined) return undefined;
  if (atMs > untilMs - TOLERANCE_MS) return undefined;
  const lastedMs = atMs - begunMs;
  if (resolver === EMBEDDED) {
    if (lastedMs < NOTICED_MS || !unreachable.includes('east')) return undefined;
    if (metric(metrics, 'reachable', '[^"]*') !== 0) return 'said that its API is reachable';
    return /can't be reached/.test(notes) ? undefined : `named no cluster that is away: ${notes}`;
  }
  for (const of of silent) {
    const ageMs = (metric(metrics, 'age_seconds', of) ?? 0) * 1000;
    if (ageMs < lastedMs - TOLERANCE_MS) {
      return `said that ${of} was heard ${Math.round(ageMs)} ms ago, after ${lastedMs} ms`;
    }
  }
  return undefined;
}

/** Waits until all say that all is well; what they say else. */
export async function trueAgain({ resolvers }: World): Promise<readonly string[]> {
  const endMs = performance.now() + TRUE_AGAIN_WITHIN_MS;
  const wrong = await Promise.all(
    resolvers.map(async (resolver) => {
      for (;;) {
        const why = whyNotWell(await look(resolver), resolver.hears);
        if (why === undefined) return [];
        if (performance.now() > endMs) return [`${resolver.name} still says ${why}`];
        await delay(LOOK_MS);
      }
    }),
  );
  return wrong.flat();
}

function whyNotWell(
  { resolver, health, ready, notes, metrics }: Look,
  hears: readonly ClusterName[],
): string | undefined {
  if (health !== 200 || ready !== 200) return `health ${health}, ready ${ready}: ${notes}`;
  if (notes !== 'OK') return notes;
  if (resolver === EMBEDDED) {
    return metric(metrics, 'reachable', '[^"]*') === 1
      ? undefined
      : 'that its API is not reachable';
  }
  for (const of of CLUSTERS.filter((name) => hears.includes(name))) {
    const age = metric(metrics, 'age_seconds', of) ?? Number.NaN;
    if (!(age * 1000 < FRESH_MS)) return `that ${of} was heard ${age} s ago`;
    if ((metric(metrics, 'held_removals', of) ?? 0) > 0) return `that removals of ${of} are held`;
  }
  return undefined;
}

function metric(
  metrics: ReadonlyMap<string, number>,
  name: string,
  cluster: string,
): number | undefined {
  const pattern = new RegExp(`^isthmus_cluster_${name}\\{cluster="${cluster}"\\}$`);
  for (const [key, value] of metrics) if (pattern.test(key)) return value;
  return undefined;
}

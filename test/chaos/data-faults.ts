/** API servers whose data is not what it was: gone, and then there again; or older than it was. */
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../e2e/isthmus-process.ts';
import { type Fault, over, PLAIN } from './fault.ts';
import { metricsOf } from './health.ts';
import { CLUSTERS, type ClusterName } from './objects-of.ts';
import { EMBEDDED, type Resolver } from './resolver.ts';
import type { World } from './world.ts';

/** After an API server is ready again, with a list that has to be read and compared. */
const RELISTED_MS = 12_000;
/** How long the API stays empty: no list confirms it before a minute is over. */
const EMPTY_MS = 20_000;
/** Between a backup and its restoring: some twenty changes; services came and went. */
const SINCE_BACKUP_MS = 4000;

/** Every name is answered as before all the time: nothing of it is a change. */
function wipe(of: ClusterName): Fault {
  return {
    ...PLAIN,
    name: `API server of ${of} empty for ${EMPTY_MS / 1000} s, then restored`,
    oldestMs: RELISTED_MS,
    async run(world) {
      const { loads, apis } = world;
      await loads[of].pause();
      await apis[of].restartEmpty();
      const begunMs = performance.now();
      const announced = await heldSomewhere(world, of, (held) => held > 0);
      await delay(Math.max(0, EMPTY_MS - (performance.now() - begunMs)));
      await apis[of].restartRestored();
      const outcome = over();
      await heldSomewhere(world, of, (held) => held === 0);
      loads[of].start();
      return { ...outcome, notes: [`${announced} removals were held, and announced`] };
    },
  };
}

/** What changed after the backup never was: names are what they were then. */
function restore(of: ClusterName): Fault {
  return {
    ...PLAIN,
    name: `API server of ${of} restored from a backup`,
    oldestMs: RELISTED_MS,
    async run({ loads, apis, truth }) {
      await loads[of].pause();
      await apis[of].backUp();
      const then = truth.names
        .filter((known) => known.of === of)
        .map(({ history }) => ({ history, value: history.now.value }));
      loads[of].start();
      await delay(SINCE_BACKUP_MS);
      await loads[of].pause();
      for (const { history, value } of then) history.becomes(value, performance.now());
      await apis[of].restartRestored();
      const outcome = over();
      for (const { history } of then) history.became(outcome.endedMs);
      loads[of].start();
      return outcome;
    },
  };
}

/** Waits until every resolver says of the cluster that so many are held. */
async function heldSomewhere(
  { resolvers }: World,
  of: ClusterName,
  is: (held: number) => boolean,
): Promise<number> {
  let said: readonly (number | undefined)[] = [];
  await until(async () => {
    const hearing = resolvers.filter(({ hears }) => hears.includes(of));
    said = await Promise.all(hearing.map((resolver) => heldBy(resolver, of)));
    return said.every((held) => held !== undefined && is(held));
  }, `it is announced how many removals of ${of} are held`);
  return Math.max(...said.map((held) => held ?? 0));
}

async function heldBy(resolver: Resolver, of: ClusterName): Promise<number | undefined> {
  // The embedded one has one cluster, which it calls by how it is reached.
  const cluster = resolver.name === EMBEDDED ? '[^"]+' : of;
  const key = new RegExp(`^isthmus_cluster_held_removals\\{cluster="${cluster}"\\}$`);
  for (const [name, value] of await metricsOf(resolver)) if (key.test(name)) return value;
  return undefined;
}

export const DATA_FAULTS: readonly Fault[] = CLUSTERS.flatMap((of) => [wipe(of), restore(of)]);

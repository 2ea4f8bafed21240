/**
 * A cluster of which nothing is heard: stale after 15 s, lost after 30 s. Names that others have
 * too go on without it; what it alone knows is answered, and marked as stale once it is lost.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { EDE } from '../../libs/dns/iana.ts';
import { ask } from '../e2e/ask.ts';
import { until } from '../e2e/isthmus-process.ts';
import { breakParts, type Fault, over, PLAIN, partOf } from './fault.ts';
import { metricsOf } from './health.ts';
import {
  addressOf,
  BOTH,
  BOTH_NAME,
  CLUSTERS,
  type ClusterName,
  nameIn,
  stable,
} from './objects-of.ts';
import { EMBEDDED } from './resolver.ts';
import { seconds } from './run-fault.ts';
import type { World } from './world.ts';

/** Of lost, with the time after which resolvers look, and a beat. */
const LOST_WITHIN_MS = 45_000;
const RECOVERED_WITHIN_MS = 60_000;
/** While nobody beats: for how long after it is lost. */
const LOST_FOR_MS = 3000;
const DEAF_MS = 40_000;

type Standing = 'live' | 'stale' | 'lost';

function silent(of: ClusterName): Fault {
  const other = CLUSTERS.find((name) => name !== of) ?? of;
  return {
    ...PLAIN,
    name: `API server and watchers of ${of} killed until it is lost`,
    liveness: '15s 30s',
    silent: [of],
    oldestMs: 8000,
    async run(world) {
      const parts = [`api-${of}`, `watcher-${of}-1`, `watcher-${of}-2`].map((name) =>
        partOf(world, name),
      );
      const both = world.truth.names.find(({ name }) => name === BOTH_NAME)?.history;
      const all = both?.now.value ?? BOTH;
      await Promise.all(parts.map((part) => part.kill()));
      const begunMs = performance.now();
      both?.becomes(addressOf(other, 'stable', 1000), begunMs);
      const notes: string[] = [];
      const until = async (standing: Standing, sinceMs: number, withinMs: number) => {
        await untilAllSay(world, of, standing, withinMs);
        notes.push(`${standing} after ${seconds(performance.now() - sinceMs)}`);
      };
      await until('stale', begunMs, LOST_WITHIN_MS);
      const early = await marked(world, of);
      await until('lost', begunMs, LOST_WITHIN_MS);
      await delay(LOST_FOR_MS);
      const meanwhile = await marked(world, of);
      const untilMs = performance.now();
      await Promise.all(parts.map((part) => part.start()));
      const endedMs = performance.now();
      both?.becomes(all, endedMs);
      await until('live', endedMs, RECOVERED_WITHIN_MS);
      both?.became(performance.now());
      const after = await marked(world, of);
      const wrong = [
        ...early.filter(({ isMarked }) => isMarked).map((one) => `${one.resolver} marks it early`),
        ...meanwhile.filter(({ isMarked }) => !isMarked).map((one) => `${one.resolver}: no mark`),
        ...after.filter(({ isMarked }) => isMarked).map((one) => `${one.resolver} marks it still`),
      ];
      return { ...over(notes, wrong, endedMs), begunMs, untilMs };
    },
  };
}

/** Who hears nobody does not say that others are silent. */
const DEAF: Fault = {
  ...PLAIN,
  name: `both resolvers cut off, ${DEAF_MS / 1000} s, with lost after 30 s`,
  needsCut: true,
  liveness: '15s 30s',
  silent: CLUSTERS,
  oldestMs: DEAF_MS + 8000,
  async run(world) {
    const steps = [1, 2].map((i) => ({ which: `resolver-${i}`, how: 'cut off' as const }));
    const broken = await breakParts(world, steps, DEAF_MS);
    const violations: string[] = [];
    for (const of of CLUSTERS) {
      for (const { resolver, standing } of await standings(world, of)) {
        if (standing !== 'live') violations.push(`${resolver} says that ${of} is ${standing}`);
      }
    }
    return { ...broken, violations };
  },
};

async function untilAllSay(
  world: World,
  of: ClusterName,
  standing: Standing,
  withinMs: number,
): Promise<void> {
  let said = '';
  await until(
    async () => {
      const all = await standings(world, of);
      said = all.map((one) => `${one.resolver} says ${one.standing}`).join(', ');
      return all.every((one) => one.standing === standing);
    },
    `${of} is ${standing}`,
    () => said,
    withinMs,
  );
}

async function standings({ resolvers }: World, of: ClusterName) {
  const federated = resolvers.filter(({ name }) => name !== EMBEDDED);
  return Promise.all(
    federated.map(async (resolver) => {
      const metrics = await metricsOf(resolver);
      const is = (standing: Standing) =>
        metrics.get(`isthmus_cluster_standing{cluster="${of}",standing="${standing}"}`) === 1;
      const standing = (['live', 'stale', 'lost'] as const).find(is);
      return { resolver: resolver.name, standing };
    }),
  );
}

/** Whether a name that this cluster alone knows is answered, with the mark of a stale answer. */
async function marked({ resolvers }: World, of: ClusterName) {
  const federated = resolvers.filter(({ name }) => name !== EMBEDDED);
  return Promise.all(
    federated.map(async ({ name: resolver, address, port }) => {
      const reply = await ask(port, nameIn(of, stable(of, 0)), 'A', { address });
      const isMarked = (reply?.edns?.options ?? []).some(
        ({ code, data }) =>
          code === 15 && ((data[0] ?? 0) << 8) + (data[1] ?? 0) === EDE.STALE_ANSWER,
      );
      return { resolver, isMarked };
    }),
  );
}

export const LIVENESS_FAULTS: readonly Fault[] = [silent('west'), silent('east'), DEAF];

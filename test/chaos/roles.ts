/** Who leads and who writes now, as they say themselves. */
import { until } from '../e2e/isthmus-process.ts';
import type { Which } from './fault.ts';
import type { ClusterName } from './objects-of.ts';
import type { Part } from './part.ts';
import type { World } from './world.ts';

const WRITES = 'writes to its log from position';
const STANDS_BY = 'stands by: another watcher';

/** The NATS node that leads the stream of this cluster. */
export function leaderOf(cluster: ClusterName): Which {
  return (world) =>
    found(`the leader of the log of ${cluster}`, async () => {
      const name = await leaderName(world, `isthmus-default-${cluster}`);
      return name === undefined ? undefined : world.parts.get(name.replace('n', 'nats-'));
    });
}

export function writerOf(cluster: ClusterName): Which {
  return (world) => found(`a writer of ${cluster}`, async () => watcher(world, cluster, WRITES));
}

export function standbyOf(cluster: ClusterName): Which {
  return (world) =>
    found(`a standby of ${cluster}`, async () => watcher(world, cluster, STANDS_BY));
}

async function found(what: string, find: () => Promise<Part | undefined>): Promise<Part> {
  let part: Part | undefined;
  await until(async () => {
    part = await find();
    return part !== undefined;
  }, `there is ${what}`);
  if (part === undefined) throw new Error(`Cannot find ${what}: there is none; expected one`);
  return part;
}

/** One whose last word about its role is this. */
function watcher(world: World, cluster: ClusterName, word: string): Part | undefined {
  for (const [name, { output }] of world.processes) {
    const last = output.lastIndexOf(WRITES) > output.lastIndexOf(STANDS_BY) ? WRITES : STANDS_BY;
    if (name.startsWith(`watcher-${cluster}-`) && last === word && output.includes(word)) {
      return world.parts.get(name);
    }
  }
  return undefined;
}

async function leaderName({ nats }: World, stream: string): Promise<string | undefined> {
  for (const { monitor } of nats.nodes) {
    const page = await fetch(`${monitor}/jsz?streams=true&accounts=true`).catch(() => undefined);
    const text = (await page?.text()) ?? '';
    const at = text.indexOf(`"name": "${stream}"`);
    const leader = at === -1 ? undefined : /"leader": "([^"]+)"/.exec(text.slice(at))?.[1];
    if (leader !== undefined) return leader;
  }
  return undefined;
}

/** Starts of a resolver while what it learns from is down: what it knew last is answered. */
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { short } from '../e2e/ask.ts';
import { until } from '../e2e/isthmus-process.ts';
import { type Fault, type Outcome, over, PLAIN, partOf } from './fault.ts';
import { CLUSTERS, nameIn, stable } from './objects-of.ts';
import { EMBEDDED, type Resolver } from './resolver.ts';
import { seconds } from './run-fault.ts';
import type { World } from './world.ts';

/** What was kept on disk may be as old as this, since it is written now and then: see below. */
const KEPT_MS = 60_000;
const DOWN_MS = 5000;
const LOOK_MS = 5;

/** Its first answer to a name that is there, from its start on. */
async function firstAnswer({ address, port, process }: Resolver, name: string): Promise<number> {
  const begunMs = performance.now();
  process.restart();
  for (;;) {
    const said = await short(port, name, 'A', { address, timeoutMs: LOOK_MS * 10 });
    if (/^10\./.test(said)) return performance.now() - begunMs;
    await delay(LOOK_MS);
  }
}

function resolverOf({ resolvers }: World, name: string): Resolver {
  const found = resolvers.find((resolver) => resolver.name === name);
  if (found !== undefined) return found;
  throw new Error(`Cannot find the resolver "${name}": there is none; expected one of the world`);
}

/** Until what it has on disk is newer than this moment. */
async function kept({ state }: Resolver): Promise<void> {
  const files = CLUSTERS.map((name) => join(state, 'facts', 'default', `${name}.facts`));
  for (const file of files) rmSync(file, { force: true });
  await until(
    async () => files.every((file) => existsSync(file) && statSync(file).size > 0),
    'kept',
  );
}

const ALL_DOWN: Fault = {
  ...PLAIN,
  name: 'resolver 1 started with all API servers, watchers, NATS nodes and Redis down',
  mute: ['resolver-1'],
  silent: CLUSTERS,
  oldestMs: KEPT_MS,
  async run(world): Promise<Outcome> {
    const resolver = resolverOf(world, 'resolver-1');
    await resolver.process.kill();
    resolver.process.restart();
    await kept(resolver);
    const others = [...world.parts.values()].filter(
      ({ name }) => !/^(resolver|embedded)/.test(name),
    );
    await Promise.all([...others.map((part) => part.kill()), resolver.process.kill()]);
    const firstMs = await firstAnswer(resolver, nameIn('west', stable('west', 0)));
    const denied = await short(resolver.port, nameIn('east', 'never-0'), 'A', resolver);
    await delay(DOWN_MS);
    await Promise.all(others.map((part) => part.start()));
    const note = `its first answer ${seconds(firstMs)} after its start`;
    const wrong = denied === 'SERVFAIL' ? [] : [`a name that may exist was ${denied} meanwhile`];
    return over([note], wrong);
  },
};

/** CoreDNS too, where it is compared. */
const API_DOWN: Fault = {
  ...PLAIN,
  name: 'embedded one (kubernetes directive) started with its API server down',
  mute: [EMBEDDED],
  silent: ['east'],
  oldestMs: 8000,
  async run(world): Promise<Outcome> {
    const resolver = resolverOf(world, EMBEDDED);
    const api = partOf(world, 'api-east');
    await Promise.all([api.kill(), resolver.process.kill(), world.coreDns?.kill()]);
    void world.coreDns?.start();
    const firstMs = await firstAnswer(resolver, nameIn('east', stable('east', 0)));
    await delay(DOWN_MS);
    await api.start();
    return over([`its first answer ${seconds(firstMs)} after its start`]);
  },
};

export const START_FAULTS: readonly Fault[] = [API_DOWN, ALL_DOWN];

/**
 * The world that is broken: two clusters with a real kube-apiserver each, a pair of watchers for
 * each, NATS with three nodes, Redis, two resolvers. Every part is a process (the API servers with
 * their etcd two) on a machine of its own.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openJetStreamLogs } from '../../libs/log-jetstream/jetstream-logs.ts';
import { type ApiServer, startApiServer } from '../cluster/apiserver.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { IsthmusProcess } from '../e2e/isthmus-process.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { type NatsServers, startNats } from '../servers/nats.ts';
import { type RedisServers, startRedis } from '../servers/redis.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { addSharedNames, Load } from './load.ts';
import type { Machine, Network } from './network.ts';
import { CLUSTERS, type ClusterName } from './objects-of.ts';
import { type Part, partOfApi, partOfNats, partOfProcess, partOfRedis } from './part.ts';
import { Truth } from './truth.ts';

const NATS = findServer('nats-server 2.15') ?? findServer('nats-server 2.9');
const REDIS = findServer('redis-server');
/** A write that is not answered by then is sent again. */
const API_REQUEST_MS = 1000;
/** Copies of each log. */
const REPLICAS = 3;
/** When a cluster is stale, and when it is lost: the default. */
const LIVENESS = '30s 5m';

/** Undefined: everything that is needed is here. */
export function worldMissing(): string | undefined {
  return (
    apiServerMissing() ??
    (NATS === undefined ? missingServer('nats-server') : undefined) ??
    (REDIS === undefined ? missingServer('redis-server') : undefined)
  );
}

export interface Resolver {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly health: string;
  readonly ready: string;
  readonly metrics: string;
  readonly process: IsthmusProcess;
}

export interface World {
  readonly network: Network;
  readonly truth: Truth;
  readonly apis: Readonly<Record<ClusterName, ApiServer>>;
  readonly loads: Readonly<Record<ClusterName, Load>>;
  readonly nats: NatsServers;
  readonly redis: RedisServers;
  /** Watchers and resolvers, by name. */
  readonly processes: ReadonlyMap<string, IsthmusProcess>;
  readonly resolvers: readonly Resolver[];
  /** All that can be killed, by name. */
  readonly parts: ReadonlyMap<string, Part>;
  stop(): Promise<void>;
}

/** Resolves when all processes run; not when they answer. */
export async function startWorld(network: Network): Promise<World> {
  const folder = makeTempDirectory();
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
    removeTempDirectory(folder);
  };
  try {
    return { ...(await startAll(network, folder, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(
  network: Network,
  folder: string,
  stops: (() => Promise<unknown>)[],
): Promise<Omit<World, 'stop'>> {
  const parts = new Map<string, Part>();
  const machines = new Map<string, Machine>();
  const machine = (name: string): Machine => {
    const made = network.machine(name);
    machines.set(name, made);
    return made;
  };
  const add = (part: Part) => parts.set(part.name, part);

  const natsMachines = [1, 2, 3].map((i) => machine(`nats-${i}`));
  const redisMachine = machine('redis');
  const apiMachines = { east: machine('api-east'), west: machine('api-west') };
  const [nats, redis, east, west] = await Promise.all([
    startNats(NATS ?? '', natsMachines.length, '', 'sync_interval: always', natsMachines),
    startRedis(REDIS ?? '', [], redisMachine),
    startApiServer(undefined, apiMachines.east, API_REQUEST_MS),
    startApiServer(undefined, apiMachines.west, API_REQUEST_MS),
  ]);
  for (const server of [nats, redis, east, west]) stops.push(() => server.stop());
  const apis = { east, west };
  for (const cluster of CLUSTERS) add(partOfApi(apiMachines[cluster], apis[cluster]));
  for (const [i, node] of nats.nodes.entries()) {
    const at = natsMachines[i];
    if (at !== undefined) add(partOfNats(at, node));
  }
  add(partOfRedis(redisMachine, redis.first));

  const truth = new Truth();
  addSharedNames(truth);
  const loads = { east: new Load('east', east, truth), west: new Load('west', west, truth) };
  await Promise.all([...CLUSTERS.map((name) => loads[name].fill()), makeLogs(nats.urls)]);
  for (const cluster of CLUSTERS) stops.push(() => loads[cluster].pause());

  const processes = new Map<string, IsthmusProcess>();
  for (const cluster of CLUSTERS) {
    for (const i of [1, 2]) {
      const at = machine(`watcher-${cluster}-${i}`);
      const process = startWatcher(at, cluster, apis[cluster], nats.urls);
      stops.push(() => process.kill());
      processes.set(at.name, process);
      add(partOfProcess(at, process));
    }
  }
  const resolvers: Resolver[] = [];
  for (const i of [1, 2]) {
    const at = machine(`resolver-${i}`);
    const resolver = await startResolver(at, folder, nats.urls, redis.url);
    stops.push(() => resolver.process.kill());
    resolvers.push(resolver);
    processes.set(at.name, resolver.process);
    add(partOfProcess(at, resolver.process));
  }
  return { network, truth, apis, loads, nats, redis, processes, resolvers, parts };
}

/** As an operator makes them for three nodes: every log on all of them. */
async function makeLogs(servers: readonly string[]): Promise<void> {
  const logs = openJetStreamLogs({ servers, federation: 'default', replicas: REPLICAS });
  try {
    for (const name of [...CLUSTERS, '_control']) await logs.open(name).head();
  } finally {
    await logs.close();
  }
}

function startWatcher(
  place: Machine,
  cluster: ClusterName,
  api: ApiServer,
  log: readonly string[],
): IsthmusProcess {
  const words = ['watcher', '--cluster', cluster, '--kubeconfig', api.kubeconfig];
  return new IsthmusProcess(words, { place, env: { ISTHMUS_LOG: log.join(',') } });
}

async function startResolver(
  place: Machine,
  folder: string,
  log: readonly string[],
  store: string,
): Promise<Resolver> {
  const { name, address } = place;
  const [port, health, ready, metrics] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const cwd = join(folder, name);
  mkdirSync(cwd);
  const file = join(cwd, 'Corefile');
  writeFileSync(
    file,
    `.:${port} {
    bind ${address}
    errors
    health ${address}:${health}
    ready ${address}:${ready}
    prometheus ${address}:${metrics}
    federation cluster.local clusterset.local {
        log ${log.join(' ')}
        store ${store}
        home east
        liveness ${LIVENESS}
    }
}
`,
  );
  const words = ['resolver', '-conf', file, '-state', join(cwd, 'state')];
  return {
    name,
    address,
    port,
    health: `http://${address}:${health}/health`,
    ready: `http://${address}:${ready}/ready?verbose`,
    metrics: `http://${address}:${metrics}/metrics`,
    process: new IsthmusProcess(words, { cwd, place }),
  };
}

/**
 * The world that is broken: two clusters with a real kube-apiserver each, a pair of watchers for
 * each, NATS with three nodes, Redis, two resolvers of both clusters, and one that watches east
 * itself. Every part is a process (the API servers with their etcd two) on a machine of its own.
 */
import { openJetStreamLogs } from '../../libs/log-jetstream/jetstream-logs.ts';
import { type ApiServer, startApiServer } from '../cluster/apiserver.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { IsthmusProcess } from '../e2e/isthmus-process.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { type NatsServers, startNats } from '../servers/nats.ts';
import { type RedisServers, startRedis } from '../servers/redis.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { type CoreDns, startCoreDns } from './coredns.ts';
import { addSharedNames, Load } from './load.ts';
import type { Machine, Network } from './network.ts';
import { CLUSTERS, type ClusterName } from './objects-of.ts';
import { type Part, partOfApi, partOfNats, partOfProcess, partOfRedis } from './part.ts';
import { EMBEDDED, federation, kubernetes, type Resolver, startResolver } from './resolver.ts';
import { Truth } from './truth.ts';

const NATS = findServer('nats-server 2.15') ?? findServer('nats-server 2.9');
const REDIS = findServer('redis-server');
/** A write that is not answered by then is sent again. */
const API_REQUEST_MS = 1000;
/** Copies of each log. */
const REPLICAS = 3;

/** Undefined: everything that is needed is here. */
export function worldMissing(): string | undefined {
  return (
    apiServerMissing() ??
    (NATS === undefined ? missingServer('nats-server') : undefined) ??
    (REDIS === undefined ? missingServer('redis-server') : undefined)
  );
}

interface Servers {
  readonly apis: Readonly<Record<ClusterName, ApiServer>>;
  readonly nats: NatsServers;
  readonly redis: RedisServers;
  readonly parts: readonly Part[];
}

interface Programs {
  readonly resolvers: readonly Resolver[];
  /** Watchers and resolvers, by name. */
  readonly processes: ReadonlyMap<string, IsthmusProcess>;
  readonly parts: readonly Part[];
}

export interface World extends Omit<Servers, 'parts'>, Omit<Programs, 'parts'> {
  readonly network: Network;
  readonly truth: Truth;
  readonly loads: Readonly<Record<ClusterName, Load>>;
  /** Where it is compared. */
  readonly coreDns: CoreDns | undefined;
  /** All that can be broken, by name. */
  readonly parts: ReadonlyMap<string, Part>;
  stop(): Promise<void>;
}

/** What is to be stopped, in the order of its start. */
type Stops = (() => Promise<unknown>)[];

/** Resolves when all processes run; not when they answer. */
export async function startWorld(network: Network, isCompared: boolean): Promise<World> {
  const folder = makeTempDirectory();
  const stops: Stops = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
    removeTempDirectory(folder);
  };
  try {
    const servers = await startServers(network, stops);
    const { east, west } = servers.apis;
    const truth = new Truth();
    addSharedNames(truth);
    const loads = { east: new Load('east', east, truth), west: new Load('west', west, truth) };
    await Promise.all([loads.east.fill(), loads.west.fill(), makeLogs(servers.nats.urls)]);
    stops.push(() => Promise.all([loads.east.pause(), loads.west.pause()]));
    const programs = await startPrograms(network, servers, folder, stops);
    const coreDns = isCompared
      ? await startCoreDns(network.machine('coredns'), folder, east.kubeconfig)
      : undefined;
    stops.push(async () => coreDns?.kill());
    const all = [...servers.parts, ...programs.parts, ...(coreDns === undefined ? [] : [coreDns])];
    const parts = new Map(all.map((part) => [part.name, part]));
    return { ...servers, ...programs, network, truth, loads, coreDns, parts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startServers(network: Network, stops: Stops): Promise<Servers> {
  const nodes = [1, 2, 3].map((i) => network.machine(`nats-${i}`));
  const store = network.machine('redis');
  const [atEast, atWest] = [network.machine('api-east'), network.machine('api-west')];
  const [nats, redis, east, west] = await Promise.all([
    startNats(NATS ?? '', nodes.length, '', 'sync_interval: always', nodes),
    startRedis(REDIS ?? '', [], store),
    startApiServer(undefined, atEast, API_REQUEST_MS),
    startApiServer(undefined, atWest, API_REQUEST_MS),
  ]);
  for (const server of [nats, redis, east, west]) stops.push(() => server.stop());
  const parts = [
    partOfApi(atEast, east),
    partOfApi(atWest, west),
    partOfRedis(store, redis.first),
    ...nodes.map((machine, i) => partOfNats(machine, nats.node(`n${i + 1}`))),
  ];
  return { apis: { east, west }, nats, redis, parts };
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

async function startPrograms(
  network: Network,
  { apis, nats, redis }: Servers,
  folder: string,
  stops: Stops,
): Promise<Programs> {
  const processes = new Map<string, IsthmusProcess>();
  const parts: Part[] = [];
  const add = (machine: Machine, process: IsthmusProcess) => {
    stops.push(() => process.kill());
    processes.set(machine.name, process);
    parts.push(partOfProcess(machine, process));
  };
  for (const cluster of CLUSTERS) {
    const words = ['watcher', '--cluster', cluster, '--kubeconfig', apis[cluster].kubeconfig];
    for (const i of [1, 2]) {
      const place = network.machine(`watcher-${cluster}-${i}`);
      add(place, new IsthmusProcess(words, { place, env: { ISTHMUS_LOG: nats.urls.join(',') } }));
    }
  }
  const ofAll = federation(nats.urls, redis.url);
  const resolvers = [
    await startResolver(network.machine('resolver-1'), folder, ofAll),
    await startResolver(network.machine('resolver-2'), folder, ofAll),
    await startResolver(network.machine(EMBEDDED), folder, kubernetes(apis.east.kubeconfig)),
  ];
  for (const { machine, process } of resolvers) add(machine, process);
  return { processes, parts, resolvers };
}

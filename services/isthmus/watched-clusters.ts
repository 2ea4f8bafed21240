/**
 * The logs of clusters, and the watchers of this process that write them: opened by whoever serves
 * the clusters first, closed by the last. Server blocks that name the same API share its watcher,
 * and so do two configurations while one follows the other: what both want goes on.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DEFAULT_KINDS, OBJECT_KINDS, type ObjectKind } from '../../libs/event/object.ts';
import type { Logs } from '../../libs/log/log.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import { DiskSnapshots } from '../resolver/control/disk-snapshots.ts';
import type { LogOptions } from '../resolver/plugins/federation/media-options.ts';
import type { FederationOptions } from '../resolver/plugins/federation/options.ts';
import type { KubernetesOptions } from '../resolver/stanza/kubernetes-options.ts';
import { runWatcher, type Watcher } from '../watcher/watcher.ts';
import { type ClusterPlace, openCluster } from './open-cluster.ts';
import { openLogs } from './open-logs.ts';
import type { OwnLogs } from './operator/own-logs.ts';
import { Reach } from './reach.ts';

export interface WatchedOptions {
  /** Names the federation on its log. */
  readonly name: string;
  readonly logOptions: LogOptions;
  /** The directory of the embedded log. */
  readonly state: string;
  /** Where the embedded log can't be kept, it is in memory; false: that is an error. */
  readonly mayForget: boolean;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What one user wants to be watched, by the name of the cluster. */
export type Places = ReadonlyMap<string, ClusterPlace>;

interface Watch {
  readonly place: ClusterPlace;
  readonly watcher: Watcher;
  readonly reach: Reach | undefined;
  readonly metrics: Metrics;
  readonly stopping: AbortController;
}

export class WatchedClusters {
  readonly #options: WatchedOptions;
  /** In the order in which they came. */
  readonly #users = new Set<Places>();
  readonly #watches = new Map<string, Watch>();
  #opening: Promise<Logs> | undefined;
  /** One change after the other. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(options: WatchedOptions) {
    this.#options = options;
  }

  /** Whether the logs are a server's, which others read and write too. */
  get isShared(): boolean {
    return this.#options.logOptions.kind === 'nats';
  }

  /** Logs that only this process can open; undefined: they are a server's, or nobody has yet. */
  get ownLogs(): Pick<OwnLogs, 'federation' | 'where' | 'logs'> | undefined {
    const { name: federation, state, logOptions } = this.#options;
    const logs = this.#opening;
    if (logOptions.kind === 'nats' || logs === undefined) return undefined;
    const where = logOptions.kind === 'memory' ? 'memory' : (logOptions.directory ?? state);
    return { federation, where, logs };
  }

  /** What this machine keeps of logs that are elsewhere. */
  get snapshots(): DiskSnapshots | undefined {
    const { state, name, log } = this.#options;
    return this.isShared
      ? new DiskSnapshots({ directory: join(state, 'facts', name), log })
      : undefined;
  }

  /** Has these watched too, from the next opening on: so that those who open together share all. */
  want(places: Places): void {
    this.#users.add(places);
  }

  /** Clusters that are watched as they should be go on being so. */
  open(places: Places): Promise<Logs> {
    this.want(places);
    return this.#change(async () => {
      this.#opening ??= this.#openLogs();
      const logs = await this.#opening;
      await this.#watch(logs);
      return logs;
    });
  }

  /** What was opened with `places` is wanted no more. */
  async close(places: Places): Promise<void> {
    if (!this.#users.delete(places)) return;
    await this.#change(async () => {
      const logs = await this.#opening?.catch(() => undefined);
      if (logs !== undefined) await this.#watch(logs);
      if (this.#users.size > 0) return;
      this.#opening = undefined;
      await logs?.close();
    });
  }

  /** What keeps the watcher from its cluster; undefined when nothing does, or it is not ours. */
  whyAway(cluster: string): string | undefined {
    const watch = this.#watches.get(cluster);
    if (watch === undefined) return undefined;
    const { state, lastTrouble } = watch.watcher.status();
    if (watch.reach?.isLost === true) return lastTrouble ?? 'no reply';
    return state === 'listing' ? lastTrouble : undefined;
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    const changed = this.#changing.then(work);
    this.#changing = changed.catch(() => {});
    return changed;
  }

  /** Ends what is not wanted like this, and begins what is. */
  async #watch(logs: Logs): Promise<void> {
    const wanted = placesOf(this.#users);
    const ending = [...this.#watches].filter(([cluster, { place }]) => {
      const other = wanted.get(cluster);
      return other === undefined || JSON.stringify(other) !== JSON.stringify(place);
    });
    for (const [cluster, { stopping, metrics }] of ending) {
      stopping.abort();
      metrics.end();
      this.#watches.delete(cluster);
    }
    await Promise.allSettled(ending.map(([, { watcher }]) => watcher.ended));
    for (const [cluster, place] of wanted) {
      if (!this.#watches.has(cluster)) await this.#begin(cluster, place, logs);
    }
  }

  async #begin(cluster: string, place: ClusterPlace, logs: Logs): Promise<void> {
    const { name, log } = this.#options;
    const metrics = this.#options.metrics.part();
    const reach = place.source.kind === 'manifests' ? undefined : new Reach();
    reach?.follow(metrics, cluster);
    const source = await openCluster(cluster, place, { log, metrics, reach });
    const stopping = new AbortController();
    const { signal } = stopping;
    const watcher = runWatcher({ federation: name, cluster, source, logs, log, signal });
    watcher.ended.catch((error: unknown) => log.error(`watcher/${cluster}: ${toldOf(error)}`));
    this.#watches.set(cluster, { place, watcher, reach, metrics, stopping });
  }

  async #openLogs(): Promise<Logs> {
    const { name, logOptions, state, mayForget, log } = this.#options;
    try {
      return await openLogs(logOptions, name, state, log);
    } catch (error) {
      if (!mayForget || logOptions.kind !== 'sqlite') throw error;
      log.warning(`${toldOf(error)}; the log is kept in memory, and read anew at each start`);
      return openLogs({ kind: 'memory' }, name, state, log);
    }
  }
}

/** Each cluster as all together want it; where it is, the last one says. */
export function placesOf(users: Iterable<Places>): Places {
  const all = new Map<string, ClusterPlace>();
  for (const places of users) {
    for (const [cluster, place] of places) {
      const known = all.get(cluster);
      all.set(cluster, known === undefined ? place : togetherOf(place, known));
    }
  }
  return all;
}

/** The logs of a federation directive. */
export function watchedByFederation(
  { name, log: logOptions }: FederationOptions,
  rest: Pick<WatchedOptions, 'state' | 'log' | 'metrics'>,
): WatchedOptions {
  return { ...rest, name, logOptions, mayForget: false };
}

/** The clusters that a federation directive has watched. */
export function placesOfFederation({ clusters, home, homeOptions }: FederationOptions): Places {
  return new Map(
    clusters.map(({ name, source }) => {
      const hasPods = homeOptions.pods === 'verified' && name === home;
      return [name, { source, kinds: hasPods ? OBJECT_KINDS : DEFAULT_KINDS }] as const;
    }),
  );
}

/** The logs of all kubernetes and kubernetai directives of a Corefile. */
export function watchedByStanzas(
  rest: Pick<WatchedOptions, 'state' | 'log' | 'metrics'>,
): WatchedOptions {
  return {
    ...rest,
    name: 'kubernetes',
    state: join(rest.state, 'kubernetes'),
    logOptions: { kind: 'sqlite', directory: undefined },
    mayForget: true,
  };
}

/**
 * The cluster of a stanza, and what of it is watched: what its names are made of, so that CoreDNS's
 * rights are enough.
 */
export function placeOfStanza(stanza: KubernetesOptions): ClusterPlace {
  const { access, limits, home, multiclusterZones } = stanza;
  const isLimited = Object.values(limits).some((limit) => limit !== undefined);
  const wanted = new Set<ObjectKind>(['Namespace', 'Service', 'EndpointSlice']);
  if (home.pods === 'verified') wanted.add('Pod');
  if (multiclusterZones.length > 0) wanted.add('ServiceImport');
  const kinds = OBJECT_KINDS.filter((kind) => wanted.has(kind));
  return { source: access, kinds, limits: isLimited ? limits : undefined };
}

/** One cluster, as two want it: all that one of them watches, within the limits of both. */
export function togetherOf(one: ClusterPlace, other: ClusterPlace): ClusterPlace {
  const kinds = OBJECT_KINDS.filter(
    (kind) => one.kinds.includes(kind) || other.kinds.includes(kind),
  );
  if (one.limits === undefined || other.limits === undefined) {
    return { source: one.source, kinds, limits: one.limits ?? other.limits };
  }
  const limits = {
    qps: lower(one.limits.qps, other.limits.qps),
    burst: lower(one.limits.burst, other.limits.burst),
    maxInflight: lower(one.limits.maxInflight, other.limits.maxInflight),
  };
  return { source: one.source, kinds, limits };
}

function lower(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

/**
 * What the cluster of a stanza is called: by how its API is reached, so that a log is never taken
 * for another cluster's.
 */
export function clusterOfStanza({ access }: KubernetesOptions): string {
  const said =
    access.kind === 'kubeconfig'
      ? (access.context ?? 'kubeconfig')
      : access.kind === 'endpoint'
        ? access.url.replace(/^[a-z]+:\/\//, '')
        : 'cluster';
  const label = said.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const hash = createHash('sha256').update(JSON.stringify(access)).digest('hex').slice(0, 8);
  return `${label.slice(0, 50)}-${hash}`.replace(/^-+/, '').replace(/-+/g, '-');
}

/**
 * A defect ends one watcher, and nothing else: what is known goes on answering. Our own sentences
 * (a damaged log file) need no stack.
 */
function toldOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.startsWith('Cannot ') ? error.message : (error.stack ?? error.message);
}

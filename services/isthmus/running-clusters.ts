/**
 * What is known of the clusters of one server block: the control that follows their logs, told to
 * one sink a view of the table. Configurations that follow each other share it where both say the
 * same of the clusters, whatever else they change: nothing is read anew then.
 *
 *   join(sink) ─► the first: logs, watchers, control ─► sinks of all who joined
 *   leave ─► the last: all of it ends
 */
import { zonesOf } from '../../libs/federation/apex.ts';
import type { ClusterStates } from '../../libs/federation/indexed-states.ts';
import type { FederationConfig } from '../../libs/federation/layer.ts';
import { type Logs, LogUnavailable } from '../../libs/log/log.ts';
import type { FactStore } from '../../libs/store/store.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import { ZoneContents } from '../../libs/transfer/zone-contents.ts';
import type { ZoneSource } from '../../libs/transfer/zone-source.ts';
import { type ControlOptions, FederationControl } from '../resolver/control/federation-control.ts';
import { withLog } from '../resolver/control/log-differences.ts';
import type { NameSink } from '../resolver/control/name-sink.ts';
import type { ServedSince } from './served-since.ts';
import type { Places, WatchedClusters } from './watched-clusters.ts';

export interface RunningOptions {
  readonly config: FederationConfig;
  readonly watched: WatchedClusters;
  readonly places: Places;
  /** Undefined: whatever has a log. */
  readonly clusters: readonly string[] | undefined;
  /** How clusters are judged; undefined: they are not. */
  readonly judged: ControlOptions['judged'];
  /** Somebody may ask for whole zones. */
  readonly transfers: boolean;
  /** By the labels of its listeners: the same after a start. */
  readonly servers: readonly string[];
}

export interface RunningDependencies {
  readonly store: FactStore | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly servedSince: ServedSince;
}

export interface Joined {
  readonly control: FederationControl;
  /** Once the sinks have been told all that is known. */
  readonly filled: Promise<unknown>;
}

export class RunningClusters {
  readonly #options: RunningOptions;
  readonly #dependencies: RunningDependencies;
  readonly #metrics: Metrics;
  /** Where somebody may ask for whole zones. */
  readonly #contents: ZoneContents | undefined;
  #users = 0;
  #isStarted = false;
  #opening: Promise<FederationControl> | undefined;
  #control: FederationControl | undefined;
  #logs: Logs | undefined;
  /** A serial up to this one may be of other options than those of now. */
  #since: number | undefined;

  constructor(options: RunningOptions, dependencies: RunningDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#metrics = dependencies.metrics.part();
    this.#contents = options.transfers ? new ZoneContents(zonesOf(options.config)) : undefined;
  }

  /** Whether it can be joined: once all have left, another has to begin. */
  get isOpen(): boolean {
    return this.#users > 0;
  }

  get store(): FactStore | undefined {
    return this.#dependencies.store;
  }

  get config(): FederationConfig {
    return this.#options.config;
  }

  get states(): ClusterStates {
    return this.#control?.states ?? new Map();
  }

  /** Resolves when it runs; the sinks may still be being told what is known. */
  async join(sinks: readonly NameSink[]): Promise<Joined> {
    this.#users++;
    this.#opening ??= this.#open();
    const control = await this.#opening;
    const filled = Promise.all(sinks.map((sink) => control.add(sink)));
    if (this.#isStarted) return { control, filled };
    this.#isStarted = true;
    control.start();
    return { control, filled };
  }

  /** The sinks are told no more; without others who joined all of it ends. */
  async leave(sinks: readonly NameSink[]): Promise<void> {
    for (const sink of sinks) this.#control?.delete(sink);
    if (--this.#users > 0) return;
    await this.#control?.stop();
    this.#metrics.end();
    const { watched, places } = this.#options;
    await watched.close(places);
  }

  zoneSource(zone: string): ZoneSource | undefined {
    const source = this.#contents?.source(zone);
    if (source === undefined) return undefined;
    return withLog(
      source,
      () => this.#logOfAll(),
      () => this.#since,
    );
  }

  async #open(): Promise<FederationControl> {
    const { watched, places, config, clusters, judged } = this.#options;
    const { log, store } = this.#dependencies;
    const logs = await watched.open(places);
    this.#logs = logs;
    this.#control = new FederationControl({
      config,
      sink: this.#contentsSink(),
      logs,
      // Facts are shared by who shares the log: those of an embedded one are this process's own.
      store: watched.isShared ? store : undefined,
      snapshots: watched.snapshots,
      clusters,
      judged,
      log,
      metrics: this.#metrics,
      random: Math.random,
      whyAway: (cluster) => watched.whyAway(cluster),
    });
    if (this.#contents !== undefined) {
      this.#findSince(logs).catch((error: unknown) => log.error(String(error)));
    }
    return this.#control;
  }

  #contentsSink(): NameSink {
    const contents = this.#contents;
    return {
      setZone: () => {},
      settle: (zone, soa) => contents?.setZone(zone, soa, true),
      put: (zone, name, names) => contents?.put(zone, name, names.get(name) ?? []),
      remove: (zone, name) => contents?.remove(zone, name),
    };
  }

  /** Where all that is served is of one cluster: only then a serial is a position of its log. */
  #logOfAll() {
    const { layers } = this.config;
    const [cluster, second] = new Set(layers.map((layer) => layer.cluster));
    const state = cluster === undefined ? undefined : this.states.get(cluster);
    // A serial is a position of the cluster's log only while the control log has said nothing.
    const isSaid = (this.#control?.controlPosition ?? 0) > 0;
    const isOne = second === undefined && this.states.size === 1 && !isSaid;
    const eventLog = this.#logs?.open(cluster ?? '');
    if (!isOne || state === undefined || eventLog === undefined) return undefined;
    return { config: this.config, states: this.states, state, eventLog };
  }

  /** Without it, what is handed out is never a difference to what was before this process. */
  async #findSince(logs: Logs): Promise<void> {
    const { layers, nameServers } = this.config;
    const place = [this.#options.servers, zonesOf(this.config)];
    const served = { place, options: { layers, nameServers } };
    const clusters = [...new Set(layers.map(({ cluster }) => cluster))].sort();
    try {
      const all = clusters.map((cluster) => logs.open(cluster));
      this.#since = await this.#dependencies.servedSince.of(served, all);
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
    }
  }
}

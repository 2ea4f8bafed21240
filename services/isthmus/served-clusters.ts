/**
 * What stands behind the plugins of one server block that answer from clusters: the control that
 * follows their logs into the table. Constructed from options; opened at its start, when it is
 * known which listeners serve the block.
 */
import { networkInterfaces } from 'node:os';
import { isWithin, longestZone } from '../../libs/dns/name.ts';
import { layerOfZone, zonesOf } from '../../libs/federation/apex.ts';
import type { ClusterState } from '../../libs/federation/cluster-state.ts';
import type { ClusterStates } from '../../libs/federation/federation.ts';
import type { FederationConfig, Layer } from '../../libs/federation/layer.ts';
import type { Outcome } from '../../libs/federation/lookup.ts';
import { type Logs, LogUnavailable } from '../../libs/log/log.ts';
import type { FactStore } from '../../libs/store/store.ts';
import type { TableWriter } from '../../libs/table/table-writer.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import { ZoneContents } from '../../libs/transfer/zone-contents.ts';
import type { ZoneSource } from '../../libs/transfer/zone-source.ts';
import { type Block, type Listener, routeOf } from '../resolver/block.ts';
import type { ClustersRuntime } from '../resolver/clusters/clusters-runtime.ts';
import type { CachedAnswersTable } from '../resolver/control/cached-answers.ts';
import { type ControlOptions, FederationControl } from '../resolver/control/federation-control.ts';
import { withLog } from '../resolver/control/log-differences.ts';
import type { NameSink } from '../resolver/control/name-sink.ts';
import { createTableSink } from '../resolver/control/table-sink.ts';
import { teeSinks } from '../resolver/control/tee-sinks.ts';
import type { QueryGroups } from '../resolver/query-groups.ts';
import type { ServedSince } from './served-since.ts';
import type { WatchedClusters } from './watched-clusters.ts';

/** Layers with the plugin that asks them. */
export interface PluginLayers {
  readonly plugin: string;
  readonly layers: readonly Layer[];
}

export interface ServedOptions {
  /** In the order of the chain. */
  readonly parts: readonly PluginLayers[];
  readonly watched: WatchedClusters;
  /** Undefined: whatever has a log. */
  readonly clusters: readonly string[] | undefined;
  /** How clusters are judged; undefined: they are not. */
  readonly judged?: ControlOptions['judged'];
  /** Where clients are counts; undefined: nobody asks that. */
  readonly clients?: FederationConfig['clients'];
  /** Pods alone say it. */
  readonly placesByPods?: boolean;
  /** A cluster is not synced after so long: a warning says so. Undefined: none does. */
  readonly startupTimeoutMs: number | undefined;
  /** Somebody may ask for whole zones. */
  readonly transfers: boolean;
}

export interface ServedDependencies {
  readonly table: TableWriter;
  readonly store: FactStore | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly groups: QueryGroups;
  readonly cachedAnswers: CachedAnswersTable;
  readonly servedSince: ServedSince;
  /**
   * So many numbers of zones in the table, which nobody else has: the first of them; undefined when
   * there are not so many left.
   */
  readonly takeZoneNumbers: (count: number) => number | undefined;
}

export class ServedClusters implements ClustersRuntime {
  readonly #options: ServedOptions;
  readonly #dependencies: ServedDependencies;
  readonly #layers: readonly Layer[];
  #listeners: readonly Listener[] = [];
  #block: Block | undefined;
  #control: FederationControl | undefined;
  #logs: Logs | undefined;
  /** Where somebody may ask for whole zones. */
  readonly #contents: ZoneContents | undefined;
  #late: NodeJS.Timeout | undefined;
  /** A serial up to this one may be of other options than those of now. */
  #since: number | undefined;

  constructor(options: ServedOptions, dependencies: ServedDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#layers = options.parts.flatMap(({ layers }) => layers);
    const zones = zonesOf({ layers: this.#layers, nameServers: [] });
    this.#contents = options.transfers ? new ZoneContents(zones) : undefined;
  }

  /** Who serves it: the number of a listener is its view in the table. Before the start. */
  serveOn(listeners: readonly Listener[], block: Block | undefined): void {
    this.#listeners = listeners;
    this.#block = block;
  }

  async start(): Promise<void> {
    const { watched, clusters, judged, startupTimeoutMs } = this.#options;
    const { log, metrics, store } = this.#dependencies;
    const logs = await watched.open();
    this.#logs = logs;
    const config = this.config();
    this.#control = new FederationControl({
      config,
      sink: this.#sink(config),
      logs,
      // Facts are shared by who shares the log: those of an embedded one are this process's own.
      store: watched.isShared ? store : undefined,
      snapshots: watched.snapshots,
      clusters,
      judged,
      log,
      metrics,
      random: Math.random,
      whyAway: (cluster) => watched.whyAway(cluster),
    });
    this.#control.start();
    if (this.#contents !== undefined) {
      this.#findSince(logs).catch((error: unknown) => log.error(String(error)));
    }
    if (startupTimeoutMs === undefined) return;
    this.#late = setTimeout(() => this.#tellLate(startupTimeoutMs), startupTimeoutMs).unref();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#late);
    await this.#control?.stop();
    await this.#options.watched.close();
  }

  layersOf(plugin: string): readonly Layer[] {
    return this.#options.parts.find((part) => part.plugin === plugin)?.layers ?? [];
  }

  lookup(name: string, type: string, layers: readonly Layer[], client?: string): Outcome {
    return this.#control?.lookup(name, type, layers, client) ?? { kind: 'outside' };
  }

  get states(): ClusterStates {
    return this.#control?.states ?? new Map();
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

  /** Where all that is served is of one cluster: only then a serial is a position of its log. */
  #logOfAll() {
    const [cluster, second] = new Set(this.#layers.map((layer) => layer.cluster));
    const state = cluster === undefined ? undefined : this.states.get(cluster);
    // A serial is a position of the cluster's log only while the control log has said nothing.
    const isSaid = (this.#control?.controlPosition ?? 0) > 0;
    const isOne = second === undefined && this.states.size === 1 && !isSaid;
    const eventLog = this.#logs?.open(cluster ?? '');
    if (!isOne || state === undefined || eventLog === undefined) return undefined;
    return { config: this.config(), states: this.states, state, eventLog };
  }

  /** Without it, what is handed out is never a difference to what was before this process. */
  async #findSince(logs: Logs): Promise<void> {
    const { layers, nameServers } = this.config();
    const place = [this.#mineListeners().map(({ server }) => server), zonesOf(this.config())];
    const served = { place, options: { layers, nameServers } };
    const clusters = [...new Set(layers.map(({ cluster }) => cluster))].sort();
    try {
      const all = clusters.map((cluster) => logs.open(cluster));
      this.#since = await this.#dependencies.servedSince.of(served, all);
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
    }
  }

  waitingFor(): readonly string[] {
    return this.#control?.waitingFor() ?? ['its start'];
  }

  notes(): readonly string[] {
    const views = this.#control?.clusters() ?? [];
    const away = views.flatMap(({ cluster, synced, caughtUp }) => {
      const why = this.#options.watched.whyAway(cluster);
      if (synced && caughtUp) {
        return why === undefined ? [] : [`${cluster} can't be reached, and is as it was: ${why}`];
      }
      return [`${cluster} is not synced${why === undefined ? '' : `: ${why}`}`];
    });
    const standing = [...this.states.values()].flatMap(standingOf);
    const lacking = new Set(this.#layers.flatMap((layer) => this.#lacking(layer)));
    return [...away, ...standing, ...lacking];
  }

  /** Kinds that a synced cluster may keep from us, with the names that are made of them. */
  #lacking(layer: Layer): readonly string[] {
    const state = this.states.get(layer.cluster);
    if (state?.complete !== true) return [];
    const lacking: string[] = [];
    const isVerified = 'pods' in layer && layer.pods === 'verified';
    const hasPods = isVerified || this.#options.placesByPods === true;
    if (hasPods && !state.podsComplete) lacking.push('pods');
    if (layer.kind === 'imports' && !state.importsComplete) lacking.push('ServiceImports');
    return lacking.map((kind) => `the ${kind} of ${layer.cluster} are not known`);
  }

  /** Undefined before the start. */
  get control(): FederationControl | undefined {
    return this.#control;
  }

  config(): FederationConfig {
    const { clients } = this.#options;
    return { layers: this.#layers, nameServers: this.#nameServers(), clients };
  }

  #tellLate(afterMs: number): void {
    const notes = this.notes();
    if (notes.length === 0) return;
    this.#dependencies.log.warning(`after ${afterMs / 1000} s still: ${notes.join('; ')}`);
  }

  /** The addresses listened on; for all addresses those of this machine that others can reach. */
  #nameServers(): readonly string[] {
    const hosts = this.#mineListeners().map(({ host }) => host);
    if (!hosts.includes('') && hosts.length > 0) return [...new Set(hosts)];
    return Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, scopeid }) => !internal && (scopeid ?? 0) === 0)
      .map(({ address }) => address);
  }

  #mineListeners(): readonly Listener[] {
    return this.#listeners.filter(({ blocks }) => [...blocks.values()].includes(this.#mine));
  }

  get #mine(): Block {
    if (this.#block === undefined) throw new Error('Cannot serve clusters: no block has them');
    return this.#block;
  }

  #sink(config: FederationConfig): NameSink {
    const table = this.#tableSink(config);
    const contents = this.#contents;
    if (contents === undefined) return table;
    return teeSinks(table, {
      setZone: () => {},
      settle: (zone, soa) => contents.setZone(zone, soa, true),
      put: (zone, name, names) => contents.put(zone, name, names.get(name) ?? []),
      remove: (zone, name) => contents.remove(zone, name),
    });
  }

  #tableSink(config: FederationConfig): NameSink {
    const zones = zonesOf(config);
    const block = this.#mine;
    const { table, groups, cachedAnswers, log } = this.#dependencies;
    const { views, firstZone } = this.#placesOf(zones);
    cachedAnswers.giveWayTo(block, { zones, views });
    const groupOf = (view: number, zone: string) => {
      const listener = this.#listeners[view];
      const route = listener && routeOf(listener.blocks, zone, 'A');
      const labels = { server: listener?.server ?? '', zone: route?.zone ?? '' };
      return groups.numberOf({ ...labels, plugin: this.#pluginOf(config, zone) });
    };
    return createTableSink({
      table,
      views,
      zones,
      firstZone,
      groupOf,
      denies: block.tableDenies,
      rotate: block.plugins.some((plugin) => plugin.name === 'loadbalance'),
      recursionAvailable: block.recursion,
      onUnencodable: (name, why) => log.warning(`${name} has no answer: ${why}`),
    });
  }

  /**
   * The table may answer on a listener where this block gets all questions of its zones, as long as
   * there is room for them: a network written as a zone is up to 128 zones on each listener.
   */
  #placesOf(zones: readonly string[]) {
    const block = this.#mine;
    const views = [...this.#listeners.entries()].flatMap(([view, { blocks }]) => {
      const isAll = zones.every((zone) => routeOf(blocks, zone, 'A')?.block === block);
      const isDeeper = [...blocks.keys()].some((key) =>
        zones.some((zone) => key !== zone && isWithin(key, zone)),
      );
      return isAll && !isDeeper && block.tableCapable ? [view] : [];
    });
    const { log, takeZoneNumbers } = this.#dependencies;
    const firstZone = takeZoneNumbers(views.length * zones.length);
    if (firstZone !== undefined) return { views, firstZone };
    log.warning(
      `${zones.length} zones on ${views.length} listeners are too many for the table: ` +
        'they are answered without it, more slowly',
    );
    return { views: [], firstZone: 0 };
  }

  #pluginOf(config: FederationConfig, zone: string): string {
    const layer = layerOfZone(config, longestZone(zone, zonesOf(config)) ?? zone);
    const part = this.#options.parts.find(({ layers }) => layers.some((one) => one === layer));
    return part?.plugin ?? '';
  }
}

/** What the control log says of a cluster, where that is worth a word. */
function standingOf({ cluster, standing, isDrained }: ClusterState): readonly string[] {
  const said = standing === 'live' ? [] : [`${cluster} is ${standing}: its API is not heard`];
  return isDrained ? [...said, `${cluster} is drained`] : said;
}

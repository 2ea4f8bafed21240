/**
 * What stands behind the plugins of one server block that answer from clusters: its names in the
 * table, in the views of the listeners that serve the block. Constructed from options; it joins
 * what is known of the clusters (running-clusters.ts) at its start, when its listeners are known,
 * and may get others later.
 */
import { networkInterfaces } from 'node:os';
import { isWithin, longestZone } from '../../libs/dns/name.ts';
import { layerOfZone, zonesOf } from '../../libs/federation/apex.ts';
import type { ClusterState } from '../../libs/federation/cluster-state.ts';
import type { ClusterStates } from '../../libs/federation/indexed-states.ts';
import type { FederationConfig, Layer } from '../../libs/federation/layer.ts';
import type { Outcome } from '../../libs/federation/lookup.ts';
import type { TableWriter } from '../../libs/table/table-writer.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { ZoneSource } from '../../libs/transfer/zone-source.ts';
import { type Block, type Blocks, type Listener, routeOfAll } from '../resolver/block.ts';
import type { ChainNames, ChainNamesChange } from '../resolver/chain-names.ts';
import { chainNamesAbove } from '../resolver/chain-names.ts';
import type { ClustersRuntime } from '../resolver/clusters/clusters-runtime.ts';
import type { CachedAnswersTable, Views } from '../resolver/control/cached-answers.ts';
import { ChainNamesSink } from '../resolver/control/chain-names-sink.ts';
import type { ControlOptions, FederationControl } from '../resolver/control/federation-control.ts';
import type { NameSink } from '../resolver/control/name-sink.ts';
import { createTableSink } from '../resolver/control/table-sink.ts';
import { tellingSink } from '../resolver/control/telling-sink.ts';
import type { NumberPool } from '../resolver/number-pool.ts';
import type { QueryGroups } from '../resolver/query-groups.ts';
import type { RunningClusters, RunningOptions } from './running-clusters.ts';
import type { Places, WatchedClusters } from './watched-clusters.ts';

/** Layers with the plugin that asks them. */
export interface PluginLayers {
  readonly plugin: string;
  readonly layers: readonly Layer[];
}

export interface ServedOptions {
  /** In the order of the chain. */
  readonly parts: readonly PluginLayers[];
  readonly watched: WatchedClusters;
  readonly places: Places;
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
  readonly log: Log;
  readonly groups: QueryGroups;
  readonly cachedAnswers: CachedAnswersTable;
  /** Of zones in the table. */
  readonly zoneNumbers: NumberPool;
  /** What runs for these options, perhaps for others already. */
  readonly running: (options: RunningOptions) => RunningClusters;
}

/** The names in one view of the table. */
interface Shown {
  readonly sink: NameSink | ChainNamesSink;
  readonly firstZone: number;
}

const FULL =
  'and names after it are answered without it, more slowly (isthmus_table_missing_names)';

export class ServedClusters implements ClustersRuntime {
  readonly #options: ServedOptions;
  readonly #dependencies: ServedDependencies;
  readonly #layers: readonly Layer[];
  readonly #views = new Map<number, Listener>();
  readonly #shown = new Map<number, Shown>();
  #block: Block | undefined;
  #running: RunningClusters | undefined;
  #control: FederationControl | undefined;
  /** Of its sinks, those that are still being told. */
  #filling = 0;
  #late: NodeJS.Timeout | undefined;

  constructor(options: ServedOptions, dependencies: ServedDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#layers = options.parts.flatMap(({ layers }) => layers);
  }

  /**
   * Who serves it, beside those who do already. After the start its names are put there too;
   * `isFilled` says when they are.
   */
  serveOn(views: Views, block: Block | undefined): void {
    if (this.#block === undefined && block !== undefined) {
      this.#namesAbove(block)?.follow((change) => this.#leave(change));
    }
    this.#block = block;
    const fresh = [...views.entries()].filter(([view]) => !this.#views.has(view));
    for (const [view, listener] of fresh) this.#views.set(view, listener);
    if (this.#control === undefined) {
      this.#options.watched.want(this.#options.places);
      return;
    }
    const control = this.#control;
    const sinks = this.#show(fresh.map(([view]) => view));
    this.#fill(Promise.all(sinks.map((sink) => control.add(sink))));
  }

  /** Whether all names that are known are in the table, wherever it is served. */
  get isFilled(): boolean {
    return this.#filling === 0 && this.#control?.isBehind === false;
  }

  /** Nobody asks in these views any more: nothing is denied there. Gives what frees the rest. */
  leave(views: readonly number[]): () => void {
    const { table, zoneNumbers } = this.#dependencies;
    const zones = zonesOf(this.#configOfLayers()).length;
    const rows: number[] = [];
    for (const view of views) {
      this.#views.delete(view);
      const shown = this.#shown.get(view);
      if (shown === undefined) continue;
      this.#shown.delete(view);
      this.#control?.delete(shown.sink);
      for (let i = 0; i < zones; i++) table.removeZone(shown.firstZone + i);
      rows.push(shown.firstZone);
    }
    return () => {
      for (const first of rows) zoneNumbers.giveRow(first, zones);
    };
  }

  async start(): Promise<void> {
    const { watched, places, clusters, judged, transfers, startupTimeoutMs } = this.#options;
    const servers = this.#mineListeners().map(({ server }) => server);
    const config = { ...this.#configOfLayers(), nameServers: this.#nameServers() };
    const options = { config, watched, places, clusters, judged, transfers, servers };
    this.#running = this.#dependencies.running(options);
    const sinks = this.#show([...this.#views.keys()]);
    const { control, filled } = await this.#running.join(sinks);
    this.#control = control;
    this.#fill(filled);
    if (startupTimeoutMs === undefined) return;
    this.#late = setTimeout(() => this.#tellLate(startupTimeoutMs), startupTimeoutMs).unref();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#late);
    await this.#running?.leave([...this.#shown.values()].map(({ sink }) => sink));
    this.#running = undefined;
    await this.#options.watched.close(this.#options.places);
  }

  /** Of what runs: whoever began it may have read them from another file that says the same. */
  layersOf(plugin: string): readonly Layer[] {
    const { layers } = this.config();
    let first = 0;
    for (const part of this.#options.parts) {
      const end = first + part.layers.length;
      if (part.plugin === plugin) return layers.slice(first, end);
      first = end;
    }
    return [];
  }

  lookup(name: string, type: string, layers: readonly Layer[], client?: string): Outcome {
    return this.#control?.lookup(name, type, layers, client) ?? { kind: 'outside' };
  }

  get states(): ClusterStates {
    return this.#control?.states ?? new Map();
  }

  zoneSource(zone: string): ZoneSource | undefined {
    return this.#running?.zoneSource(zone);
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
    return this.#running?.config ?? this.#configOfLayers();
  }

  #configOfLayers(): FederationConfig {
    const { clients } = this.#options;
    return { layers: this.#layers, nameServers: [], clients };
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
    const listeners = [...this.#views.values()];
    return listeners.filter(({ blocks }) => [...blocks.values()].flat().includes(this.#mine));
  }

  get #mine(): Block {
    if (this.#block === undefined) throw new Error('Cannot serve clusters: no block has them');
    return this.#block;
  }

  #fill(filled: Promise<unknown>): void {
    this.#filling++;
    const { log } = this.#dependencies;
    filled
      .catch((error: unknown) => log.error(`names for the table: ${String(error)}`))
      .finally(() => this.#filling--);
  }

  /** Sinks for the views where the table may answer. */
  #show(views: readonly number[]): readonly NameSink[] {
    const config = this.#configOfLayers();
    const zones = zonesOf(config);
    const block = this.#mine;
    const { cachedAnswers, zoneNumbers, log } = this.#dependencies;
    const mine = views.filter((view) => this.#isAllMine(view, zones));
    const firstZone = zoneNumbers.takeRow(mine.length * zones.length);
    if (firstZone === undefined) {
      log.warning(
        `${zones.length} zones on ${mine.length} listeners are too many for the table: ` +
          'they are answered without it, more slowly',
      );
    } else {
      for (const [i, view] of mine.entries()) {
        const first = firstZone + i * zones.length;
        this.#shown.set(view, { sink: this.#sinkOf(view, zones, first), firstZone: first });
      }
    }
    cachedAnswers.giveWayTo(block, { zones, views: [...this.#shown.keys()] });
    return views.flatMap((view) => this.#shown.get(view)?.sink ?? []);
  }

  /** Plugins answer other names themselves than before. */
  #leave({ names, hasOthers }: ChainNamesChange): void {
    const control = this.#control;
    for (const { sink } of this.#shown.values()) {
      if (!(sink instanceof ChainNamesSink)) continue;
      sink.changed(names);
      if (hasOthers && control !== undefined) this.#fill(control.add(sink));
    }
  }

  #sinkOf(view: number, zones: readonly string[], firstZone: number): NameSink {
    const block = this.#mine;
    const { table, groups, log, cachedAnswers } = this.#dependencies;
    const listener = this.#views.get(view);
    const sink = createTableSink({
      table,
      views: [view],
      zones,
      firstZone,
      groupOf: (_view, zone) => {
        const route = listener && routeOfAll(listener.blocks, zone, 'A');
        const labels = { server: listener?.server ?? '', zone: route?.zone ?? '' };
        return groups.numberOf({ ...labels, plugin: this.#pluginOf(zone) });
      },
      denies: block.tableDenies,
      rotate: block.plugins.some((plugin) => plugin.name === 'loadbalance'),
      recursionAvailable: block.recursion,
      onUnencodable: (name, why) => log.warning(`${name} has no answer: ${why}`),
      onFull: (name) => log.warning(`the table is full: ${name} ${FULL}`),
    });
    const told = tellingSink(sink, (name) => cachedAnswers.changed(block, name));
    const above = this.#namesAbove(block);
    return above === undefined ? told : new ChainNamesSink(told, zones, above);
  }

  #namesAbove({ plugins }: Block): ChainNames | undefined {
    return chainNamesAbove(
      plugins,
      this.#options.parts.map(({ plugin }) => plugin),
    );
  }

  /**
   * The table may answer on a listener where this block gets all questions of its zones, as long as
   * there is room for them: a network written as a zone is up to 128 zones on each listener.
   */
  #isAllMine(view: number, zones: readonly string[]): boolean {
    const block = this.#mine;
    const blocks: Blocks = this.#views.get(view)?.blocks ?? new Map();
    const isAll = zones.every((zone) => routeOfAll(blocks, zone, 'A')?.block === block);
    const isDeeper = [...blocks.keys()].some((key) =>
      zones.some((zone) => key !== zone && isWithin(key, zone)),
    );
    return isAll && !isDeeper && block.tableCapable;
  }

  #pluginOf(zone: string): string {
    const config = this.#configOfLayers();
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

/**
 * The clusters of Corefiles: for each server block that answers from clusters one runtime, made
 * when its plugins are set up. What the blocks of a file, or of files that follow each other, have
 * in common is shared: watchers of the same cluster, and all that is known of clusters of which two
 * blocks say the same.
 */

import { inOne } from '../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../libs/corefile/configuration-error.ts';
import type { ServerBlock } from '../../libs/corefile/corefile.ts';
import { sayingOf } from '../../libs/corefile/digest.ts';
import { absoluteName } from '../../libs/dns/name.ts';
import { federationConfig } from '../../libs/federation/federation-layers.ts';
import type { Layer } from '../../libs/federation/layer.ts';
import type { FactStore } from '../../libs/store/store.ts';
import { NO_ZONE, ZONES_MAX } from '../../libs/table/layout.ts';
import type { Configuration } from '../resolver/configuration.ts';
import { NumberPool } from '../resolver/number-pool.ts';
import type { SetupContext } from '../resolver/plugin.ts';
import type { FederationOptions } from '../resolver/plugins/federation/options.ts';
import { readK8sExternalOptions } from '../resolver/plugins/k8s_external/options.ts';
import type { KubernetesOptions } from '../resolver/stanza/kubernetes-options.ts';
import { externalLayers, layersOfStanza } from '../resolver/stanza/stanza-layers.ts';
import type { OwnLogs } from './operator/own-logs.ts';
import {
  RunningClusters,
  type RunningDependencies,
  type RunningOptions,
} from './running-clusters.ts';
import {
  type PluginLayers,
  ServedClusters,
  type ServedDependencies,
  type ServedOptions,
} from './served-clusters.ts';
import { placesByPods, unplacedClients } from './unplaced-clients.ts';
import {
  clusterOfStanza,
  placeOfStanza,
  placesOf,
  placesOfFederation,
  WatchedClusters,
  type WatchedOptions,
  watchedByFederation,
  watchedByStanzas,
} from './watched-clusters.ts';
import { withoutPlaces } from './without-places.ts';

/** Plugins that bring clusters: one of them a server block. */
const SOURCES = ['federation', 'kubernetes', 'kubernetai'];

export interface BlockClustersDependencies
  extends Omit<ServedDependencies, 'zoneNumbers' | 'running'>,
    Omit<RunningDependencies, 'store'> {
  /** The directory of embedded logs. */
  readonly state: string;
}

export class BlockClusters {
  readonly #dependencies: BlockClustersDependencies;
  readonly #served = new WeakMap<ServerBlock, ServedClusters>();
  /** By what they are opened from. */
  readonly #watched = new Map<string, WatchedClusters>();
  /** By what is said of the clusters. */
  readonly #running = new Map<string, RunningClusters>();
  readonly #zoneNumbers = new NumberPool(NO_ZONE + 1, ZONES_MAX);
  /** Whoever has whole clusters; what is set up from now on uses it. */
  store: FactStore | undefined;
  #stanzas: WatchedClusters | undefined;

  constructor(dependencies: BlockClustersDependencies) {
    this.#dependencies = dependencies;
  }

  /** In the order of the file. */
  of({ sources }: Pick<Configuration, 'sources'>): readonly ServedClusters[] {
    return sources.flatMap((source) => this.#served.get(source) ?? []);
  }

  /** Logs that only this process can open, after the start: the federation's, then the stanzas'. */
  get ownLogs(): readonly OwnLogs[] {
    const own = [...this.#watched.values()].flatMap((watched) => {
      const logs = watched.ownLogs;
      return logs === undefined ? [] : [{ ...logs, isControlled: watched !== this.#stanzas }];
    });
    return own.sort((one, other) => Number(other.isControlled) - Number(one.isControlled));
  }

  openFederation(options: FederationOptions, context: SetupContext): ServedClusters {
    const watched = this.#watchedFor(watchedByFederation(options, this.#dependencies));
    const places = placesOfFederation(options);
    const { layers, clients } = federationConfig(options, []);
    const unplaced = unplacedClients(options, watched.isShared);
    if (unplaced !== undefined) context.log.warning(unplaced);
    return this.#serve(context, {
      plugin: 'federation',
      layers,
      watched,
      places,
      clusters: watched.isShared ? undefined : [...places.keys()],
      judged: { federation: options.name, limits: options.liveness },
      clients,
      placesByPods: placesByPods(options),
      startupTimeoutMs: undefined,
    });
  }

  openStanzas(
    plugin: string,
    stanzas: readonly KubernetesOptions[],
    context: SetupContext,
  ): ServedClusters {
    this.#stanzas ??= this.#watchedFor(watchedByStanzas(this.#dependencies));
    const watched = this.#stanzas;
    const wanted = stanzas.map((stanza) => {
      for (const warning of stanza.warnings) context.log.warning(warning);
      return new Map([[clusterOfStanza(stanza), placeOfStanza(stanza)]]);
    });
    const clusters = wanted.flatMap((places) => [...places.keys()]);
    return this.#serve(context, {
      plugin,
      layers: stanzas.flatMap((stanza, i) => layersOfStanza(stanza, clusters[i] ?? '')),
      watched,
      places: placesOf(wanted),
      clusters: [...new Set(clusters)],
      startupTimeoutMs: Math.max(...stanzas.map((stanza) => stanza.startupTimeoutMs)),
    });
  }

  runtimeOf({ block }: SetupContext): ServedClusters {
    const served = this.#served.get(block);
    if (served === undefined) throw new Error('Cannot ask for clusters: the block has none yet');
    return served;
  }

  /** Tells each runtime which listeners it is served on, beside those of before. */
  serveOn(configuration: Pick<Configuration, 'views' | 'sources' | 'blockOf'>): void {
    for (const source of configuration.sources) {
      this.#served.get(source)?.serveOn(configuration.views, configuration.blockOf(source));
    }
  }

  /** Nobody asks in these views any more; gives what frees the rest of them. */
  leave(configurations: readonly Configuration[], views: readonly number[]): () => void {
    const all = new Set(configurations.flatMap((one) => this.of(one)));
    const frees = [...all].map((served) => served.leave(views));
    return () => {
      for (const free of frees) free();
    };
  }

  #watchedFor(options: WatchedOptions): WatchedClusters {
    const key = JSON.stringify([options.name, options.logOptions], withoutPlaces);
    const watched = this.#watched.get(key) ?? new WatchedClusters(options);
    this.#watched.set(key, watched);
    return watched;
  }

  /** `saying`: what the file says of them. */
  #runningFor(saying: string, options: RunningOptions): RunningClusters {
    const { store } = this;
    const key = JSON.stringify([saying, options.config.nameServers, options.servers]);
    const known = this.#running.get(key);
    if (known?.isOpen === true && known.store === store) return known;
    for (const [old, { isOpen }] of this.#running) if (!isOpen) this.#running.delete(old);
    const running = new RunningClusters(options, { ...this.#dependencies, store });
    this.#running.set(key, running);
    return running;
  }

  #serve(
    { block, zones, log }: SetupContext,
    { plugin, layers, ...rest }: PluginLayers & Omit<ServedOptions, 'parts' | 'transfers'>,
  ): ServedClusters {
    refuseSecond(block, plugin);
    const idle = idleAutopath(block, plugin, layers);
    if (idle !== undefined) log.warning(idle);
    const external = externalOf(block, zones.map(absoluteName), layers);
    const parts = [
      { plugin: 'k8s_external', layers: external },
      { plugin, layers },
    ];
    const transfers = block.directives.some(({ name }) => name === 'transfer');
    const saying = sayingOfClusters(block);
    const served = new ServedClusters(
      { parts, transfers, ...rest },
      {
        ...this.#dependencies,
        zoneNumbers: this.#zoneNumbers,
        running: (options) => this.#runningFor(saying, options),
      },
    );
    this.#served.set(block, served);
    return served;
  }
}

/** All of a server block that decides on what is known of clusters, and on their names. */
function sayingOfClusters({ keys, directives, ...rest }: ServerBlock): string {
  const deciding = [...SOURCES, 'k8s_external'];
  const own = directives.filter(({ name }) => deciding.includes(name));
  const transfers = directives.some(({ name }) => name === 'transfer');
  return JSON.stringify([sayingOf({ ...rest, keys, directives: own }), transfers]);
}

function externalOf(
  { directives }: ServerBlock,
  zones: readonly string[],
  layers: readonly Layer[],
): readonly Layer[] {
  const all = directives.filter(({ name }) => name === 'k8s_external');
  if (all.length === 0) return [];
  const directive = inOne(all);
  const options = readK8sExternalOptions(directive, zones);
  const taken = options.zones.find((zone) => layers.some((layer) => layer.zones.includes(zone)));
  if (taken === undefined) return externalLayers(options, layers);
  throw new ConfigurationError(
    directive,
    `Cannot serve the external zone "${taken}": it is the cluster's own; expected another`,
  );
}

/** Why the block's autopath walks nothing, where that is so: it was likely not meant. */
export function idleAutopath(
  { directives }: ServerBlock,
  plugin: string,
  layers: readonly Layer[],
): string | undefined {
  const asking = directives.find(
    ({ name, args }) => name === 'autopath' && args.at(-1)?.text === `@${plugin}`,
  );
  const hasPods = layers.some((layer) => layer.kind === 'home' && layer.pods === 'verified');
  if (asking === undefined || hasPods) return undefined;
  const { file, line } = asking;
  return `${file}:${line}: autopath walks nothing: no pods are known; expected pods verified`;
}

function refuseSecond({ directives }: ServerBlock, plugin: string): void {
  const other = directives.find(({ name }) => SOURCES.includes(name) && name !== plugin);
  if (other === undefined) return;
  throw new ConfigurationError(
    other,
    `Cannot use ${other.name} beside ${plugin} in one server block; expected one of them`,
  );
}

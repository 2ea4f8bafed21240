/**
 * The clusters of a Corefile: for each server block that answers from clusters one runtime, made
 * when its plugins are set up. Watchers of the same cluster are shared by all blocks.
 */

import { ConfigurationError } from '../../libs/corefile/configuration-error.ts';
import type { ServerBlock } from '../../libs/corefile/corefile.ts';
import { absoluteName } from '../../libs/dns/name.ts';
import { federationConfig } from '../../libs/federation/federation-layers.ts';
import type { Layer } from '../../libs/federation/layer.ts';
import { ZONES_MAX } from '../../libs/table/layout.ts';
import type { Configuration } from '../resolver/configuration.ts';
import type { SetupContext } from '../resolver/plugin.ts';
import type { FederationOptions } from '../resolver/plugins/federation/options.ts';
import { readK8sExternalOptions } from '../resolver/plugins/k8s_external/options.ts';
import type { KubernetesOptions } from '../resolver/stanza/kubernetes-options.ts';
import { externalLayers, layersOfStanza } from '../resolver/stanza/stanza-layers.ts';
import type { OwnLogs } from './operator/own-logs.ts';
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
  type WatchedClusters,
  type WatchedOptions,
  watchedByFederation,
  watchedByStanzas,
} from './watched-clusters.ts';

/** Plugins that bring clusters: one of them a server block. */
const SOURCES = ['federation', 'kubernetes', 'kubernetai'];

export class BlockClusters {
  readonly #dependencies: Omit<ServedDependencies, 'takeZoneNumbers'>;
  readonly #watching: Pick<WatchedOptions, 'state' | 'log' | 'metrics'>;
  readonly #served = new Map<ServerBlock, ServedClusters>();
  #federation: WatchedClusters | undefined;
  #stanzas: WatchedClusters | undefined;
  /** Of zones in the table; 0 is no zone. */
  #nextZone = 1;

  constructor(
    dependencies: Omit<ServedDependencies, 'takeZoneNumbers'>,
    watching: Pick<WatchedOptions, 'state' | 'log' | 'metrics'>,
  ) {
    this.#dependencies = dependencies;
    this.#watching = watching;
  }

  /** In the order of the file. */
  get all(): readonly ServedClusters[] {
    return [...this.#served.values()];
  }

  /** Logs that only this process can open, after the start: the federation's, then the stanzas'. */
  get ownLogs(): readonly OwnLogs[] {
    const federation = this.#federation?.ownLogs;
    const stanzas = this.#stanzas?.ownLogs;
    return [
      ...(federation === undefined ? [] : [{ ...federation, isControlled: true }]),
      ...(stanzas === undefined ? [] : [{ ...stanzas, isControlled: false }]),
    ];
  }

  openFederation(options: FederationOptions, context: SetupContext): ServedClusters {
    const watched = watchedByFederation(options, this.#watching);
    this.#federation = watched;
    const { layers, clients } = federationConfig(options, []);
    const unplaced = unplacedClients(options, watched.isShared);
    if (unplaced !== undefined) context.log.warning(unplaced);
    return this.#serve(context, {
      plugin: 'federation',
      layers,
      watched,
      clusters: watched.isShared ? undefined : watched.names,
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
    this.#stanzas ??= watchedByStanzas(this.#watching);
    const watched = this.#stanzas;
    const clusters = stanzas.map((stanza) => {
      for (const warning of stanza.warnings) context.log.warning(warning);
      const cluster = clusterOfStanza(stanza);
      watched.add(cluster, placeOfStanza(stanza));
      return cluster;
    });
    return this.#serve(context, {
      plugin,
      layers: stanzas.flatMap((stanza, i) => layersOfStanza(stanza, clusters[i] ?? '')),
      watched,
      clusters: [...new Set(clusters)],
      startupTimeoutMs: Math.max(...stanzas.map((stanza) => stanza.startupTimeoutMs)),
    });
  }

  runtimeOf({ block }: SetupContext): ServedClusters {
    const served = this.#served.get(block);
    if (served === undefined) throw new Error('Cannot ask for clusters: the block has none yet');
    return served;
  }

  /** Tells each runtime which listeners it is served on. Before the start. */
  serveOn(configuration: Configuration): void {
    const { listeners } = configuration;
    for (const [block, served] of this.#served) {
      served.serveOn(listeners, configuration.blockOf(block));
    }
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
    const takeZoneNumbers = (count: number) => {
      const first = this.#nextZone;
      if (first + count > ZONES_MAX) return undefined;
      this.#nextZone += count;
      return first;
    };
    const served = new ServedClusters(
      { parts, transfers, ...rest },
      { ...this.#dependencies, takeZoneNumbers },
    );
    this.#served.set(block, served);
    return served;
  }
}

function externalOf(
  { directives }: ServerBlock,
  zones: readonly string[],
  layers: readonly Layer[],
): readonly Layer[] {
  const directive = directives.find(({ name }) => name === 'k8s_external');
  if (directive === undefined) return [];
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

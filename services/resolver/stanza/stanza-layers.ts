/** Options of stanzas → the layers that they serve. */
import type {
  ExternalLayer,
  HomeLayer,
  ImportsLayer,
  Layer,
} from '../../../libs/federation/layer.ts';
import type { KubernetesOptions } from './kubernetes-options.ts';

/** The Services of the stanza's cluster, and what was imported into it. */
export function layersOfStanza(stanza: KubernetesOptions, cluster: string): readonly Layer[] {
  const { home, zones, multiclusterZones, reverseZones, ttl, fallthrough } = stanza;
  const shared = { cluster, ttl, fallthrough };
  const own: HomeLayer = { ...home, ...shared, kind: 'home', zones, reverseZones };
  if (multiclusterZones.length === 0) return [own];
  const imports: ImportsLayer = {
    ...home,
    ...shared,
    kind: 'imports',
    zones: multiclusterZones,
    reverseZones: [],
  };
  return [own, imports];
}

/** What k8s_external serves: asked before the layers that the rest of its server block has. */
export interface ExternalOptions {
  readonly zones: readonly string[];
  readonly reverseZones: readonly string[];
  readonly ttl: number;
  readonly apexLabel: string;
  readonly headless: boolean;
  readonly fallthrough: readonly string[];
}

/** It shows each cluster of its block; the next one is asked for what one has not. */
export function externalLayers(
  options: ExternalOptions,
  layers: readonly Layer[],
): readonly ExternalLayer[] {
  const homes = layers.filter((layer) => layer.kind === 'home');
  return homes.map(({ cluster, namespaces, namespaceLabels, labels }, i) => ({
    ...{ kind: 'external', cluster, namespaces, namespaceLabels, labels },
    zones: options.zones,
    reverseZones: options.reverseZones,
    ttl: options.ttl,
    apexLabel: options.apexLabel,
    headless: options.headless,
    fallthrough: i + 1 < homes.length ? ['.'] : options.fallthrough,
  }));
}

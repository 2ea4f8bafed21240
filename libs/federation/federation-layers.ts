/** The layers of the federation directive: the home cluster's zone, and the clusterset's. */
import {
  type ClustersetLayer,
  type FederationConfig,
  HOME_DEFAULTS,
  type HomeLayer,
  type HomeOptions,
} from './layer.ts';

export interface FederationZones {
  /** The cluster whose Services the home zone has. */
  readonly home: string;
  /** `cluster.local.`; undefined: not served. */
  readonly homeZone: string | undefined;
  /** `clusterset.local.`; undefined: not served. */
  readonly clustersetZone: string | undefined;
  readonly reverseZones: readonly string[];
  readonly ttl: number;
  readonly fallthrough?: readonly string[];
  readonly homeOptions?: HomeOptions;
}

export function federationConfig(
  options: FederationZones,
  nameServers: readonly string[],
): FederationConfig {
  const { home, homeZone, clustersetZone, reverseZones, ttl, fallthrough = [] } = options;
  const shared = { cluster: home, ttl, fallthrough };
  const homeLayer: HomeLayer = {
    ...(options.homeOptions ?? HOME_DEFAULTS),
    ...shared,
    kind: 'home',
    zones: homeZone === undefined ? [] : [homeZone],
    reverseZones,
  };
  const clusterset = clustersetZone === undefined ? [] : [clustersetZone];
  const clustersetLayer: ClustersetLayer = {
    ...shared,
    kind: 'clusterset',
    zones: clusterset,
    reverseZones: [],
  };
  return {
    layers: clusterset.length === 0 ? [homeLayer] : [homeLayer, clustersetLayer],
    nameServers,
  };
}

/**
 * The layers of the federation directive: the home cluster's zone, the clusterset's, and that in
 * which each cluster has a label.
 */
import { type ClientNetworks, NO_NETWORKS } from './client-networks.ts';
import type { Federations } from './layer.ts';
import {
  type ClustersetLayer,
  type FederationConfig,
  HOME_DEFAULTS,
  type HomeLayer,
  type HomeOptions,
  type QualifiedLayer,
} from './layer.ts';
import { ENDPOINTS_ONLY, type Reach } from './reach.ts';
import { NO_RULES, type SelectionRules } from './selection.ts';

export interface FederationZones {
  /** The cluster whose Services the home zone has. */
  readonly home: string;
  /** `cluster.local.`; undefined: not served. */
  readonly homeZone: string | undefined;
  /** `clusterset.local.`; undefined: not served. */
  readonly clustersetZone: string | undefined;
  /** The zone above the clusters' labels; undefined: not served. */
  readonly qualifiedZone?: string | undefined;
  readonly reverseZones: readonly string[];
  readonly ttl: number;
  readonly fallthrough?: readonly string[];
  readonly homeOptions?: HomeOptions;
  readonly many?: ManyClusters;
}

/** How clusters answer for each other. */
export interface ManyClusters {
  /** Who answers for the home zone. */
  readonly across: 'local' | 'failover' | 'merge';
  readonly rules: SelectionRules;
  readonly reach: Reach;
  /** Namespaces that mean the same in all clusters. Undefined: all do. */
  readonly clustersetNamespaces: ReadonlySet<string> | undefined;
  /** Also `CLUSTER.SERVICE…` in the clusterset zone. */
  readonly clusterNames: boolean;
  /** What is said of where clients are. */
  readonly networks: ClientNetworks;
  /** As kube-dns had them, in the home zone. */
  readonly federations?: Federations | undefined;
}

export const MANY_DEFAULTS: ManyClusters = {
  across: 'local',
  rules: NO_RULES,
  reach: ENDPOINTS_ONLY,
  clustersetNamespaces: undefined,
  clusterNames: false,
  networks: NO_NETWORKS,
};

export function federationConfig(
  options: FederationZones,
  nameServers: readonly string[],
): FederationConfig {
  const { home, homeZone, clustersetZone, qualifiedZone, reverseZones } = options;
  const { ttl, fallthrough = [], homeOptions = HOME_DEFAULTS, many = MANY_DEFAULTS } = options;
  const { across: mode, rules, reach } = many;
  const shared = { cluster: home, ttl, fallthrough };
  const homeLayer: HomeLayer = {
    ...homeOptions,
    ...shared,
    kind: 'home',
    zones: homeZone === undefined ? [] : [homeZone],
    reverseZones,
    across: mode === 'local' ? undefined : { mode, rules, reach },
    federations: many.federations,
  };
  const clusterset: ClustersetLayer | undefined =
    clustersetZone === undefined
      ? undefined
      : {
          ...shared,
          kind: 'clusterset',
          zones: [clustersetZone],
          reverseZones: [],
          namespaces: many.clustersetNamespaces,
          clusterNames: many.clusterNames,
          rules,
          reach,
        };
  const qualified: QualifiedLayer | undefined =
    qualifiedZone === undefined
      ? undefined
      : {
          ...homeOptions,
          ...shared,
          kind: 'qualified',
          zones: [qualifiedZone],
          reverseZones: [],
          reach,
        };
  const layers = [homeLayer, clusterset, qualified].filter((layer) => layer !== undefined);
  return { layers, nameServers, clients: { home, networks: many.networks } };
}

/**
 * What is served, as an ordered list of layers: each gives names to zones of its own options, from
 * the state of one cluster or of all. A name is the first layer's that has it; where a layer has
 * not, the next one is asked only with `fallthrough`, as with the stanzas of kubernetai.
 *
 *   kubernetes, kubernetai   home (and imports) a stanza
 *   federation               home, clusterset, qualified
 *   k8s_external             external
 */
import type { Exposure } from './exposure.ts';
import type { Clients } from './known-places.ts';
import type { Reach } from './reach.ts';
import type { SelectionRules } from './selection.ts';

export type Layer = HomeLayer | ClustersetLayer | QualifiedLayer | ImportsLayer | ExternalLayer;

/** All that a server block serves of clusters. */
export interface FederationConfig {
  /** In the order in which they are asked. */
  readonly layers: readonly Layer[];
  /** Addresses of this name server, canonical text. */
  readonly nameServers: readonly string[];
  /** Where clients are counts for some names; undefined: nobody asks where they are. */
  readonly clients?: Clients | undefined;
}

interface LayerZones {
  /** Forward zones, lower-case and absolute; the targets of PTR lie in the first one. */
  readonly zones: readonly string[];
  /** `in-addr.arpa.`, `10.in-addr.arpa.`, `ip6.arpa.` … */
  readonly reverseZones: readonly string[];
  /** Of records and of denials, in seconds. */
  readonly ttl: number;
  /** Zones in which the next layer, or the next plugin, is asked for what does not exist here. */
  readonly fallthrough: readonly string[];
}

/** The Services of one cluster, by the Kubernetes DNS specification. */
export interface HomeLayer extends LayerZones, HomeOptions {
  readonly kind: 'home';
  readonly cluster: string;
  /** Undefined: no other cluster answers for it. */
  readonly across?: Across | undefined;
  /** Names of kube-dns's federations; undefined: there are none. */
  readonly federations?: Federations | undefined;
}

/** When other clusters answer for a Service of the home zone, which, and at which addresses. */
export interface Across {
  readonly mode: 'failover' | 'merge';
  readonly rules: SelectionRules;
  readonly reach: Reach;
}

/** Of kube-dns: federation → its domain, absolute. */
export type Federations = ReadonlyMap<string, string>;

/** What clusters export, put together here (MCS DNS specification, KEP-1645). */
export interface ClustersetLayer extends LayerZones {
  readonly kind: 'clusterset';
  /** The cluster whose clients ask: its addresses are reachable. */
  readonly cluster: string;
  /** Those that mean the same in all clusters. Undefined: all do. */
  readonly namespaces: ReadonlySet<string> | undefined;
  /** Also `CLUSTER.SERVICE…`. */
  readonly clusterNames: boolean;
  readonly rules: SelectionRules;
  readonly reach: Reach;
}

/**
 * The Services of each cluster that there is, below a label of its own:
 * `SERVICE.NAMESPACE.svc.CLUSTER.ZONE`.
 */
export interface QualifiedLayer extends LayerZones, ServiceOptions {
  readonly kind: 'qualified';
  /** As of a clusterset. */
  readonly cluster: string;
  readonly reach: Reach;
}

/**
 * What an MCS controller imported into one cluster: the `multicluster` zones of a stanza. Its
 * `labels` are about endpoints and pods; imports are shown whatever their labels.
 */
export interface ImportsLayer extends LayerZones, ImportsOptions {
  readonly kind: 'imports';
  readonly cluster: string;
}

/** Addresses under which the world reaches a cluster's Services (k8s_external). */
export interface ExternalLayer extends LayerZones, Exposure {
  readonly kind: 'external';
  readonly cluster: string;
  /** The label below the zone under which its name server is: `dns`. */
  readonly apexLabel: string;
  /** Also the ready endpoints of headless Services. */
  readonly headless: boolean;
}

export type PodMode = 'disabled' | 'insecure' | 'verified';

/** The options of a kubernetes stanza that decide on its records. */
export interface HomeOptions extends Exposure {
  readonly pods: PodMode;
  /** Endpoints without a hostname are called as their pod. */
  readonly endpointPodNames: boolean;
  /** False: `noendpoints`. */
  readonly endpoints: boolean;
  /** A Service with cluster IPs and no ready endpoint does not exist. */
  readonly ignoreEmptyService: boolean;
  /** `pin._zone` and `prefer._zone` below headless Services. */
  readonly zonal: boolean;
}

/** Those of them that are about Services. */
export type ServiceOptions = Omit<HomeOptions, 'pods' | 'zonal'>;

/** Those that imports have too. */
export type ImportsOptions = Omit<HomeOptions, 'endpoints' | 'zonal'>;

/** A stanza without options. */
export const HOME_DEFAULTS: HomeOptions = {
  namespaces: undefined,
  namespaceLabels: undefined,
  labels: undefined,
  pods: 'disabled',
  endpointPodNames: false,
  endpoints: true,
  ignoreEmptyService: false,
  zonal: false,
};

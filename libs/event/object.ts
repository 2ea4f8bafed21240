/**
 * Facts: what a cluster's API says of one object, stripped to what DNS needs. The event of an
 * object carries its whole fact, so the last event of a subject is all that a reader needs of it.
 */

export type ClusterObject =
  | ServiceObject
  | EndpointSliceObject
  | NamespaceObject
  | NodeObject
  | PodObject
  | ServiceExportObject
  | ServiceImportObject;

export type ObjectKind = ClusterObject['kind'];

/**
 * Every kind, in the order in which a watcher tells of them at first: what others refer to comes
 * before.
 */
export const OBJECT_KINDS: readonly ObjectKind[] = [
  'Namespace',
  'Node',
  'Pod',
  'Service',
  'EndpointSlice',
  'ServiceExport',
  'ServiceImport',
];

/** Watched unless somebody wants others: pods are many and change often, for answers few ask. */
export const DEFAULT_KINDS: readonly ObjectKind[] = OBJECT_KINDS.filter((kind) => kind !== 'Pod');

/** Which object, without saying anything of it. `namespace` is '' for kinds that have none. */
export interface ObjectRef {
  readonly kind: ObjectKind;
  readonly namespace: string;
  readonly name: string;
}

export type Labels = Readonly<Record<string, string>>;

export interface ServiceObject extends ObjectRef {
  readonly kind: 'Service';
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  /** Canonical text; empty for a headless Service, which `headless` says, and for ExternalName. */
  readonly clusterIPs: readonly string[];
  readonly headless: boolean;
  readonly externalName?: string;
  readonly ports: readonly ServicePort[];
  /**
   * Addresses and host names under which the world reaches it: spec.externalIPs, then the load
   * balancer's ingress.
   */
  readonly external?: readonly string[];
  readonly publishNotReadyAddresses?: boolean;
  /** It has no selector: somebody else than the API makes its EndpointSlices. */
  readonly selectorless?: true;
  readonly labels?: Labels;
  /** Only those under isthmus.dev/. */
  readonly annotations?: Labels;
}

export interface ServicePort {
  /** '' for an unnamed one. */
  readonly name: string;
  readonly protocol: string;
  /** 0: all ports, of an EndpointSlice. */
  readonly port: number;
}

export interface EndpointSliceObject extends ObjectRef {
  readonly kind: 'EndpointSlice';
  /**
   * Name of the Service, from the label kubernetes.io/service-name, or of the import (sourceCluster
   * is set then).
   */
  readonly service: string;
  /** From the label multicluster.kubernetes.io/source-cluster. */
  readonly sourceCluster?: string;
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly ServicePort[];
  /** Without kubernetes.io/service-name, which `service` says. */
  readonly labels?: Labels;
  /**
   * The change that caused it, from endpoints.kubernetes.io/last-change-trigger-time (RFC 3339).
   */
  readonly triggeredAt?: string;
}

export interface Endpoint {
  /** Canonical text. */
  readonly addresses: readonly string[];
  readonly hostname?: string;
  /** Name of the pod, when the endpoint is one. */
  readonly pod?: string;
  /** conditions.ready: absent there means true. */
  readonly ready: boolean;
  readonly node?: string;
  /** topology.kubernetes.io/zone: never a DNS zone. */
  readonly topologyZone?: string;
}

export interface NamespaceObject extends ObjectRef {
  readonly kind: 'Namespace';
  readonly labels?: Labels;
}

/** A pod that is not done; watched only where somebody answers for pods. */
export interface PodObject extends ObjectRef {
  readonly kind: 'Pod';
  /** status.podIPs in canonical text, in the order of the API. */
  readonly addresses: readonly string[];
  /** Its addresses are its node's, and so those of others. */
  readonly hostNetwork?: true;
  /** Where it runs, from when it has addresses. */
  readonly node?: string;
  readonly labels?: Labels;
}

export interface NodeObject extends ObjectRef {
  readonly kind: 'Node';
  readonly topologyZone?: string;
  readonly topologyRegion?: string;
  /** Internal and external ones in canonical text, sorted. */
  readonly addresses?: readonly string[];
}

/** The Service of the same name is exported to the clusterset (KEP-1645). */
export interface ServiceExportObject extends ObjectRef {
  readonly kind: 'ServiceExport';
  /** RFC 3339; the oldest export decides (KEP-1645, conflict resolution). */
  readonly createdAt: string;
  readonly labels?: Labels;
}

/** What an MCS controller made of the exports, where there is one. */
export interface ServiceImportObject extends ObjectRef {
  readonly kind: 'ServiceImport';
  readonly type: 'ClusterSetIP' | 'Headless';
  /** Canonical text. */
  readonly ips: readonly string[];
  readonly ports: readonly ServicePort[];
}

/** The key of an object among all of a cluster. */
export function refKey({ kind, namespace, name }: ObjectRef): string {
  return `${kind}/${namespace}/${name}`;
}

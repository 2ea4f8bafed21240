/** The ready endpoints of a Service in one cluster, with the names that DNS gives them. */
import { LABEL_OCTETS_MAX } from '../dns/name.ts';
import type { Endpoint, ServicePort } from '../event/object.ts';
import type { ClusterState } from './cluster-state.ts';
import { matchesSlice } from './exposure.ts';
import type { LabelSelector } from './label-selector.ts';

/** One address of one ready endpoint. */
export interface ReadyAddress {
  readonly cluster: string;
  readonly address: string;
  /** The label that names the endpoint below its Service. */
  readonly hostname: string;
  /** Of its slice; empty when the slice has none. */
  readonly ports: readonly ServicePort[];
  readonly topologyZone: string | undefined;
}

/** How a layer sees endpoints. */
export interface EndpointOptions {
  /** False: none at all. */
  readonly endpoints?: boolean;
  /** Only slices that match. */
  readonly labels?: LabelSelector | undefined;
  readonly endpointPodNames?: boolean;
  /** Slices that were imported from other clusters, instead of the cluster's own. */
  readonly imported?: boolean;
}

/** Sorted by slice, then as the slice has them: the same on every resolver. */
export function readyAddresses(
  state: ClusterState,
  namespace: string,
  service: string,
  options: EndpointOptions = {},
): readonly ReadyAddress[] {
  const { endpoints = true, labels, endpointPodNames = false, imported = false } = options;
  const ready: ReadyAddress[] = [];
  if (!endpoints) return ready;
  for (const key of state.slicesOfService.sorted(`${namespace}/${service}`)) {
    const slice = state.slices.get(key);
    // Slices that a controller imported repeat what their own cluster's log says.
    if (slice === undefined || (slice.sourceCluster !== undefined) !== imported) continue;
    if (!matchesSlice(labels, slice)) continue;
    const cluster = slice.sourceCluster ?? state.cluster;
    for (const endpoint of slice.endpoints) {
      if (!endpoint.ready) continue;
      const { topologyZone } = endpoint;
      for (const address of endpoint.addresses) {
        const hostname = endpointName(endpoint, address, endpointPodNames);
        ready.push({ cluster, address, hostname, ports: slice.ports, topologyZone });
      }
    }
  }
  return ready;
}

/**
 * The endpoint's hostname, where it is wished its pod's name if that is a label, or its address
 * with dashes, which gets a 0 where a label would begin or end with a dash (Kubernetes DNS
 * specification 1.1.0 § 2.4.1 leaves the choice of this label to us; CoreDNS's is the same).
 */
export function endpointName(endpoint: Endpoint, address: string, podNames = false): string {
  const { hostname, pod } = endpoint;
  if (hostname !== undefined) return hostname.toLowerCase();
  const isLabel = pod !== undefined && pod.length <= LABEL_OCTETS_MAX && !pod.includes('.');
  if (podNames && isLabel) return pod;
  const dashed = address.replace(/[.:]/g, '-');
  return `${dashed.startsWith('-') ? '0' : ''}${dashed}${dashed.endsWith('-') ? '0' : ''}`;
}

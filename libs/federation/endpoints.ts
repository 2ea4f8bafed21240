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
  /**
   * Tells which addresses are one endpoint's: its pod, its hostname, or its place among those of
   * its family.
   */
  readonly endpoint: string;
  /** Of its slice; empty when the slice has none. */
  readonly ports: readonly ServicePort[];
  readonly topologyZone: string | undefined;
  readonly node: string | undefined;
  /** Its cluster is lost: it may be so no more. */
  readonly isLost: boolean;
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
  const places = { A: 0, AAAA: 0 };
  const isLost = state.standing === 'lost';
  for (const key of state.slicesOfService.sorted(`${namespace}/${service}`)) {
    const slice = state.slices.get(key);
    // Slices that a controller imported repeat what their own cluster's log says.
    if (slice === undefined || (slice.sourceCluster !== undefined) !== imported) continue;
    if (!matchesSlice(labels, slice)) continue;
    const cluster = slice.sourceCluster ?? state.cluster;
    const { ports } = slice;
    for (const one of slice.endpoints) {
      const place = places[one.addresses[0]?.includes(':') === true ? 'AAAA' : 'A']++;
      if (!one.ready) continue;
      const { topologyZone, node } = one;
      const endpoint = one.pod ?? one.hostname ?? `${place}`;
      for (const address of one.addresses) {
        const hostname = endpointName(one, address, endpointPodNames);
        ready.push({ cluster, address, hostname, endpoint, ports, topologyZone, node, isLost });
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

/** The ready endpoints of a Service in one cluster, with the names that DNS gives them. */
import type { Endpoint, ServicePort } from '../event/object.ts';
import type { ClusterState } from './cluster-state.ts';

/** One address of one ready endpoint. */
export interface ReadyAddress {
  readonly cluster: string;
  readonly address: string;
  /** The label that names the endpoint below its Service. */
  readonly hostname: string;
  /** Of its slice; empty when the slice has none. */
  readonly ports: readonly ServicePort[];
}

/** Sorted by slice, then as the slice has them: the same on every resolver. */
export function readyAddresses(
  state: ClusterState,
  namespace: string,
  service: string,
): readonly ReadyAddress[] {
  const ready: ReadyAddress[] = [];
  for (const key of state.slicesOfService.sorted(`${namespace}/${service}`)) {
    const slice = state.slices.get(key);
    // Slices that a controller imported repeat what their own cluster's log says.
    if (slice === undefined || slice.sourceCluster !== undefined) continue;
    for (const endpoint of slice.endpoints) {
      if (!endpoint.ready) continue;
      for (const address of endpoint.addresses) {
        const hostname = endpointName(endpoint, address);
        ready.push({ cluster: state.cluster, address, hostname, ports: slice.ports });
      }
    }
  }
  return ready;
}

/**
 * The endpoint's hostname, or its address with dashes, which gets a 0 where a label would begin or
 * end with a dash (Kubernetes DNS specification 1.1.0 § 2.4.1 leaves the choice of this label to
 * us; CoreDNS's is the same).
 */
export function endpointName(endpoint: Endpoint, address: string): string {
  if (endpoint.hostname !== undefined) return endpoint.hostname.toLowerCase();
  const dashed = address.replace(/[.:]/g, '-');
  return `${dashed.startsWith('-') ? '0' : ''}${dashed}${dashed.endsWith('-') ? '0' : ''}`;
}

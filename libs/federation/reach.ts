/**
 * Under which addresses the clients of the home cluster reach a Service of some clusters. A cluster
 * IP means something in its own cluster only, unless the operator says that others can route to
 * it; or a cluster has a gateway that takes what is for its Services. Endpoints do otherwise.
 */

import type { Asker } from './asker.ts';
import type { Candidate, Chosen } from './candidate.ts';
import { chosenOf, firstGroup } from './chosen.ts';
import type { Selection } from './selection.ts';
import type { SharedAddress } from './share.ts';
import { sharedOut } from './share.ts';

export interface Reach {
  /** Clusters whose cluster IPs the clients can route to. */
  readonly routable: ReadonlySet<string>;
  /** Cluster → addresses of its gateway. */
  readonly gateways: ReadonlyMap<string, readonly string[]>;
}

export const ENDPOINTS_ONLY: Reach = { routable: new Set(), gateways: new Map() };

/** Cluster IPs and gateways stand at the Service's ports, endpoints at their own. */
export type Reached =
  | {
      readonly kind: 'virtual';
      readonly addresses: readonly string[];
      /** Whose they are. */
      readonly clusters: readonly string[];
      readonly isLost: boolean;
    }
  | { readonly kind: 'endpoints'; readonly ready: readonly SharedAddress[] };

/** None where only its endpoints can be reached. */
export function virtualAddresses(
  { routable, gateways }: Reach,
  home: string,
  { cluster, service }: Pick<Candidate, 'cluster' | 'service'>,
): readonly string[] {
  if (service.headless || service.type === 'ExternalName') return [];
  if (cluster === home || routable.has(cluster)) return service.clusterIPs;
  return gateways.get(cluster) ?? [];
}

/**
 * What the selection gives. Of several clusters that answer together either all have virtual
 * addresses or the endpoints of all are given: one name can't have the ports of both. While nobody
 * is ready, the virtual addresses stand: a cluster IP is there before its endpoints are.
 */
export function reachedBy(
  reach: Reach,
  asker: Asker,
  selection: Selection,
  candidates: readonly Candidate[],
): Reached {
  const addressesOf = (one: Candidate) => virtualAddresses(reach, asker.home, one);
  const hasVirtual = (one: Candidate) => addressesOf(one).length > 0;
  const ready = chosenOf(selection, asker, candidates);
  const chosen: readonly Chosen[] =
    ready.length > 0 ? ready : firstGroup(selection, asker, candidates, hasVirtual);
  if (chosen.length > 0 && chosen.every(({ candidate }) => hasVirtual(candidate))) {
    return {
      kind: 'virtual',
      addresses: chosen.flatMap(({ candidate }) => addressesOf(candidate)),
      clusters: chosen.map(({ candidate }) => candidate.cluster),
      isLost: chosen.every(({ candidate }) => candidate.isLost),
    };
  }
  return { kind: 'endpoints', ready: sharedOut(chosen) };
}

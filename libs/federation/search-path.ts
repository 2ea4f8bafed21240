/**
 * The search path of the pod that asks: what its resolver would try, one after another
 * (`search shop.svc.cluster.local svc.cluster.local cluster.local`).
 *
 * Which pod asks, its address says, where exactly one namespace has a pod of that address. Pods of
 * the host's network share theirs, and clusters may use the same addresses: then nobody is taken
 * for another.
 */
import { parseAddress } from '../dns/address.ts';
import { longestZone } from '../dns/name.ts';
import type { PodObject } from '../event/object.ts';
import type { ClusterStates } from './indexed-states.ts';
import { matches } from './label-selector.ts';
import type { Layer } from './layer.ts';

/** Absolute names. Undefined: it is not known who asks, or the name is in no zone of theirs. */
export function searchPathOf(
  layers: readonly Layer[],
  states: ClusterStates,
  name: string,
  address: string,
): readonly string[] | undefined {
  const paths = new Map<string, readonly string[]>();
  for (const layer of layers) {
    const zone = layer.kind === 'home' ? longestZone(name, layer.zones) : undefined;
    if (zone === undefined) continue;
    for (const { namespace } of podsAt([layer], states, address)) {
      const path = [`${namespace}.svc.${zone}`, `svc.${zone}`, zone];
      paths.set(path.join(' '), path);
    }
  }
  const [path, second] = [...paths.values()];
  return second === undefined ? path : undefined;
}

/** The pods that have this address, in the clusters of these layers that verify pods. */
export function podsAt(
  layers: readonly Layer[],
  states: ClusterStates,
  address: string,
): readonly PodObject[] {
  const canonical = parseAddress(address)?.text;
  if (canonical === undefined) return [];
  const pods = new Set<PodObject>();
  for (const layer of layers) {
    if (layer.kind !== 'home' || layer.pods !== 'verified') continue;
    const state = states.get(layer.cluster);
    for (const key of state?.podsOfAddress.sorted(canonical) ?? []) {
      const pod = state?.pods.get(key);
      if (pod === undefined) continue;
      if (layer.labels === undefined || matches(layer.labels, pod.labels)) pods.add(pod);
    }
  }
  return [...pods];
}

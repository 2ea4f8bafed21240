/** PTR of a cluster IP, else of an endpoint's address: to the names that have the address. */
import { reverseName } from '../dns/address.ts';
import { isWithin } from '../dns/name.ts';
import type { ClusterState } from './cluster-state.ts';
import { endpointName } from './endpoints.ts';
import { matchesSlice, shownService } from './exposure.ts';
import type { HomeLayer } from './layer.ts';
import { namedService } from './named-service.ts';
import { fitsName, type NameBuilder } from './names.ts';

/** They lie in the layer's first zone. */
export function addPointers(
  names: NameBuilder,
  layer: HomeLayer,
  state: ClusterState,
  address: string,
): void {
  const { reverseZones, ttl } = layer;
  const [zone] = layer.zones;
  const owner = reverseName(address);
  const isLost = state.standing === 'lost';
  if (zone === undefined || !reverseZones.some((reverse) => isWithin(owner, reverse))) return;
  for (const key of state.servicesOfAddress.sorted(address)) {
    const service = shownService(layer, state, key);
    if (service === undefined) continue;
    if (namedService(layer, state, key) !== undefined) {
      const target = `${service.name}.${service.namespace}.svc.${zone}`;
      names.add(owner, 'PTR', ttl, target, isLost);
    }
    return; // one cluster IP is one Service's; a second one is a mistake that the first outlives
  }
  if (!layer.endpoints) return;
  for (const key of state.slicesOfAddress.sorted(address)) {
    const slice = state.slices.get(key);
    if (slice === undefined || slice.sourceCluster !== undefined) continue;
    if (!matchesSlice(layer.labels, slice)) continue;
    const service = namedService(layer, state, `${slice.namespace}/${slice.service}`);
    // Endpoints of nothing, and of an alias, have no names.
    if (service === undefined || service.type === 'ExternalName') continue;
    for (const endpoint of slice.endpoints) {
      if (!endpoint.ready || !endpoint.addresses.includes(address)) continue;
      const label = endpointName(endpoint, address, layer.endpointPodNames);
      const target = `${label}.${slice.service}.${slice.namespace}.svc.${zone}`;
      if (fitsName(target)) names.add(owner, 'PTR', ttl, target, isLost);
    }
  }
}

/** Which Service of a cluster fronts this name server: it has one of its addresses as endpoint. */
import type { ClusterState } from './cluster-state.ts';
import { endpointName } from './endpoints.ts';
import { ALL_EXPOSED, matchesSlice, shownService } from './exposure.ts';
import type { ClusterStates } from './indexed-states.ts';
import type { ExternalLayer, FederationConfig, HomeLayer } from './layer.ts';

export interface Server {
  readonly name: string;
  readonly addresses: readonly string[];
}

/**
 * Its names in a forward zone: the Service's own with its cluster IPs, a headless one's endpoints.
 * None where no Service that the layer shows fronts it.
 */
export function frontingServers(
  { nameServers }: FederationConfig,
  states: ClusterStates,
  layer: HomeLayer,
  zone: string,
): readonly Server[] {
  const state = states.get(layer.cluster);
  const servers = new Map<string, Set<string>>();
  const add = (name: string, address: string) => {
    const known = servers.get(name) ?? new Set();
    servers.set(name, known.add(address));
  };
  if (state === undefined || !layer.endpoints) return [];
  for (const { service: key, slice } of frontingSlices(state, nameServers)) {
    if (!matchesSlice(layer.labels, slice)) continue;
    const service = shownService(layer, state, key);
    if (service === undefined || service.type === 'ExternalName') continue;
    const base = `${service.name}.${service.namespace}.svc.${zone}`;
    for (const address of service.clusterIPs) add(base, address);
    if (!service.headless) continue;
    for (const endpoint of slice.endpoints) {
      if (!endpoint.ready) continue;
      for (const address of endpoint.addresses) {
        add(`${endpointName(endpoint, address, layer.endpointPodNames)}.${base}`, address);
      }
    }
  }
  return [...servers].map(([name, addresses]) => ({ name, addresses: [...addresses] }));
}

/**
 * In an external zone: the addresses under which the world reaches that Service, its own where no
 * Service fronts this name server.
 */
export function externalServer(
  { nameServers }: FederationConfig,
  states: ClusterStates,
  { cluster, headless }: ExternalLayer,
  name: string,
): Server {
  const state = states.get(cluster);
  const fronting = state === undefined ? [] : frontingSlices(state, nameServers);
  if (fronting.length === 0) return { name, addresses: nameServers };
  const addresses = new Set<string>();
  for (const { service: key, slice } of fronting) {
    const service = state && shownService(ALL_EXPOSED, state, key);
    const external = service?.external ?? [];
    for (const address of external) addresses.add(address);
    if (!headless || service?.headless !== true || external.length > 0) continue;
    const ready = slice.endpoints.filter((endpoint) => endpoint.ready);
    for (const address of ready.flatMap((endpoint) => endpoint.addresses)) addresses.add(address);
  }
  return { name, addresses: [...addresses] };
}

function frontingSlices(state: ClusterState, nameServers: readonly string[]) {
  return nameServers
    .filter((address) => address !== '::1' && !address.startsWith('127.'))
    .flatMap((address) => state.slicesOfAddress.sorted(address).map((key) => ({ address, key })))
    .flatMap(({ address, key }) => {
      const slice = state.slices.get(key);
      if (slice === undefined || slice.sourceCluster !== undefined) return [];
      if (!slice.endpoints.some((one) => one.ready && one.addresses.includes(address))) return [];
      return [{ slice, service: `${slice.namespace}/${slice.service}` }];
    });
}

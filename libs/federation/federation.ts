/**
 * Many clusters, one set of names: a pure function of their states.
 *
 *   group ──► names of the home cluster's zone     (its own Services, records.ts)
 *         ├─► names of the clusterset zone         (what clusters export, clusterset.ts)
 *         └─► reverse names                        (the home cluster's addresses)
 *
 * The table in shared memory and the plugin chain both answer from here, so they say the same.
 */
import { addressOfReverseName, reverseName } from '../dns/address.ts';
import { isWithin } from '../dns/name.ts';
import type { ClusterState } from './cluster-state.ts';
import { addExported } from './clusterset.ts';
import { endpointName, readyAddresses } from './endpoints.ts';
import type { Group } from './group.ts';
import { parseGroup } from './group.ts';
import { fitsName, NameBuilder, type Names } from './names.ts';
import { addService } from './records.ts';

/** What a resolver serves. Zones are lower-case and absolute. */
export interface FederationConfig {
  /** The cluster whose Services the home zone has. */
  readonly home: string;
  /** `cluster.local.`; undefined: not served. */
  readonly homeZone: string | undefined;
  /** `clusterset.local.`; undefined: not served. */
  readonly clustersetZone: string | undefined;
  /** `in-addr.arpa.`, `10.in-addr.arpa.`, `ip6.arpa.` …: PTR of the home cluster's addresses. */
  readonly reverseZones: readonly string[];
  /** Of records and of denials, in seconds. */
  readonly ttl: number;
  /** Addresses of `ns.dns.<zone>`, the name server that the zones name. */
  readonly nameServers: readonly string[];
}

/** The states of the clusters, by name. */
export type ClusterStates = ReadonlyMap<string, ClusterState>;

/** All names that this group has now, in all zones served. Empty when it has none. */
export function namesOfGroup(config: FederationConfig, states: ClusterStates, group: Group): Names {
  const names = new NameBuilder();
  const key = parseGroup(group);
  const home = states.get(config.home);
  switch (key.kind) {
    case 'service':
      addServiceNames(names, config, states, key.namespace, key.name);
      break;
    case 'namespace':
      if (config.homeZone !== undefined && home?.namespaces.has(key.name)) {
        names.exists(`${key.name}.svc.${config.homeZone}`);
      }
      break;
    case 'address':
      if (home !== undefined) addPointers(names, config, home, key.address);
  }
  return names.names();
}

/**
 * The group that a name below `svc` of a zone, or a full reverse name, belongs to; undefined for
 * any other name.
 */
export function groupOfName(
  config: FederationConfig,
  name: string,
  zone: string,
): Group | undefined {
  if (config.reverseZones.includes(zone)) {
    const address = addressOfReverseName(name);
    return address === undefined ? undefined : `address/${address}`;
  }
  const labels = name.slice(0, -zone.length).split('.').slice(0, -1);
  if (labels.pop() !== 'svc') return undefined;
  const namespace = labels.pop();
  const service = labels.pop();
  if (namespace === undefined) return undefined;
  return service === undefined ? `namespace/${namespace}` : `service/${namespace}/${service}`;
}

function addServiceNames(
  names: NameBuilder,
  config: FederationConfig,
  states: ClusterStates,
  namespace: string,
  name: string,
): void {
  const { homeZone, clustersetZone, ttl } = config;
  const home = states.get(config.home);
  const service = home?.services.get(`${namespace}/${name}`);
  if (homeZone !== undefined && home !== undefined && service !== undefined) {
    const base = `${name}.${namespace}.svc.${homeZone}`;
    addService({ names, base, ttl }, service, readyAddresses(home, namespace, name));
  }
  if (clustersetZone !== undefined) {
    const base = `${name}.${namespace}.svc.${clustersetZone}`;
    addExported({ names, base, ttl }, [...states.values()], config.home, namespace, name);
  }
}

/** PTR of a cluster IP, else of an endpoint's address: to the names that have the address. */
function addPointers(
  names: NameBuilder,
  config: FederationConfig,
  home: ClusterState,
  address: string,
): void {
  const { homeZone, reverseZones, ttl } = config;
  const owner = reverseName(address);
  if (homeZone === undefined || !reverseZones.some((zone) => isWithin(owner, zone))) return;
  for (const key of home.servicesOfAddress.sorted(address)) {
    const [namespace, name] = key.split('/');
    names.add(owner, 'PTR', ttl, `${name}.${namespace}.svc.${homeZone}`);
    return; // one cluster IP is one Service's; a second one is a mistake that the first outlives
  }
  for (const key of home.slicesOfAddress.sorted(address)) {
    const slice = home.slices.get(key);
    if (slice === undefined || slice.sourceCluster !== undefined) continue;
    const service = home.services.get(`${slice.namespace}/${slice.service}`);
    // Endpoints of nothing, and of an alias, have no names.
    if (service === undefined || service.type === 'ExternalName') continue;
    for (const endpoint of slice.endpoints) {
      if (!endpoint.ready || !endpoint.addresses.includes(address)) continue;
      const label = endpointName(endpoint, address);
      const target = `${label}.${slice.service}.${slice.namespace}.svc.${homeZone}`;
      if (fitsName(target)) names.add(owner, 'PTR', ttl, target);
    }
  }
}

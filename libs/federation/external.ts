/**
 * Names under which the world reaches a cluster's Services (CoreDNS's k8s_external), at
 * `SERVICE.NAMESPACE.ZONE`: spec.externalIPs and what the load balancer gave. With `headless` also
 * the ready endpoints of headless Services that have none of these.
 */
import { parseAddress, reverseName } from '../dns/address.ts';
import { absoluteName, isWithin, LABEL_OCTETS_MAX, lowerName } from '../dns/name.ts';
import type { ServiceObject } from '../event/object.ts';
import type { ClusterState } from './cluster-state.ts';
import { readyAddresses } from './endpoints.ts';
import { hasNamespace, shownService } from './exposure.ts';
import type { GroupKey } from './group.ts';
import type { ExternalLayer } from './layer.ts';
import { fitsName, type NameBuilder } from './names.ts';
import { addHeadless, addVirtual, type Target } from './records.ts';

export function addExternalNames(
  names: NameBuilder,
  layer: ExternalLayer,
  state: ClusterState,
  key: GroupKey,
): void {
  const { zones, ttl } = layer;
  if (key.kind === 'namespace') {
    if (!hasNamespace(layer, state, key.name)) return;
    for (const zone of zones) names.exists(`${key.name}.${zone}`);
    return;
  }
  if (key.kind !== 'service') return;
  const service = shownService(layer, state, `${key.namespace}/${key.name}`);
  if (service === undefined || service.type === 'ExternalName') return;
  for (const zone of zones) {
    const target = { names, base: `${key.name}.${key.namespace}.${zone}`, ttl };
    addExternal(target, layer, state, service);
  }
}

/** PTR of an external address, to the names in the first zone of the Services that have it. */
export function addExternalPointer(
  names: NameBuilder,
  layer: ExternalLayer,
  state: ClusterState,
  address: string,
): void {
  const [zone] = layer.zones;
  const owner = reverseName(address);
  if (zone === undefined || !layer.reverseZones.some((reverse) => isWithin(owner, reverse))) return;
  for (const key of state.servicesOfExternal.sorted(address)) {
    const service = shownService(layer, state, key);
    if (service === undefined) continue;
    const target = `${service.name}.${service.namespace}.${zone}`;
    if (fitsName(target)) names.add(owner, 'PTR', layer.ttl, target);
  }
}

function addExternal(
  target: Target,
  layer: ExternalLayer,
  state: ClusterState,
  service: ServiceObject,
): void {
  const external = service.external ?? [];
  const addresses = external.filter((one) => parseAddress(one) !== undefined);
  const [host] = external;
  if (addresses.length > 0) addVirtual(target, addresses, service.ports);
  else if (host !== undefined) addAlias(target, host, service);
  else if (layer.headless && service.headless) {
    const ready = readyAddresses(state, service.namespace, service.name, layer);
    addHeadless(target, ready, (one) => one.hostname);
  }
}

/** A load balancer that has a name: one, since a name has one CNAME (RFC 2181 § 10.1). */
function addAlias({ names, base, ttl }: Target, host: string, { ports }: ServiceObject): void {
  const name = lowerName(absoluteName(host));
  names.add(base, 'CNAME', ttl, name);
  for (const { name: port, protocol, port: number } of ports) {
    if (port === '' || port.length >= LABEL_OCTETS_MAX || number === 0) continue;
    const owner = `_${lowerName(port)}._${lowerName(protocol)}.${base}`;
    names.add(owner, 'SRV', ttl, `0 100 ${number} ${name}`);
  }
}

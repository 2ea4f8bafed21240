/**
 * Each cluster's Services below a label of its own, `SERVICE.NAMESPACE.svc.CLUSTER.ZONE`: as its
 * own zone has them, but that a cluster IP which the clients can't reach gives way to endpoints.
 */
import { isWithin, labelsOf } from '../dns/name.ts';
import type { ClusterState } from './cluster-state.ts';
import { readyAddresses } from './endpoints.ts';
import { hasNamespace } from './exposure.ts';
import type { GroupKey } from './group.ts';
import { type ClusterStates, statesIn } from './indexed-states.ts';
import type { Layer, QualifiedLayer } from './layer.ts';
import { namedService } from './named-service.ts';
import type { NameBuilder } from './names.ts';
import { virtualAddresses } from './reach.ts';
import { addEndpointNames, addHeadless, addService, addVirtual } from './records.ts';

type OwnKey = Extract<GroupKey, { readonly kind: 'service' | 'namespace' }>;

export function addQualified(
  names: NameBuilder,
  layer: QualifiedLayer,
  states: ClusterStates,
  key: GroupKey,
): void {
  if (key.kind !== 'service' && key.kind !== 'namespace') return;
  for (const state of statesFor(states, key)) {
    const { cluster } = state;
    const isLost = state.standing === 'lost';
    for (const zone of layer.zones) {
      const svc = `svc.${cluster}.${zone}`;
      if (key.kind === 'namespace') {
        if (hasNamespace(layer, state, key.name)) names.exists(`${key.name}.${svc}`);
        continue;
      }
      const { namespace, name } = key;
      const service = namedService(layer, state, `${namespace}/${name}`);
      if (service === undefined) continue;
      const target = { names, base: `${name}.${namespace}.${svc}`, ttl: layer.ttl };
      const ready = readyAddresses(state, namespace, name, layer);
      if (cluster === layer.cluster || service.headless || service.type === 'ExternalName') {
        addService(target, service, ready, isLost);
        continue;
      }
      names.exists(target.base);
      const addresses = virtualAddresses(layer.reach, layer.cluster, { cluster, service });
      if (addresses.length === 0) {
        addHeadless(target, ready, (one) => one.hostname);
        continue;
      }
      addVirtual(target, addresses, service.ports, isLost);
      addEndpointNames(target, ready, (one) => one.hostname);
    }
  }
}

function statesFor(states: ClusterStates, key: OwnKey): Iterable<ClusterState> {
  const { cluster } = key;
  if (cluster === undefined) {
    return statesIn(states, key.kind === 'service' ? key.namespace : key.name);
  }
  const state = states.get(cluster);
  return state === undefined ? [] : [state];
}

/** Below which the Services of a name's cluster are: the zone, or its label of the cluster. */
export function serviceZone(layer: Layer, name: string, zone: string): string {
  if (layer.kind !== 'qualified') return zone;
  const cluster = clusterLabel(name, zone);
  return cluster === undefined ? zone : `${cluster}.${zone}`;
}

/** The label of the cluster that a name of a qualified zone is of; the zone itself has none. */
export function clusterLabel(name: string, zone: string): string | undefined {
  if (name === zone || !isWithin(name, zone)) return undefined;
  return labelsOf(name).at(-1 - labelsOf(zone).length);
}

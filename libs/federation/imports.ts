/**
 * The `multicluster` zones of a stanza: a Service's names as an MCS controller imported it into one
 * cluster, from its ServiceImport and the EndpointSlices that came with it (KEP-1645, MCS DNS
 * specification 1.0.0).
 */
import type { ClusterState } from './cluster-state.ts';
import { readyAddresses } from './endpoints.ts';
import { hasNamespace } from './exposure.ts';
import type { GroupKey } from './group.ts';
import type { ImportsLayer } from './layer.ts';
import type { NameBuilder } from './names.ts';
import { addPods } from './pods.ts';
import { addEndpointNames, addHeadless, addVirtual } from './records.ts';

export function addImported(
  names: NameBuilder,
  layer: ImportsLayer,
  state: ClusterState,
  key: GroupKey,
): void {
  const { zones, ttl } = layer;
  if (key.kind === 'namespace') {
    if (!hasNamespace(layer, state, key.name)) return;
    for (const zone of zones) {
      names.exists(`${key.name}.svc.${zone}`);
      if (layer.pods !== 'disabled') names.exists(`${key.name}.pod.${zone}`);
    }
    return;
  }
  if (key.kind === 'pod') {
    addPods(names, layer, state, key);
    return;
  }
  if (key.kind !== 'service' || !hasNamespace(layer, state, key.namespace)) return;
  const imported = state.imports.get(`${key.namespace}/${key.name}`);
  if (imported === undefined) return;
  const { labels, endpointPodNames } = layer;
  const options = { imported: true, labels, endpointPodNames };
  const ready = readyAddresses(state, key.namespace, key.name, options);
  const isVirtual = imported.type !== 'Headless';
  if (layer.ignoreEmptyService && isVirtual && ready.length === 0) return;
  for (const zone of zones) {
    const target = { names, base: `${key.name}.${key.namespace}.svc.${zone}`, ttl };
    if (!isVirtual) {
      addHeadless(target, ready, (one) => `${one.hostname}.${one.cluster}`);
      continue;
    }
    addVirtual(target, imported.ips, imported.ports);
    addEndpointNames(target, ready, (one) => `${one.hostname}.${one.cluster}`);
  }
}

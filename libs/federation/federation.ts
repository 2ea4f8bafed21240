/**
 * Many clusters, one set of names: a pure function of their states and of what is served.
 *
 *   group ──► for each layer ──► names of its zones ──► the first layer's that has the name
 *
 * The table in shared memory and the plugin chain both answer from here, so they say the same.
 */

import { isWithin, longestZone } from '../dns/name.ts';
import { addAcross, hasNamespaceAcross, isAcross } from './across.ts';
import type { ClusterState } from './cluster-state.ts';
import { addExported } from './clusterset.ts';
import { readyAddresses } from './endpoints.ts';
import { hasNamespace } from './exposure.ts';
import { addExternalNames, addExternalPointer } from './external.ts';
import { type Group, type GroupKey, parseGroup } from './group.ts';
import { addImported } from './imports.ts';
import type { ClusterStates } from './indexed-states.ts';
import type { FederationConfig, HomeLayer, Layer } from './layer.ts';
import { namedService } from './named-service.ts';
import { NameBuilder, type NamedSet, type Names, withPerClient } from './names.ts';
import { onceEach } from './once-each.ts';
import type { Place } from './place.ts';
import { addPods } from './pods.ts';
import { addPointers } from './pointers.ts';
import { addQualified } from './qualified.ts';
import { addService } from './records.ts';

/**
 * All names that this group has now, in all zones served. Empty when it has none. `place`: where
 * who asks is; undefined where that is not known, as for a table, which is everybody's.
 */
export function namesOfGroup(
  config: FederationConfig,
  states: ClusterStates,
  group: Group,
  place?: Place,
): Names {
  const key = parseGroup(group);
  if (!overlaps(config)) {
    const names = new NameBuilder();
    for (const layer of config.layers) addLayer(names, layer, states, key, place);
    return names.names();
  }
  const merged = new Map<string, readonly NamedSet[]>();
  const perClient: string[] = [];
  for (const layer of config.layers) {
    const names = namesOfKey(layer, states, key, place);
    perClient.push(...(names.perClient ?? []));
    for (const [name, rrsets] of names) {
      if (!merged.has(name) && !isHidden(config, layer, name)) merged.set(name, rrsets);
    }
  }
  return withPerClient(merged, perClient);
}

/** What one layer has of the group, whether or not an earlier layer hides it. */
export function namesOfLayer(
  layer: Layer,
  states: ClusterStates,
  group: Group,
  place?: Place,
): Names {
  return namesOfKey(layer, states, parseGroup(group), place);
}

function namesOfKey(
  layer: Layer,
  states: ClusterStates,
  key: GroupKey,
  place: Place | undefined,
): Names {
  const names = new NameBuilder();
  addLayer(names, layer, states, key, place);
  return names.names();
}

/** All zones of a layer. */
export const zonesOfLayer = onceEach(({ zones, reverseZones }: Layer): readonly string[] => [
  ...zones,
  ...reverseZones,
]);

/** Whether who comes after the layer is asked for a name that it has not. */
export function fallsThrough({ fallthrough }: Layer, name: string): boolean {
  return fallthrough.some((zone) => isWithin(name, zone));
}

/**
 * Whether two layers have a name in common: they share a zone, or one's zone lies in the other's.
 * Mostly not.
 */
export const overlaps = onceEach(hasRelatedLayers);

function hasRelatedLayers({ layers }: FederationConfig): boolean {
  for (const [i, layer] of layers.entries()) {
    for (let j = 0; j < i; j++) {
      const other = layers[j];
      if (other !== undefined && areRelated(layer, other)) return true;
    }
  }
  return false;
}

function areRelated(a: Layer, b: Layer): boolean {
  const others = zonesOfLayer(b);
  return zonesOfLayer(a).some((one) =>
    others.some((other) => isWithin(one, other) || isWithin(other, one)),
  );
}

/** An earlier layer denies the name, and lets nobody after it answer. */
function isHidden({ layers }: FederationConfig, layer: Layer, name: string): boolean {
  for (const earlier of layers) {
    if (earlier === layer) return false;
    const isItsOwn = longestZone(name, zonesOfLayer(earlier)) !== undefined;
    if (isItsOwn && !fallsThrough(earlier, name)) return true;
  }
  return false;
}

function addLayer(
  names: NameBuilder,
  layer: Layer,
  states: ClusterStates,
  key: GroupKey,
  place: Place | undefined,
): void {
  if (layer.kind === 'clusterset') {
    if (key.kind !== 'service') return;
    for (const zone of layer.zones) {
      const target = { names, base: `${key.name}.${key.namespace}.svc.${zone}`, ttl: layer.ttl };
      addExported(target, layer, states, key, place);
    }
    return;
  }
  if (layer.kind === 'qualified') {
    addQualified(names, layer, states, key);
    return;
  }
  if (layer.kind === 'home' && isAcross(layer) && key.kind === 'service') {
    addAcross(names, layer, states, key, place);
    return;
  }
  const state = states.get(layer.cluster);
  if (state === undefined) return;
  switch (layer.kind) {
    case 'home':
      addHome(names, layer, states, state, key);
      return;
    case 'imports':
      addImported(names, layer, state, key);
      return;
    case 'external':
      if (key.kind === 'address') addExternalPointer(names, layer, state, key.address);
      else addExternalNames(names, layer, state, key);
  }
}

function addHome(
  names: NameBuilder,
  layer: HomeLayer,
  states: ClusterStates,
  state: ClusterState,
  key: GroupKey,
): void {
  const { zones, ttl } = layer;
  switch (key.kind) {
    case 'service': {
      const service = namedService(layer, state, `${key.namespace}/${key.name}`);
      if (service === undefined) return;
      const ready = readyAddresses(state, key.namespace, key.name, layer);
      for (const zone of zones) {
        addService(
          { names, base: `${key.name}.${key.namespace}.svc.${zone}`, ttl },
          service,
          ready,
          state.standing === 'lost',
        );
      }
      return;
    }
    case 'namespace':
      if (isAcross(layer) && hasNamespaceAcross(layer, states, key.name)) {
        for (const zone of zones) names.exists(`${key.name}.svc.${zone}`);
      }
      if (!hasNamespace(layer, state, key.name)) return;
      for (const zone of zones) {
        names.exists(`${key.name}.svc.${zone}`);
        if (layer.pods !== 'disabled') names.exists(`${key.name}.pod.${zone}`);
      }
      return;
    case 'address':
      addPointers(names, layer, state, key.address);
      return;
    case 'pod':
      addPods(names, layer, state, key);
  }
}

/**
 * The name that is asked → the group that has it, and the name under which that has it: some names
 * are understood in more spellings than are stored, or are too many to be stored.
 *
 *   http.tcp.web.shop.svc.Z       as with underscores, as in CoreDNS
 *   a.b.10-1-0-1.shop.pod.Z       as without the labels before the address, as in CoreDNS
 *   10-1-0-1.shop.pod.Z           of `pods insecure`: any address
 *   ZONE.pin._zone.db.shop.svc.Z  of `zonal`: any zone
 *   web.shop.fed.svc.Z            of kube-dns's federations: any Service (federated.ts)
 */
import { addressOfReverseName } from '../dns/address.ts';
import { type Federated, federatedNames } from './federated.ts';
import { namesOfGroup, namesOfLayer } from './federation.ts';
import {
  addressGroup,
  type Group,
  type GroupKey,
  namespaceGroup,
  parseGroup,
  serviceGroup,
} from './group.ts';
import type { ClusterStates } from './indexed-states.ts';
import type { KeptNames } from './kept-names.ts';
import type { FederationConfig, Layer } from './layer.ts';
import type { Names } from './names.ts';
import type { Place } from './place.ts';
import { insecurePod, type PodLayer, podGroupOfLabel, podName } from './pods.ts';
import { serviceZone } from './qualified.ts';
import { zonalNames } from './zonal.ts';

export interface NearNames {
  /** Of the layer: the asked name is among them, if the layer has it. */
  readonly names: Names;
  /** The asked name as it is stored. */
  readonly stored: string;
  /** Of all layers: where addresses of targets are found. */
  readonly glue: Names;
}

/** Of whom, and for whom. */
interface Asked {
  readonly config: FederationConfig;
  readonly states: ClusterStates;
  readonly place?: Place | undefined;
  /** Undefined: all is computed for each question. */
  readonly kept?: KeptNames | undefined;
}

const NO_NAMES: Names = new Map();
/** Labels left of a Service or a pod's address that name something: a port, an endpoint. */
const BELOW_MAX = 2;

/** `zone`: the layer's that has the name. `place`: of who asks. */
export function nearNames(from: Asked, layer: Layer, name: string, zone: string): NearNames {
  const { config, states } = from;
  const isForward = layer.zones.includes(zone);
  const special = isForward && hasPods(layer) && specialNames(layer, states, name, zone);
  if (special) return special;
  const stored = isForward ? storedName(layer, name, zone) : name;
  const group = groupOfName(layer, stored, zone);
  if (group === undefined) return { names: NO_NAMES, stored, glue: NO_NAMES };
  const names = layerNames(from, layer, group);
  const glue = config.layers.length === 1 ? names : allNames(from, group);
  if (names.has(stored) || !isAboveUnderscored(names, layer, name, zone)) {
    return { names, stored, glue };
  }
  return { names: new Map([...names, [name, []]]), stored: name, glue };
}

/** Names of kube-dns's federations that nothing stored has; undefined: it is none. */
export function federatedNear(
  from: Asked,
  federated: Federated,
  name: string,
): { readonly names: Names; readonly isHere: boolean } {
  const { layer, service } = federated;
  const group = service === undefined ? undefined : serviceGroup(service.namespace, service.name);
  const locals = group === undefined ? undefined : layerNames(from, layer, group);
  const names = federatedNames(name, federated, locals, from.states);
  const target = names.get(name)?.[0]?.rdatas[0];
  return { names, isHere: target !== undefined && target === service?.local };
}

function layerNames({ states, place, kept }: Asked, layer: Layer, group: Group): Names {
  return kept?.ofLayer(layer, group, place) ?? namesOfLayer(layer, states, group, place);
}

function allNames({ config, states, place, kept }: Asked, group: Group): Names {
  return kept?.ofAll(group, place) ?? namesOfGroup(config, states, group, place);
}

/**
 * The group that a name of a layer's zone belongs to; undefined for one that can't have any. The
 * name as it is stored.
 */
export function groupOfName(layer: Layer, name: string, zone: string): Group | undefined {
  if (layer.reverseZones.includes(zone)) {
    const address = addressOfReverseName(name);
    return address === undefined ? undefined : addressGroup(address);
  }
  const labels = labelsLeftOf(name, serviceZone(layer, name, zone));
  const kind = layer.kind === 'external' ? 'svc' : labels.pop();
  const namespace = labels.pop();
  const last = labels.pop();
  if (namespace === undefined) return undefined;
  if (kind !== 'svc' && kind !== 'pod') return undefined;
  if (last === undefined) return namespaceGroup(namespace);
  return kind === 'svc' ? serviceGroup(namespace, last) : podGroupOfLabel(namespace, last);
}

/**
 * Names of a group, and of the apexes, below which only the chain knows what exists: the table must
 * not deny there.
 */
export function openNames(
  config: FederationConfig,
  states: ClusterStates,
  group?: Group,
): ReadonlySet<string> {
  const key = group === undefined ? undefined : parseGroup(group);
  const open = new Set<string>();
  for (const layer of config.layers) {
    if (layer.kind === 'external') continue;
    // A cluster's label has no pods below it.
    if (layer.kind === 'qualified' && key?.kind !== 'service') continue;
    for (const zone of serviceZones(layer, states, key)) {
      if (key?.kind === 'service') open.add(`${key.name}.${key.namespace}.svc.${zone}`);
      if (layer.kind === 'home' && layer.federations !== undefined) {
        if (key === undefined) open.add(`svc.${zone}`);
        const isOne = key?.kind === 'namespace' && layer.federations.has(key.name);
        if (isOne) open.add(`${key.name}.svc.${zone}`);
      }
      if (!hasPods(layer) || layer.pods === 'disabled') continue;
      if (key === undefined) open.add(`pod.${zone}`);
      if (key?.kind === 'namespace') open.add(`${key.name}.pod.${zone}`);
      if (key?.kind === 'pod') open.add(podName(key, zone));
    }
  }
  return open;
}

function serviceZones(
  { kind, zones }: Layer,
  states: ClusterStates,
  key: GroupKey | undefined,
): readonly string[] {
  if (kind !== 'qualified') return zones;
  const only = key?.kind === 'service' ? key.cluster : undefined;
  const clusters = only === undefined ? [...states.keys()] : [only];
  return zones.flatMap((zone) => clusters.map((cluster) => `${cluster}.${zone}`));
}

function hasPods(layer: Layer): layer is PodLayer {
  return layer.kind === 'home' || layer.kind === 'imports';
}

function storedName(layer: Layer, name: string, layerZone: string): string {
  if (layer.kind === 'external') return name;
  const zone = serviceZone(layer, name, layerZone);
  const labels = labelsLeftOf(name, zone);
  const kind = labels.at(-1);
  const below = labels.length - 3;
  if (kind === 'pod' && below > 0 && below <= BELOW_MAX) {
    const pods = hasPods(layer) ? layer.pods : 'disabled';
    return pods === 'disabled' ? name : `${labels.slice(below).join('.')}.${zone}`;
  }
  if (kind !== 'svc' || below !== 2) return name;
  const [port = '', protocol = '', ...rest] = labels;
  // In a clusterset, both without underscores are an endpoint and its cluster.
  const isOfMany = layer.kind !== 'home' && layer.kind !== 'qualified';
  const isEndpoint = isOfMany && !port.startsWith('_') && !protocol.startsWith('_');
  if (isEndpoint) return name;
  return `${[underscored(port), underscored(protocol), ...rest].join('.')}.${zone}`;
}

/** `tcp.web.shop.svc.Z` exists, since `_http.tcp.web.shop.svc.Z` does. */
function isAboveUnderscored(names: Names, layer: Layer, name: string, zone: string): boolean {
  const isSpelt = layer.kind !== 'external' && layer.zones.includes(zone);
  if (!isSpelt || labelsLeftOf(name, serviceZone(layer, name, zone)).length !== 4) return false;
  const end = `.${underscored(name)}`;
  for (const below of names.keys()) if (below.endsWith(end)) return true;
  return false;
}

function underscored(label: string): string {
  return label.startsWith('_') ? label : `_${label}`;
}

/** Names that are computed when they are asked for. */
function specialNames(
  layer: PodLayer,
  states: ClusterStates,
  name: string,
  zone: string,
): NearNames | undefined {
  const labels = labelsLeftOf(name, zone);
  const below = labels.length - 3;
  const [first, namespace = '', kind] = labels.slice(below);
  if (first === undefined || below < 0) return undefined;
  const state = states.get(layer.cluster);
  if (kind === 'pod' && layer.pods === 'insecure' && below <= BELOW_MAX) {
    const pod = { label: first, namespace, zone };
    const names = insecurePod(layer, state, pod, name);
    return { names, stored: name, glue: names };
  }
  if (kind !== 'svc' || layer.kind !== 'home') return undefined;
  const service = { namespace, service: first, zone };
  const names = zonalNames(layer, state, service, labels.slice(0, below));
  return names && { names, stored: name, glue: names };
}

function labelsLeftOf(name: string, zone: string): string[] {
  return name.slice(0, -zone.length).split('.').slice(0, -1);
}

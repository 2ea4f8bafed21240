/**
 * Names of kube-dns's federations, `SERVICE.NAMESPACE.FEDERATION.svc.ZONE`: an alias for the
 * Service here while it has endpoints, else for a name that somebody else serves, which the
 * controller of the old federations kept for each topology zone, region and federation:
 *
 *   web.shop.fed.svc.Z ─┬─► web.shop.svc.Z
 *                       └─► web.shop.fed.svc.us-east-1a.us-east-1.example.org.
 *
 * Any Service can be asked for, so the chain alone knows these names. What is stored of a namespace
 * that is called as a federation wins.
 */
import { isName } from '../dns/name.ts';
import type { ClusterState } from './cluster-state.ts';
import { readyAddresses } from './endpoints.ts';
import type { ClusterStates } from './indexed-states.ts';
import { statesIn } from './indexed-states.ts';
import type { HomeLayer, Layer } from './layer.ts';
import { NameBuilder, type Names } from './names.ts';

/** What such a name asks for. */
export interface Federated {
  readonly layer: HomeLayer;
  readonly domain: string;
  /** Undefined: above such names. */
  readonly service: FederatedService | undefined;
}

interface FederatedService {
  readonly name: string;
  readonly namespace: string;
  readonly federation: string;
  /** As it is called here. */
  readonly local: string;
}

/** Of Services and namespaces (RFC 1123). */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LABEL_LETTERS_MAX = 63;

/** Undefined for a name that is none of these. `name` in lower case, in the layer's `zone`. */
export function federatedName(layer: Layer, name: string, zone: string): Federated | undefined {
  if (layer.kind !== 'home' || layer.federations === undefined) return undefined;
  if (!layer.zones.includes(zone) || name === zone) return undefined;
  const labels = name.slice(0, -zone.length - 1).split('.');
  const kind = labels.pop();
  const federation = labels.pop() ?? '';
  const domain = layer.federations.get(federation);
  if (kind !== 'svc' || domain === undefined || labels.length > 2) return undefined;
  if (!labels.every((label) => LABEL.test(label))) return undefined;
  const [service, namespace] = labels;
  if (service === undefined || namespace === undefined) {
    return { layer, domain, service: undefined };
  }
  const local = `${service}.${namespace}.svc.${zone}`;
  return { layer, domain, service: { name: service, namespace, federation, local } };
}

/**
 * `locals`: names of the Service that it asks for, as they are here. None where the name outside
 * would be too long: nobody can have that.
 */
export function federatedNames(
  name: string,
  { layer, domain, service }: Federated,
  locals: Names | undefined,
  states: ClusterStates,
): Names {
  const names = new NameBuilder();
  if (service === undefined) names.exists(name);
  else {
    const isHere = locals !== undefined && isServed(layer, service, locals, states);
    const target = isHere ? service.local : outsideName(service, domain, states.get(layer.cluster));
    if (isName(target)) names.add(name, 'CNAME', layer.ttl, target);
  }
  return names.names();
}

/** Whether it has an endpoint; what has no cluster IP has one wherever it has records. */
function isServed(
  layer: HomeLayer,
  { name, namespace, local }: FederatedService,
  locals: Names,
  states: ClusterStates,
): boolean {
  if ((locals.get(local) ?? []).length === 0) return false;
  const home = states.get(layer.cluster);
  const service = home?.services.get(`${namespace}/${name}`);
  const isVirtual = service?.headless === false && service.type !== 'ExternalName';
  if (!isVirtual || !layer.endpoints) return true;
  const some = layer.across === undefined ? [home] : statesIn(states, namespace);
  for (const state of some) {
    if (state && readyAddresses(state, namespace, name, layer).length > 0) return true;
  }
  return false;
}

/** Of the topology zone, else of the region, else of all of the federation. */
function outsideName(
  { name, namespace, federation }: FederatedService,
  domain: string,
  home: ClusterState | undefined,
): string {
  const { topologyZone, topologyRegion } = home?.nodePlaces.commonest ?? {};
  const labels = topologyRegion === undefined ? [] : [topologyZone, topologyRegion];
  const places = labels.filter((label) => label !== undefined && label.length <= LABEL_LETTERS_MAX);
  return [name, namespace, federation, 'svc', ...places, domain].join('.').toLowerCase();
}

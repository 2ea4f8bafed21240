/**
 * Question → outcome, from the states themselves. This is the chain's way; the table holds the
 * same, computed beforehand.
 *
 *   for each layer whose zone the name is in: group of the name → names → its RRset, or why there
 *   is none; the next layer only where this one falls through
 */
import { longestZone } from '../dns/name.ts';
import type { RR } from '../dns/rrset.ts';
import { homeDecides, isAcross } from './across.ts';
import { type Apex, apexNames, layerOfZone, zonesOf } from './apex.ts';
import { federatedNear, groupOfName, nearNames } from './asked-name.ts';
import { federatedName } from './federated.ts';
import { fallsThrough, zonesOfLayer } from './federation.ts';
import type { ClusterStates } from './indexed-states.ts';
import type { KeptNames } from './kept-names.ts';
import type { FederationConfig, Layer } from './layer.ts';
import { type Answer, answerOf, type NamedSet, type Names } from './names.ts';
import type { Place } from './place.ts';
import { clusterLabel } from './qualified.ts';

export type Outcome =
  | ({ readonly kind: 'answer' } & Answer)
  /**
   * The name is an alias (ExternalName), and another type was asked: whoever asks follows `target`.
   */
  | {
      readonly kind: 'alias';
      readonly cname: RR;
      readonly target: string;
      /** As of an answer. */
      readonly isStale?: true;
    }
  /** The name exists, the type does not. */
  | { readonly kind: 'nodata'; readonly zone: string; readonly soa: RR }
  | {
      readonly kind: 'nxdomain';
      readonly zone: string;
      readonly soa: RR;
      /** The last layer asks the next plugin for such names. */
      readonly fallsThrough: boolean;
    }
  /** It can't be denied yet: a cluster that might have it is not synced. */
  | {
      readonly kind: 'unready';
      readonly zone: string;
      readonly soa: RR;
      /** As with nxdomain: the next plugin may have it. */
      readonly fallsThrough: boolean;
    }
  /** In none of the zones. */
  | { readonly kind: 'outside' };

export interface Lookup {
  readonly config: FederationConfig;
  readonly states: ClusterStates;
  /** Of the SOA of each zone. */
  readonly serial: number;
  /** Whether absence from this layer's names proves that there is nothing. */
  readonly isComplete: (layer: Layer, name: string) => boolean;
  /** Whether some name of the zones is below this one, which then exists (RFC 8020). */
  readonly hasBelow: (name: string) => boolean;
  /** Where who asks is; undefined: that is not known. */
  readonly place?: Place | undefined;
  /** Undefined: all is computed for each question. */
  readonly kept?: KeptNames | undefined;
}

/** `name` in lower case. `layers`: those that are asked, all by default. */
export function lookup(
  from: Lookup,
  name: string,
  type: string,
  layers: readonly Layer[] = from.config.layers,
): Outcome {
  const zone = longestZone(name, zonesOf(from.config));
  if (zone === undefined) return { kind: 'outside' };
  const layerOfApex = layerOfZone(from.config, zone);
  const { soa, names, owned } = apexOf(from, layerOfApex, zone, name);
  const denials = { zone, soa };
  const isAsked = layerOfApex !== undefined && layers.includes(layerOfApex);
  if (isAsked && owned.has(name)) {
    const found = { names, own: names, rrsets: names.get(name) };
    const deciding = decidingLayer(from, layerOfApex, name, zone);
    return existing(found, type, from.isComplete(deciding, name), denials);
  }
  let last: Layer | undefined;
  let isUnready = false;
  for (const layer of layers) {
    const own = longestZone(name, zonesOfLayer(layer));
    if (own === undefined) continue;
    last = layer;
    const found = find(from, layer, name, own);
    const deciding = decidingLayer(from, layer, name, own);
    if (found.rrsets !== undefined || isAbove(found.own.keys(), name)) {
      const where = layer.kind === 'qualified' ? name : own;
      return existing(found, type, from.isComplete(deciding, where), denials);
    }
    const alias = federatedAlias(from, layer, name, own);
    if (alias === 'unready') isUnready = true;
    else if (alias !== undefined) return existing(alias, type, true, denials);
    if (!from.isComplete(deciding, name)) isUnready = true;
    if (!fallsThrough(layer, name)) break;
  }
  if (last === undefined) return { kind: 'outside' };
  // Whose name that is, only all layers together say: a later one may have records here.
  const exists = from.hasBelow(name) || (isAsked && isAbove(owned, name));
  const fallen = !exists && fallsThrough(last, name);
  if (isUnready) return { kind: 'unready', ...denials, fallsThrough: fallen };
  if (exists) return { kind: 'nodata', ...denials };
  return { kind: 'nxdomain', ...denials, fallsThrough: fallen };
}

/** The layer; where home alone says what the name has, as if there was no other cluster. */
function decidingLayer({ states }: Lookup, layer: Layer, name: string, own: string): Layer {
  if (layer.kind !== 'home' || !isAcross(layer)) return layer;
  const isAlone = homeDecides(layer, states, groupOfName(layer, name, own));
  return isAlone ? { ...layer, across: undefined } : layer;
}

/** Of kube-dns's federations; that the Service is elsewhere, only all that is here proves. */
function federatedAlias(
  from: Lookup,
  layer: Layer,
  name: string,
  own: string,
): Found | 'unready' | undefined {
  const federated = federatedName(layer, name, own);
  if (federated === undefined) return undefined;
  const { names, isHere } = federatedNear(from, federated, name);
  const local = federated.service?.local ?? name;
  const isKnown = isHere || from.isComplete(decidingLayer(from, layer, local, own), local);
  if (!isKnown) return 'unready';
  const rrsets = names.get(name);
  return rrsets && { names, own: names, rrsets };
}

interface Found {
  /** Where addresses of targets are found. */
  readonly names: Names;
  /** The layer's own. */
  readonly own: Names;
  /** Undefined: the layer has not the name. */
  readonly rrsets: readonly NamedSet[] | undefined;
}

/** What a name says that exists. */
function existing(
  { names, rrsets }: Found,
  type: string,
  isComplete: boolean,
  denials: { readonly zone: string; readonly soa: RR },
): Outcome {
  const rrset = rrsets?.find((one) => one.type === type);
  if (rrset !== undefined) return { kind: 'answer', ...answerOf(names, rrset) };
  const alias = rrsets?.find((one) => one.type === 'CNAME');
  if (alias !== undefined) return followed(alias);
  if (isComplete) return { kind: 'nodata', ...denials };
  return { kind: 'unready', ...denials, fallsThrough: false };
}

/** The zone's own names, whatever other layers fall through. */
function apexOf(
  { config, states, serial, kept }: Lookup,
  layer: Layer | undefined,
  zone: string,
  name: string,
): Apex {
  // Of the labels of all clusters those of one only can be the name, or below it.
  const own = layer?.kind === 'qualified' ? clusterLabel(name, zone) : undefined;
  const label = own !== undefined && states.has(own) ? own : undefined;
  if (kept !== undefined) return kept.ofApex(zone, serial, label);
  return apexNames(config, states, serial, zone, label === undefined ? [] : [label]);
}

function find(from: Lookup, layer: Layer, name: string, own: string): Found {
  const near = nearNames(from, layer, name, own);
  const found = { names: near.glue, own: near.names };
  const rrsets = near.names.get(near.stored);
  if (near.stored === name || rrsets === undefined) return { ...found, rrsets };
  return { ...found, rrsets: rrsets.map((rrset) => ({ ...rrset, name })) };
}

function isAbove(names: Iterable<string>, name: string): boolean {
  for (const below of names) if (below.endsWith(`.${name}`)) return true;
  return false;
}

function followed(alias: NamedSet): Outcome {
  const target = alias.rdatas[0] ?? '.';
  const cname = { name: alias.name, type: 'CNAME', ttl: alias.ttl, rdata: target };
  return { kind: 'alias', cname, target, ...(alias.isStale === true && { isStale: true }) };
}

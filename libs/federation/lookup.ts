/**
 * Question → outcome, from the states themselves. This is the chain's way; the table holds the
 * same, computed beforehand.
 *
 *   zone of the name → group of the name → the group's names → its RRset, or why there is none
 */
import { longestZone } from '../dns/name.ts';
import type { RR, RRset } from '../dns/rrset.ts';
import { apexNames, soaOf, zonesOf } from './apex.ts';
import {
  type ClusterStates,
  type FederationConfig,
  groupOfName,
  namesOfGroup,
} from './federation.ts';
import type { Group } from './group.ts';
import { type Answer, answerOf, type Names } from './names.ts';

export type Outcome =
  | ({ readonly kind: 'answer' } & Answer)
  /**
   * The name is an alias (ExternalName), and another type was asked: whoever asks follows `target`.
   */
  | { readonly kind: 'alias'; readonly cname: RR; readonly target: string }
  /** The name exists, the type does not. */
  | { readonly kind: 'nodata'; readonly zone: string; readonly soa: RR }
  | { readonly kind: 'nxdomain'; readonly zone: string; readonly soa: RR }
  /** It can't be denied yet: a cluster that might have it is not synced. */
  | { readonly kind: 'unready'; readonly zone: string; readonly soa: RR }
  /** In none of the zones. */
  | { readonly kind: 'outside' };

export interface Lookup {
  readonly config: FederationConfig;
  readonly states: ClusterStates;
  /** Of the SOA of each zone. */
  readonly serial: number;
  /** Whether absence from this zone's data proves that there is nothing. */
  readonly isComplete: (zone: string) => boolean;
  /** Whether some name of the zone is below this one, which then exists (RFC 8020). */
  readonly hasBelow: (name: string) => boolean;
}

/** `name` in lower case. */
export function lookup(from: Lookup, name: string, type: string): Outcome {
  const { config } = from;
  const zone = longestZone(name, zonesOf(config));
  if (zone === undefined) return { kind: 'outside' };
  const names = namesNear(from, name, zone);
  const rrsets = names.get(name);
  const rrset = rrsets?.find((one) => one.type === type);
  if (rrset !== undefined) return { kind: 'answer', ...answerOf(names, rrset) };
  const alias = rrsets?.find((one) => one.type === 'CNAME');
  if (alias !== undefined) return followed(alias);
  const soa = soaOf(config, from.serial, zone);
  if (!from.isComplete(zone)) return { kind: 'unready', zone, soa };
  const exists = rrsets !== undefined || isAbove(names, name) || from.hasBelow(name);
  return { kind: exists ? 'nodata' : 'nxdomain', zone, soa };
}

function namesNear({ config, states, serial }: Lookup, name: string, zone: string): Names {
  const apex = apexNames(config, serial, zone);
  if (apex.has(name)) return apex;
  const group: Group | undefined = groupOfName(config, name, zone);
  return group === undefined ? apex : namesOfGroup(config, states, group);
}

function isAbove(names: Names, name: string): boolean {
  for (const below of names.keys()) if (below.endsWith(`.${name}`)) return true;
  return false;
}

function followed(alias: RRset): Outcome {
  const target = alias.rdatas[0] ?? '.';
  const cname = { name: alias.name, type: 'CNAME', ttl: alias.ttl, rdata: target };
  return { kind: 'alias', cname, target };
}

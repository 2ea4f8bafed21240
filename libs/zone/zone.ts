/**
 * A zone as what is looked up: each name that exists, with its RRsets.
 *
 * A name exists when it has records or something below it does (RFC 4592 § 2.2.2): those without
 * records are there too, empty.
 */
import type { RRset } from '../dns/rrset.ts';
import { type CanonicalKey, canonicalKey } from './canonical-order.ts';

export interface Zone {
  /** Lower-case and absolute. */
  readonly origin: string;
  readonly apex: ZoneName;
  /** By name in lower case. */
  readonly names: ReadonlyMap<string, ZoneName>;
  /** Those with NSEC, in canonical order: empty where the zone is not signed. */
  readonly chain: readonly ChainLink[];
}

export interface ZoneName {
  /** As the file has it. */
  readonly name: string;
  /** One of each type; signatures are apart. */
  readonly rrsets: readonly RRset[];
  readonly signatures: readonly Signatures[];
}

/** The RRSIGs of one RRset. */
export interface Signatures {
  readonly covered: string;
  readonly rrset: RRset;
}

/** An owner of NSEC (RFC 4034 § 4). */
export interface ChainLink {
  readonly key: CanonicalKey;
  readonly at: ZoneName;
}

export function rrsetOf({ rrsets }: ZoneName, type: string): RRset | undefined {
  return rrsets.find((rrset) => rrset.type === type);
}

export function signaturesOf({ signatures }: ZoneName, covered: string): RRset | undefined {
  return signatures.find((one) => one.covered === covered)?.rrset;
}

/** The last owner of NSEC that comes before the name, or is it: its NSEC covers the name. */
export function linkBefore({ chain }: Zone, name: string): ZoneName | undefined {
  const key = canonicalKey(name);
  let [low, high] = [0, chain.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((chain[middle]?.key ?? '') <= key) low = middle + 1;
    else high = middle;
  }
  return chain[low - 1]?.at;
}

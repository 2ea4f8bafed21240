/** In which order a section of a reply is sent. */
import type { BlockList } from 'node:net';
import { lowerName } from '../../../../libs/dns/name.ts';
import type { RR } from '../../../../libs/dns/rrset.ts';
import type { Weights } from './weights.ts';

export type Records = readonly RR[];

/** Gives numbers from 0 up to 1. */
export type Random = () => number;

/**
 * CNAMEs first, since clients follow them in order; then what has its order; then addresses, and
 * mail exchanges, as they are ordered.
 */
export function arranged(
  records: Records,
  addresses: (addresses: Records) => Records,
  exchanges: (exchanges: Records) => Records,
): Records {
  if (records.length < 2) return records;
  const fixed = ({ type }: RR) => type !== 'CNAME' && type !== 'MX' && !isAddress(type);
  return [
    ...records.filter(({ type }) => type === 'CNAME'),
    ...records.filter(fixed),
    ...addresses(records.filter(({ type }) => isAddress(type))),
    ...exchanges(records.filter(({ type }) => type === 'MX')),
  ];
}

/** A random order. */
export function shuffled(records: Records, random: Random): Records {
  const left = [...records];
  return records.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
}

/** One of them first, in the place of the one that was: each as often as its weight says. */
export function weighted(records: Records, weights: Weights, random: Random): Records {
  const weightOf = ({ name, rdata }: RR) => weights.get(lowerName(name))?.get(rdata) ?? 1;
  const sum = records.reduce((total, record) => total + weightOf(record), 0);
  let left = random() * sum;
  const first = records.findIndex((record) => {
    left -= weightOf(record);
    return left < 0;
  });
  const [top, chosen] = [records[0], records[first]];
  if (top === undefined || chosen === undefined) return records;
  return records.with(first, top).with(0, chosen);
}

/** Those of the first network first, then those of the next; else as they are. */
export function preferred(records: Records, networks: readonly BlockList[]): Records {
  const rankOf = ({ rdata }: RR) => {
    const rank = networks.findIndex((each) => each.check(rdata, familyOf(rdata)));
    return rank < 0 ? networks.length : rank;
  };
  return records.toSorted((one, other) => rankOf(one) - rankOf(other));
}

function isAddress(type: string): boolean {
  return type === 'A' || type === 'AAAA';
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

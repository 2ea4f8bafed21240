/** The lines of a hosts file as what is looked up: addresses by name, names by address. */
import {
  addressText,
  ipv6Octets,
  parseAddress,
  reverseName,
} from '../../../../libs/dns/address.ts';
import { absoluteName, lowerName, nameToWire, parentName } from '../../../../libs/dns/name.ts';

export interface HostLine {
  readonly type: 'A' | 'AAAA';
  /** Canonical. */
  readonly address: string;
  /** As they are written. */
  readonly names: readonly string[];
}

/** The addresses of a name. */
export interface Host {
  readonly A: readonly string[];
  readonly AAAA: readonly string[];
}

export interface HostTable {
  /** Of a name, lower-case and absolute, or of the wildcard that stands for it. */
  find(name: string): Host | undefined;
  /** Of a canonical address. */
  namesOf(address: string): readonly string[];
  /** All that have addresses or names, as they are asked for; wildcards as they are written. */
  names(): Iterable<string>;
  /** Addresses of names, and names of addresses. */
  readonly entries: number;
  /** What was left out since it is no domain name. */
  readonly wrong: readonly string[];
}

export interface HostTableOptions {
  /** Whether a name, lower-case and absolute, is to be there. */
  readonly has: (name: string) => boolean;
  /** Whether addresses lead back to names. */
  readonly reverse: boolean;
}

/** The lines that have an address and names. */
export function hostLines(text: string): readonly HostLine[] {
  return text.split('\n').flatMap((line) => {
    const [first = '', ...names] = line.replace(/#.*/s, '').split(/\s+/).filter(Boolean);
    const address = hostAddress(first);
    return address === undefined || names.length === 0 ? [] : [{ ...address, names }];
  });
}

/** An address without the link that it is on; one of IPv4 in IPv6 clothes is of IPv4. */
export function hostAddress(text: string): Pick<HostLine, 'type' | 'address'> | undefined {
  const parsed = parseAddress(text.replace(/%.*/, ''));
  if (parsed === undefined) return undefined;
  const octets = parsed.type === 'AAAA' ? ipv6Octets(parsed.text) : undefined;
  const isMapped = octets?.subarray(0, 12).every((octet, i) => octet === (i < 10 ? 0 : 255));
  if (octets === undefined || isMapped !== true) return { type: parsed.type, address: parsed.text };
  return { type: 'A', address: addressText(octets.subarray(12)) };
}

interface GrowingHost {
  readonly A: string[];
  readonly AAAA: string[];
}

export function hostTable(lines: readonly HostLine[], options: HostTableOptions): HostTable {
  const hosts = new Map<string, GrowingHost>();
  /** Sets: a list that blocks names has one address for all of them. */
  const names = new Map<string, Set<string>>();
  const wrong: string[] = [];
  let entries = 0;
  for (const line of lines) {
    for (const written of line.names) {
      const name = lowerName(absoluteName(written));
      if (!options.has(name)) continue;
      if (!isName(name)) {
        wrong.push(written);
        continue;
      }
      const host = hosts.get(name) ?? { A: [], AAAA: [] };
      hosts.set(name, host);
      // A set too (RFC 2181 § 5), of few.
      if (!host[line.type].includes(line.address)) {
        host[line.type].push(line.address);
        entries++;
      }
      if (!options.reverse || name.startsWith('*.')) continue;
      const named = names.get(line.address) ?? new Set();
      names.set(line.address, named);
      if (!named.has(name)) entries++;
      named.add(name);
    }
  }
  return {
    find: (name) => hosts.get(name) ?? hosts.get(wildcardOf(name)),
    namesOf: (address) => [...(names.get(address) ?? [])],
    *names() {
      yield* hosts.keys();
      for (const address of names.keys()) yield reverseName(address);
    },
    entries,
    wrong,
  };
}

function isName(name: string): boolean {
  try {
    nameToWire(name);
    return true;
  } catch {
    return false;
  }
}

/** Empty for a name of one label: nothing stands for the names of the root. */
function wildcardOf(name: string): string {
  const parent = parentName(name) ?? '.';
  return parent === '.' ? '' : `*.${parent}`;
}

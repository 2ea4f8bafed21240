/** The lines of a hosts file as what is looked up: addresses by name, names by address. */
import {
  addressOfReverseName,
  addressText,
  ipv6Octets,
  parseAddress,
  reverseName,
} from '../../../../libs/dns/address.ts';
import { absoluteName, isName, lowerName, parentName } from '../../../../libs/dns/name.ts';

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
  /** Whether a canonical address has names. */
  isNamed(address: string): boolean;
  /** Of a canonical address, NAMES_OF_ADDRESS_MAX at most. */
  namesOf(address: string): readonly string[];
  /** All that have addresses or names, as they are asked for; but no wildcards. */
  names(): Iterable<string>;
  /** Whether it is one of those. */
  lists(name: string): boolean;
  /** Whether one of all is below this name, which exists because of that (RFC 8020). */
  hasBelow(name: string): boolean;
  /** As they are written. */
  readonly wildcards: readonly string[];
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

/**
 * Of one address that are told: about as many as a message can hold. A list that blocks names has
 * one address for hundreds of thousands, which anybody may ask for.
 */
export const NAMES_OF_ADDRESS_MAX = 1000;

/** Lines and names between which others get a turn: 1 to 3 ms. */
const PER_SLICE = 1000;

/** An address without the link that it is on; one of IPv4 in IPv6 clothes is of IPv4. */
export function hostAddress(text: string): Pick<HostLine, 'type' | 'address'> | undefined {
  const parsed = parseAddress(text.replace(/%.*/, ''));
  if (parsed === undefined) return undefined;
  const octets = parsed.type === 'AAAA' ? ipv6Octets(parsed.text) : undefined;
  const isMapped = octets?.subarray(0, 12).every((octet, i) => octet === (i < 10 ? 0 : 255));
  if (octets === undefined || isMapped !== true) return { type: parsed.type, address: parsed.text };
  return { type: 'A', address: addressText(octets.subarray(12)) };
}

/** The line's address and names, where it has both. */
function hostLine(text: string): HostLine | undefined {
  const [first = '', ...names] = text.replace(/#.*/s, '').split(/\s+/).filter(Boolean);
  const address = names.length === 0 ? undefined : hostAddress(first);
  return address && { ...address, names };
}

/** The lines of a text, undefined where one says nothing. */
function* hostLines(text: string): Generator<HostLine | undefined> {
  for (let from = 0; from < text.length; ) {
    const at = text.indexOf('\n', from);
    const end = at < 0 ? text.length : at;
    yield hostLine(text.slice(from, end));
    from = end + 1;
  }
}

/** The lines of a text, then others; little is done between two steps. */
export function* readHosts(
  text: string,
  others: readonly HostLine[],
  options: HostTableOptions,
): Generator<void, HostTable> {
  const table = new GrowingTable(options);
  let left = PER_SLICE;
  const isDue = () => {
    if (--left > 0) return false;
    left = PER_SLICE;
    return true;
  };
  for (const lines of [hostLines(text), others]) {
    for (const line of lines) {
      if (isDue()) yield;
      if (line === undefined) continue;
      for (const name of line.names) {
        table.add(name, line);
        if (isDue()) yield;
      }
    }
  }
  return table.whole();
}

interface GrowingHost {
  readonly A: string[];
  readonly AAAA: string[];
}

class GrowingTable {
  readonly #options: HostTableOptions;
  readonly #hosts = new Map<string, GrowingHost>();
  /** Sets: a list that blocks names has one address for all of them. */
  readonly #names = new Map<string, Set<string>>();
  readonly #above = new Set<string>();
  readonly #wildcards: string[] = [];
  readonly #wrong: string[] = [];
  #entries = 0;

  constructor(options: HostTableOptions) {
    this.#options = options;
  }

  add(written: string, { type, address }: HostLine): void {
    const name = lowerName(absoluteName(written));
    if (!this.#options.has(name)) return;
    let host = this.#hosts.get(name);
    if (host === undefined) {
      if (!PLAIN_NAME.test(name) && !isName(name)) {
        this.#wrong.push(written);
        return;
      }
      host = { A: [], AAAA: [] };
      this.#hosts.set(name, host);
      this.#existsAbove(name);
      if (isWildcard(name)) this.#wildcards.push(name);
    }
    // A set too (RFC 2181 § 5), of few.
    if (!host[type].includes(address)) {
      host[type].push(address);
      this.#entries++;
    }
    if (!this.#options.reverse || isWildcard(name)) return;
    let named = this.#names.get(address);
    if (named === undefined) {
      named = new Set();
      this.#names.set(address, named);
      this.#existsAbove(reverseName(address));
    }
    if (!named.has(name)) this.#entries++;
    named.add(name);
  }

  #existsAbove(name: string): void {
    for (let at = parentName(name); at !== undefined && !this.#above.has(at); at = parentName(at)) {
      this.#above.add(at);
    }
  }

  whole(): HostTable {
    const [hosts, names, above] = [this.#hosts, this.#names, this.#above];
    return {
      find: (name) => hosts.get(name) ?? hosts.get(wildcardOf(name)),
      isNamed: (address) => names.has(address),
      namesOf: (address) => firstOf(names.get(address) ?? []),
      *names() {
        for (const name of hosts.keys()) if (!isWildcard(name)) yield name;
        for (const address of names.keys()) yield reverseName(address);
      },
      lists: (name) =>
        (hosts.has(name) && !isWildcard(name)) || names.has(addressOfReverseName(name) ?? ''),
      hasBelow: (name) => above.has(name),
      wildcards: this.#wildcards,
      entries: this.#entries,
      wrong: this.#wrong,
    };
  }
}

function firstOf(names: Iterable<string>): readonly string[] {
  const first: string[] = [];
  for (const name of names) {
    if (first.length === NAMES_OF_ADDRESS_MAX) break;
    first.push(name);
  }
  return first;
}

/** What most names are, found out in no time. */
const PLAIN_NAME = /^(?=.{2,254}$)(?:[\w-]{1,63}\.)+$/;

function isWildcard(name: string): boolean {
  return name.startsWith('*.');
}

/** Empty for a name of one label: nothing stands for the names of the root. */
function wildcardOf(name: string): string {
  const parent = parentName(name) ?? '.';
  return parent === '.' ? '' : `*.${parent}`;
}

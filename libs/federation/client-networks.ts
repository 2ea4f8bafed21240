/** Networks of which an operator says where their clients are; the longest prefix counts. */
import { addressText, ipv4Octets, ipv6Octets } from '../dns/address.ts';
import type { Place } from './place.ts';

export interface Network {
  /** 4 or 16, those behind the prefix zero. */
  readonly octets: Uint8Array;
  /** Length of the prefix in bits. */
  readonly bits: number;
}

export class ClientNetworks {
  /** Family and length of a prefix → prefix → what is said. The longest first. */
  readonly #places: readonly (readonly [Pick<Network, 'bits'> & Family, Map<string, Place>])[];

  constructor(all: readonly (readonly [Network, Place])[]) {
    const byPrefix = Map.groupBy(all, ([{ octets, bits }]) => 1000 * octets.length + bits);
    const some = [...byPrefix.values()].flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const { octets, bits } = first[0];
      const places = new Map(group.map(([network, place]) => [addressText(network.octets), place]));
      return [[{ bits, octetsCount: octets.length }, places] as const];
    });
    this.#places = some.sort(([a], [b]) => b.bits - a.bits);
  }

  get size(): number {
    return this.#places.length;
  }

  /** Undefined: nothing is said of it, or it is no address. */
  find(address: string): Place | undefined {
    const octets = octetsOf(address);
    if (octets === undefined) return undefined;
    for (const [{ bits, octetsCount }, places] of this.#places) {
      if (octetsCount !== octets.length) continue;
      const place = places.get(addressText(prefixOf(octets, bits)));
      if (place !== undefined) return place;
    }
    return undefined;
  }
}

export const NO_NETWORKS = new ClientNetworks([]);

interface Family {
  readonly octetsCount: number;
}

/** `10.0.0.0/8`, `2001:db8::/32`; an address is the network of itself. Undefined: it is none. */
export function parseNetwork(text: string): Network | undefined {
  const [, address = '', length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const octets = octetsOf(address);
  if (octets === undefined) return undefined;
  const bits = length === undefined ? 8 * octets.length : Number(length);
  return bits > 8 * octets.length ? undefined : { octets: prefixOf(octets, bits), bits };
}

export function networkText({ octets, bits }: Network): string {
  return `${addressText(octets)}/${bits}`;
}

function octetsOf(address: string): Uint8Array | undefined {
  return ipv4Octets(address) ?? (address.includes(':') ? ipv6Octets(address) : undefined);
}

function prefixOf(octets: Uint8Array, bits: number): Uint8Array {
  return octets.map((octet, i) => octet & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * i))));
}

/** The prefix of a NAT64, and IPv4 addresses behind it (RFC 6052 § 2.2). */
import { addressText, ipv4Octets, ipv6Octets } from '../../../../libs/dns/address.ts';

export interface Prefix {
  readonly octets: Uint8Array;
  readonly bits: number;
}

const BITS = [32, 40, 48, 56, 64, 96];
/** Bits 64 to 71 are 0 in all such addresses. */
const ZERO_OCTET = 8;

/** Undefined: it is none, or may not be one. */
export function readPrefix(text: string): Prefix | undefined {
  const [address = '', length = ''] = text.split('/');
  const bits = Number(length);
  const octets = ipv6Octets(address);
  if (octets === undefined || !BITS.includes(bits) || octets[ZERO_OCTET] !== 0) return undefined;
  return { octets: octets.subarray(0, bits / 8), bits };
}

/** The IPv6 address that stands for one of IPv4; undefined when that is none. */
export function behind({ octets, bits }: Prefix, ipv4: string): string | undefined {
  const embedded = ipv4Octets(ipv4);
  if (embedded === undefined) return undefined;
  const address = new Uint8Array(16);
  address.set(octets);
  let at = bits / 8;
  for (const octet of embedded) {
    if (at === ZERO_OCTET) at++;
    address[at++] = octet;
  }
  return addressText(address);
}

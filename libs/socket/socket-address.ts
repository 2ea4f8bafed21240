/** Socket addresses (sockaddr_in, sockaddr_in6) between text and the octets of the kernel. */
import { addressText, ipv4Octets, ipv6Octets } from '../dns/address.ts';
import { AF_INET, AF_INET6 } from './c-library.ts';

/** sockaddr_in: family, port, address, eight octets of nothing. */
export const SOCKADDR_IN_OCTETS = 16;
/** sockaddr_in6: family, port, flow, address, scope. */
export const SOCKADDR_IN6_OCTETS = 28;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export function endpointText({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** An IPv4 client of a dual-stack socket has its IPv4 address. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}

/** The octets; undefined when the text is no address of this family. '' is any. */
export function encodeSocketAddress(
  family: number,
  { address, port }: Endpoint,
): Uint8Array | undefined {
  const isIPv4 = family === AF_INET;
  const any = isIPv4 ? '0.0.0.0' : '::';
  const octets = (isIPv4 ? ipv4Octets : ipv6Octets)(address === '' ? any : address);
  if (octets === undefined) return undefined;
  const encoded = new Uint8Array(isIPv4 ? SOCKADDR_IN_OCTETS : SOCKADDR_IN6_OCTETS);
  encoded.set([family, 0, port >> 8, port & 0xff]);
  encoded.set(octets, isIPv4 ? 4 : 8);
  return encoded;
}

/** Address and port; an IPv4 client of a dual-stack socket has its IPv4 address. */
export function decodeSocketAddress(encoded: Uint8Array): Endpoint {
  const port = ((encoded[2] ?? 0) << 8) | (encoded[3] ?? 0);
  if (encoded[0] !== AF_INET6) return { address: addressText(encoded.subarray(4, 8)), port };
  return { address: addressText(encoded.subarray(isMapped(encoded) ? 20 : 8, 24)), port };
}

function isMapped(encoded: Uint8Array): boolean {
  for (let i = 8; i < 18; i++) if (encoded[i] !== 0) return false;
  return encoded[18] === 0xff;
}

/** Whether what comes to one of them would come to the other, were that alone. */
export function isBeside(one: Endpoint, other: Endpoint): boolean {
  if (one.port !== other.port || one.address === other.address) return false;
  return covers(one.address, other.address) || covers(other.address, one.address);
}

function covers(address: string, other: string): boolean {
  const isAny = address === '' || address === '::';
  return isAny || (address === '0.0.0.0' && !other.includes(':') && other !== '');
}

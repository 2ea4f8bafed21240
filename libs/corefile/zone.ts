/** Zones as a Corefile writes them: names, or networks that stand for their reverse zones. */
import { ipv4Octets, ipv6Octets } from '../dns/address.ts';
import { absoluteName, lowerName, nameToWire } from '../dns/name.ts';
import { ConfigurationError } from './configuration-error.ts';
import type { Token } from './corefile.ts';

/**
 * The zones of one word, lower-case and absolute. A network gives the reverse zone of its whole
 * labels, or each zone one label longer: 10.0.0.0/24 is one zone, 10.0.0.0/15 two, 10.0.0.0/25 128.
 */
export function readZones(token: Token, text: string = token.text): readonly string[] {
  const slash = text.indexOf('/');
  const address = text.slice(0, Math.max(slash, 0));
  const ipv4 = ipv4Octets(address);
  if (ipv4 !== undefined) return reverseZones(token, ipv4, 8, text.slice(slash + 1));
  const ipv6 = ipv6Octets(address);
  if (ipv6 !== undefined) return reverseZones(token, ipv6, 4, text.slice(slash + 1));
  const zone = lowerName(absoluteName(text));
  try {
    nameToWire(zone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigurationError(token, error.message);
  }
  return [zone];
}

function reverseZones(
  token: Token,
  address: Uint8Array,
  labelBits: 4 | 8,
  length: string,
): readonly string[] {
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  const most = address.length * 8;
  if (!(bits <= most)) {
    throw new ConfigurationError(
      token,
      `Cannot read the network "${token.text}": its length is "${length}"; expected 0 to ${most}`,
    );
  }
  const labels =
    labelBits === 8 ? [...address] : [...address].flatMap((octet) => [octet >> 4, octet & 15]);
  const whole = labels.slice(0, Math.floor(bits / labelBits));
  const rest = bits % labelBits;
  const suffix = labelBits === 8 ? 'in-addr.arpa.' : 'ip6.arpa.';
  const nameOf = (parts: readonly number[]) =>
    [...parts.map((part) => part.toString(labelBits === 8 ? 10 : 16)).reverse(), suffix].join('.');
  if (rest === 0) return [nameOf(whole)];
  const count = 2 ** (labelBits - rest);
  const first = Math.floor((labels[whole.length] ?? 0) / count) * count;
  return Array.from({ length: count }, (_, i) => nameOf([...whole, first + i]));
}

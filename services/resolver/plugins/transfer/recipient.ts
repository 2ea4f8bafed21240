/** Who may have a zone, and who is told of its changes: one word of `to`. */
import { cannotRead } from '../../../../libs/corefile/arguments.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import { ipv4Octets, ipv6Octets } from '../../../../libs/dns/address.ts';
import type { TsigKey } from '../../../../libs/dns/tsig.ts';
import type { Endpoint } from '../../../../libs/socket/socket-address.ts';
import type { Query } from '../../query.ts';

export interface Recipient {
  /** Undefined: any address. */
  readonly network: Network | undefined;
  /** Undefined: no signature is asked for. */
  readonly key: TsigKey | undefined;
  /** Where NOTIFY goes; undefined for networks. */
  readonly notify: Endpoint | undefined;
}

interface Network {
  readonly octets: Uint8Array;
  readonly bits: number;
}

const DNS_PORT = 53;
const PORT_MAX = 65535;
const EXPECTED = '*, ADDRESS, ADDRESS:PORT, [IPV6]:PORT, or a network like 10.0.0.0/8';

/** `*`, an address with or without a port, or a network. */
export function readRecipient(token: Token, key: TsigKey | undefined): Recipient {
  const { text } = token;
  if (text === '*') return { network: undefined, key, notify: undefined };
  const [, base = '', length = ''] = /^(.*)\/(\d{1,3})$/.exec(text) ?? [];
  const octets = octetsOf(base);
  if (octets !== undefined && Number(length) <= 8 * octets.length) {
    return { network: { octets, bits: Number(length) }, key, notify: undefined };
  }
  const [, address = text, digits = String(DNS_PORT)] =
    /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text) ?? /^([^:]+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  const host = octetsOf(address);
  if (host === undefined || port < 1 || port > PORT_MAX) {
    throw cannotRead(token, 'recipient', 'it is no address and no network', EXPECTED);
  }
  const network = { octets: host, bits: 8 * host.length };
  return { network, key, notify: { address, port } };
}

export function isRecipient(
  { network, key }: Recipient,
  { client, signedBy }: Pick<Query, 'client' | 'signedBy'>,
): boolean {
  if (key !== undefined && key.name !== signedBy) return false;
  return network === undefined || isInside(network, client.address);
}

function isInside({ octets, bits }: Network, address: string): boolean {
  const [bare = ''] = address.split('%'); // a link-local client has its interface
  const other = octetsOf(bare);
  if (other?.length !== octets.length) return false;
  return octets.every((octet, i) => {
    const shift = 8 - Math.min(8, Math.max(0, bits - 8 * i));
    return octet >> shift === (other[i] ?? 0) >> shift;
  });
}

function octetsOf(text: string): Uint8Array | undefined {
  return ipv4Octets(text) ?? (text.includes(':') ? ipv6Octets(text) : undefined);
}

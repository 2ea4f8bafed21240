/** What is in an EDNS option: octets of the Corefile, or what a query says. */
import { isIP } from 'node:net';
import { cannotRead, wholeNumber } from '../../../../libs/corefile/arguments.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import { ipv4Octets, ipv6Octets } from '../../../../libs/dns/address.ts';
import { typeNumber } from '../../../../libs/dns/iana.ts';
import type { Query } from '../../query.ts';

export interface OptionData {
  /** Not all queries say such a thing. */
  readonly mayBeUnknown: boolean;
  /** Undefined: this query says no such thing. */
  of(query: Query): Uint8Array | undefined;
}

export function fixed(octets: Uint8Array): OptionData {
  return { mayBeUnknown: false, of: () => octets };
}

/** Octets of one option: with the longest name and an OPT a query stays below 1232 octets. */
const OPTION_OCTETS_MAX = 512;

const VARIABLES: Readonly<Record<string, OptionData['of']>> = {
  '{qname}': ({ question }) => textOctets(question.name),
  '{qtype}': ({ question }) => u16(typeNumber(question.type)),
  '{client_ip}': ({ client }) => addressOctets(client.address),
  '{client_port}': ({ client }) => u16(client.port),
  '{protocol}': ({ client }) => textOctets(client.transport),
  '{server_ip}': ({ server }) => server && addressOctets(server.address),
  '{server_port}': ({ server }) => u16(server?.port),
};

/** An option code. Throws ConfigurationError. */
export function readCode(token: Token): number {
  const isNumber = /^(0x[0-9a-f]{1,4}|0|[1-9]\d{0,4})$/i.test(token.text);
  const code = isNumber ? Number(token.text) : Number.NaN;
  if (code <= 0xffff) return code;
  throw cannotRead(token, 'option code', 'it is none', '0 to 65535, or 0x0 to 0xffff');
}

/** Text, octets in hexadecimal after 0x, a variable, or a fact that `metadata` collects. */
export function readLocalData(token: Token): OptionData {
  const { text } = token;
  if (text.startsWith('{') && text.endsWith('}')) return readVariable(token);
  const octets = text.startsWith('0x') ? hexOctets(token) : textOctets(text);
  if (octets.length > OPTION_OCTETS_MAX) {
    throw cannotRead(token, 'data', 'it is too long', `at most ${OPTION_OCTETS_MAX} octets`);
  }
  return fixed(octets);
}

function readVariable(token: Token): OptionData {
  const variable = Object.hasOwn(VARIABLES, token.text) ? VARIABLES[token.text] : undefined;
  if (variable !== undefined) return { mayBeUnknown: true, of: variable };
  const label = token.text.slice(1, -1);
  if (!/^[^/]+\/.+$/.test(label)) {
    const names = Object.keys(VARIABLES).join(', ');
    throw cannotRead(token, 'variable', 'it is unknown', `one of ${names}, or {PLUGIN/FACT}`);
  }
  const of: OptionData['of'] = ({ metadata }) => {
    const octets = textOctets(metadata?.get(label)?.() ?? '');
    return octets.length === 0 || octets.length > OPTION_OCTETS_MAX ? undefined : octets;
  };
  return { mayBeUnknown: true, of };
}

function hexOctets(token: Token): Uint8Array {
  const digits = token.text.slice(2);
  if (/^([0-9a-f]{2})*$/i.test(digits)) return Uint8Array.from(Buffer.from(digits, 'hex'));
  throw cannotRead(token, 'data', 'it is no hexadecimal', 'two digits an octet after 0x');
}

/** The network that a client is in (RFC 7871 § 6). Throws ConfigurationError. */
export function readSubnet(ipv4: Token | undefined, ipv6: Token): OptionData {
  const bits4 = ipv4 === undefined ? 0 : wholeNumber(ipv4, 'bits of IPv4', 0, 32);
  const bits6 = wholeNumber(ipv6, 'bits of IPv6', 0, 128);
  const of: OptionData['of'] = ({ client }) => {
    const octets = addressOctets(client.address);
    if (octets === undefined) return undefined;
    const isIpv4 = octets.length === 4;
    const bits = isIpv4 ? bits4 : bits6;
    return Uint8Array.of(0, isIpv4 ? 1 : 2, bits, 0, ...network(octets, bits));
  };
  return { mayBeUnknown: false, of };
}

/** As few octets as the bits need, what is behind them zero. */
function network(octets: Uint8Array, bits: number): Uint8Array {
  const first = octets.slice(0, Math.ceil(bits / 8));
  const last = first.at(-1);
  if (last !== undefined && bits % 8 > 0) first[first.length - 1] = last & (0xff00 >> (bits % 8));
  return first;
}

function addressOctets(address: string): Uint8Array | undefined {
  const bare = address.replace(/%.*$/, ''); // a link-local one names its link
  return isIP(bare) === 4 ? ipv4Octets(bare) : ipv6Octets(bare);
}

function textOctets(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function u16(value: number | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : Uint8Array.of(value >> 8, value & 0xff);
}

/**
 * What the configuration of kube-dns says: three values, of a ConfigMap or of files in a folder.
 *
 *   stubDomains          { "acme.local": ["1.2.3.4", "dns.example.org:5353"] }   JSON
 *   upstreamNameservers  ["8.8.8.8", "[2001:db8::1]:53"]                         JSON
 *   federations          fed=example.org,other=example.net
 */
import { parseAddress } from '../dns/address.ts';
import { absoluteName, lowerName, nameToWire } from '../dns/name.ts';

export interface KubeDnsConfig {
  /** Absolute names, lower-case, in the order of the file. */
  readonly stubDomains: readonly StubDomain[];
  /** Empty: those of /etc/resolv.conf. */
  readonly upstreamNameservers: readonly NameServer[];
  /** Federation → its domain, absolute. */
  readonly federations: ReadonlyMap<string, string>;
}

export interface StubDomain {
  readonly domain: string;
  readonly servers: readonly NameServer[];
}

export interface NameServer {
  /** An address, canonical; or a name, absolute. */
  readonly host: string;
  readonly isName: boolean;
  readonly port: number;
}

export const KEYS = ['stubDomains', 'upstreamNameservers', 'federations'] as const;

/** What can't be read, in one sentence. */
export class KubeDnsError extends Error {
  override readonly name = 'KubeDnsError';
}

const DNS_PORT = 53;
/** Of a value that can't be read, in characters. */
const SHOWN_MAX = 60;
const PORT_MAX = 65535;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Whose last label is no number: that is an address with a slip (RFC 1123 § 2.1). */
const HOST = /^([\w-]{1,63}\.)*(?!\d+\.?$)[\w-]{1,63}\.?$/;
const SERVER_EXPECTED = 'ADDRESS, ADDRESS:PORT, [IPV6]:PORT, or a name in their place';

/** Throws KubeDnsError. `data`: the values by their keys; others are not looked at. */
export function readKubeDns(data: Readonly<Record<string, string | undefined>>): KubeDnsConfig {
  return {
    stubDomains: readStubDomains(data.stubDomains),
    upstreamNameservers: readUpstreams(data.upstreamNameservers),
    federations: readFederations(data.federations),
  };
}

function readStubDomains(text: string | undefined): readonly StubDomain[] {
  const value = readJson('stubDomains', text);
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw cannot('stubDomains', textOf(value), 'it is no object', 'zones with lists of servers');
  }
  const seen = new Set<string>();
  return Object.entries(value).map(([name, servers]) => {
    const domain = zoneOf('stubDomains', name);
    if (seen.has(domain)) throw cannot('stubDomains', name, 'it is there twice', 'a zone once');
    seen.add(domain);
    if (!Array.isArray(servers) || servers.length === 0) {
      const is = `its servers are ${textOf(servers)}`;
      throw cannot('stubDomains', name, is, 'a list of one or more');
    }
    return { domain, servers: servers.map((server) => serverOf('stubDomains', server)) };
  });
}

function readUpstreams(text: string | undefined): readonly NameServer[] {
  const value = readJson('upstreamNameservers', text);
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    throw cannot('upstreamNameservers', textOf(value), 'it is no list', 'a list of servers');
  }
  return value.map((server) => serverOf('upstreamNameservers', server));
}

function readFederations(text = ''): ReadonlyMap<string, string> {
  const federations = new Map<string, string>();
  for (const pair of text.split(',').map((one) => one.trim())) {
    if (pair === '') continue;
    const [name = '', domain, ...more] = pair.split('=').map((part) => part.trim());
    if (domain === undefined || more.length > 0) {
      throw cannot('federations', pair, 'it is no pair', 'NAME=DOMAIN');
    }
    if (!LABEL.test(name)) throw cannot('federations', name, 'it is no label', 'a DNS label');
    if (federations.has(name)) throw cannot('federations', name, 'it is there twice', 'it once');
    federations.set(name, zoneOf('federations', domain));
  }
  return federations;
}

/** Undefined for what is not there: kube-dns takes an empty value for that, too. */
function readJson(key: string, text: string | undefined): unknown {
  if (text === undefined || text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    const is = inOneLine(error instanceof Error ? error.message : String(error));
    throw cannot(key, inOneLine(text).slice(0, SHOWN_MAX), is, 'JSON');
  }
}

function inOneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

function serverOf(key: string, value: unknown): NameServer {
  if (typeof value !== 'string') throw cannot(key, textOf(value), 'it is no text', SERVER_EXPECTED);
  const bare = parseAddress(value);
  if (bare !== undefined) return { host: bare.text, isName: false, port: DNS_PORT };
  const [, host = value, digits = String(DNS_PORT)] =
    /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(value) ?? /^([^:]+):(\d{1,5})$/.exec(value) ?? [];
  const port = Number(digits);
  if (port < 1 || port > PORT_MAX) {
    throw cannot(key, value, `its port is ${digits}`, `1 to ${PORT_MAX}`);
  }
  const address = parseAddress(host);
  if (address !== undefined) return { host: address.text, isName: false, port };
  if (!HOST.test(host)) {
    throw cannot(key, value, 'it is no server', SERVER_EXPECTED);
  }
  return { host: zoneOf(key, host), isName: true, port };
}

function zoneOf(key: string, text: string): string {
  const zone = lowerName(absoluteName(text));
  try {
    nameToWire(zone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new KubeDnsError(`Cannot read ${key}: ${error.message}`);
  }
  if (zone === '.' || /[\s{}"#,;/]/.test(zone)) {
    throw cannot(key, text, 'it is no zone', 'a name, as in example.org');
  }
  return zone;
}

function cannot(key: string, text: string, is: string, expected: string): KubeDnsError {
  return new KubeDnsError(`Cannot read "${text}" of ${key}: ${is}; expected ${expected}`);
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

/** What one TO names: a server by its address or its name, or those of a file like resolv.conf. */
import { cannotRead } from '../../../../libs/corefile/arguments.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import { parseAddress } from '../../../../libs/dns/address.ts';
import { lowerName } from '../../../../libs/dns/name.ts';
import type { UpstreamServer } from '../../../../libs/upstream/upstream-server.ts';
import { nameServersOf } from './resolv-conf.ts';

export type Target =
  | { readonly kind: 'server'; readonly server: UpstreamServer }
  /** Its addresses are looked up. */
  | {
      readonly kind: 'host';
      readonly host: string;
      readonly server: Omit<UpstreamServer, 'address'>;
    };

const PORTS = { dns: 53, tls: 853, https: 443 } as const;
const PORT_MAX = 65535;
/** Transports of CoreDNS that are not here. */
const NOT_YET = ['quic'];
const EXPECTED =
  'an IP address, ADDRESS:PORT, [IPV6]:PORT, the name of a host, each perhaps after dns://, ' +
  'tls:// or https://, or a file like /etc/resolv.conf';
/** Letters, digits, hyphens and underscores; the last label is no number (RFC 1123 § 2.1). */
const HOST = /^(?=.{1,253}\.?$)([\w-]{1,63}\.)*(?!\d+\.?$)[\w-]{1,63}\.?$/;

/** Reads the word, and the file that it names: none of a file that names no server. */
export function targetsOf(token: Token, readFile: (path: string) => string): readonly Target[] {
  const [, scheme = 'dns', rest = ''] = /^(?:([a-z0-9+]+):\/\/)?(.*)$/s.exec(token.text) ?? [];
  const transport = transportOf(token, scheme);
  const [text = '', path] = transport === 'https' ? splitPath(rest) : [rest];
  const { host, zone, digits } = partsOf(text);
  const address = parseAddress(host)?.text;
  if (address === undefined && transport === 'dns') {
    const servers = serversOfFile(token, rest, readFile);
    if (servers !== undefined) return servers.map((server) => ({ kind: 'server', server }));
  }
  const port = portOf(token, digits, PORTS[transport]);
  const common = { transport, port, ...(path !== undefined && { path }) };
  if (address !== undefined) {
    // Of plain DNS it is the interface of a link-local address.
    const scope = transport === 'dns' && zone !== undefined ? `%${zone}` : '';
    const name = transport !== 'dns' && zone !== undefined ? { serverName: zone } : {};
    return [{ kind: 'server', server: { ...common, ...name, address: address + scope } }];
  }
  if (/^[\d.]+$/.test(host)) throw cannotRead(token, 'upstream', 'it is no IP address', EXPECTED);
  if (!HOST.test(host)) throw cannotRead(token, 'upstream', 'it names no server', EXPECTED);
  const name = lowerName(host.endsWith('.') ? host.slice(0, -1) : host);
  const serverName = transport === 'dns' ? {} : { serverName: zone ?? name };
  return [{ kind: 'host', host: `${name}.`, server: { ...common, ...serverName } }];
}

/** An address with or without a port, as a server of plain DNS; undefined when it is none. */
export function plainServer(token: Token): UpstreamServer | undefined {
  const { host, zone, digits } = partsOf(token.text);
  const address = parseAddress(host)?.text;
  if (address === undefined) return undefined;
  const scope = zone === undefined ? '' : `%${zone}`;
  return { transport: 'dns', address: address + scope, port: portOf(token, digits, PORTS.dns) };
}

function transportOf(token: Token, scheme: string): UpstreamServer['transport'] {
  if (scheme === 'dns' || scheme === 'tls' || scheme === 'https') return scheme;
  const is = NOT_YET.includes(scheme) ? 'CoreDNS has it, we do not yet' : 'it is unknown';
  throw cannotRead(token, 'upstream', `"${scheme}://": ${is}`, 'dns://, tls:// or https://');
}

/** `dns.example/query` is the server and the path. */
function splitPath(text: string): readonly [text: string, path?: string] {
  const slash = text.indexOf('/');
  return slash < 0 ? [text] : [text.slice(0, slash), text.slice(slash)];
}

interface Parts {
  readonly host: string;
  /** After the %: an interface, or the name of the server. */
  readonly zone?: string | undefined;
  readonly digits?: string | undefined;
}

/** `HOST`, `HOST:PORT`, `[IPV6]`, `[IPV6]:PORT`, with `%ZONE` after the address, or `IPV6`. */
function partsOf(text: string): Parts {
  const [, host, zone, digits] =
    /^\[([^\]%]+)(?:%([^\]]+))?\](?::([^:]*))?$/.exec(text) ??
    /^([^%]+)%([^:%]+)(?::([^:]*))?$/.exec(text) ??
    /^([^:%]+)()(?::([^:]*))?$/.exec(text) ??
    [];
  return host === undefined
    ? { host: text }
    : { host, zone: zone === '' ? undefined : zone, digits };
}

function portOf(token: Token, digits: string | undefined, usual: number): number {
  if (digits === undefined) return usual;
  const port = /^\d{1,9}$/.test(digits) ? Number(digits) : 0;
  if (port >= 1 && port <= PORT_MAX) return port;
  throw cannotRead(token, 'upstream', `its port is "${digits}"`, `1 to ${PORT_MAX}`);
}

/** Undefined: there is no such file, and the word may be a name. */
function serversOfFile(
  token: Token,
  path: string,
  readFile: (path: string) => string,
): readonly UpstreamServer[] | undefined {
  const name = (is: string) => cannotRead(token, 'upstream', is, EXPECTED);
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    if (!path.includes('/')) return undefined;
    throw name(`it is no address, and no file: ${error instanceof Error ? error.message : error}`);
  }
  return nameServersOf(text).map((server) => {
    const found = plainServer({ ...token, text: server });
    if (found === undefined) throw name(`it has a nameserver "${server}", which is no address`);
    return found;
  });
}

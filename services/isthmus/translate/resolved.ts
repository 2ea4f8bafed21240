/**
 * Servers of kube-dns's configuration as `forward` takes them: addresses, of names what they are
 * now. kube-dns asked once too, and took the first address alone.
 */
import type { KubeDnsConfig, NameServer } from '../../../libs/kube-dns/config.ts';

/** The addresses of a name (without a dot at its end); none: it has none, or nobody answered. */
export type LookUpHost = (name: string) => Promise<readonly string[]>;

export interface ResolvedConfig {
  readonly stubDomains: readonly Forwarding[];
  /** Undefined: those of /etc/resolv.conf. */
  readonly upstream: Forwarding | undefined;
  /** Federation → its domain, both as a Corefile has them. */
  readonly federations: ReadonlyMap<string, string>;
}

/** Who is asked for a zone. */
export interface Forwarding {
  /** Without a dot at its end, but for `.` itself. */
  readonly zone: string;
  /** As `forward` reads them. */
  readonly servers: readonly string[];
  /** What of them are names, a comment each. */
  readonly names: readonly string[];
}

/** As many upstreams as a `forward` has. */
const SERVERS_MAX = 15;
const DNS_PORT = 53;

export interface Resolving {
  readonly lookUp: LookUpHost;
  /** Is told what is not as it was. */
  readonly remark: (text: string) => void;
  /** Is told what a name is now. */
  readonly onName: (name: string, addresses: readonly string[]) => void;
}

export async function resolvedConfig(
  config: KubeDnsConfig,
  resolving: Resolving,
): Promise<ResolvedConfig> {
  const { remark } = resolving;
  const stubDomains: Forwarding[] = [];
  for (const { domain, servers } of config.stubDomains) {
    const zone = domain.slice(0, -1);
    const found = await forwardingOf(zone, servers, resolving);
    if (found.servers.length > 0) stubDomains.push(found);
    else remark(`The stub domain ${zone} is left out: none of its servers has an address.`);
  }
  const { upstreamNameservers } = config;
  const upstream = await forwardingOf('.', upstreamNameservers, resolving);
  const isThere = upstream.servers.length > 0;
  if (!isThere && upstreamNameservers.length > 0) {
    remark('The upstreams are those of /etc/resolv.conf: none of the named has an address.');
  }
  return {
    stubDomains,
    upstream: isThere ? upstream : undefined,
    federations: new Map([...config.federations].map(([name, zone]) => [name, zone.slice(0, -1)])),
  };
}

async function forwardingOf(
  zone: string,
  servers: readonly NameServer[],
  { lookUp, remark, onName }: Resolving,
): Promise<Forwarding> {
  const whose = zone === '.' ? 'upstreamNameservers' : `stub domain ${zone}`;
  const found: string[] = [];
  const names: string[] = [];
  for (const { host, isName, port } of servers) {
    if (!isName) {
      found.push(serverText(host, port));
      continue;
    }
    const name = host.slice(0, -1);
    const addresses = [...(await lookUp(name))].sort();
    if (addresses.length === 0) {
      remark(`The server ${name} of the ${whose} has no address here: it is left out.`);
      continue;
    }
    found.push(...addresses.map((address) => serverText(address, port)));
    names.push(`${name}, by its addresses`);
    onName(name, addresses);
  }
  const distinct = [...new Set(found)];
  if (distinct.length > SERVERS_MAX) {
    const left = distinct.slice(SERVERS_MAX).join(', ');
    remark(`A forward has ${SERVERS_MAX} servers: of the ${whose} these are left out: ${left}.`);
  }
  return { zone, servers: distinct.slice(0, SERVERS_MAX), names };
}

function serverText(address: string, port: number): string {
  if (address.includes(':')) return `[${address}]:${port}`;
  return port === DNS_PORT ? address : `${address}:${port}`;
}

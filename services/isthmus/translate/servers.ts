/** Servers of kube-dns's configuration as `forward` reads them; names stay names. */
import type { KubeDnsConfig, NameServer } from '../../../libs/kube-dns/config.ts';

export interface Forwarded {
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
}

/** As many upstreams as a `forward` has. */
const SERVERS_MAX = 15;
const DNS_PORT = 53;

/** `remark`: is told what is not as it was. */
export function forwarded(config: KubeDnsConfig, remark: (text: string) => void): Forwarded {
  const { stubDomains, upstreamNameservers, federations } = config;
  return {
    stubDomains: stubDomains.map(({ domain, servers }) =>
      forwardingOf(withoutDot(domain), servers, remark),
    ),
    upstream:
      upstreamNameservers.length === 0 ? undefined : forwardingOf('.', upstreamNameservers, remark),
    federations: new Map([...federations].map(([name, zone]) => [name, withoutDot(zone)])),
  };
}

function forwardingOf(
  zone: string,
  servers: readonly NameServer[],
  remark: (text: string) => void,
): Forwarding {
  const whose = zone === '.' ? 'upstreamNameservers' : `the stub domain ${zone}`;
  const names = servers.filter(({ isName }) => isName).map(({ host }) => withoutDot(host));
  if (names.length > 0) {
    const which = [...new Set(names)].join(', ');
    remark(`Of ${whose}, ${which} ${names.length === 1 ? 'stays a name' : 'stay names'}: ${WHEN}.`);
  }
  const distinct = [...new Set(servers.map(serverText))];
  if (distinct.length > SERVERS_MAX) {
    const left = distinct.slice(SERVERS_MAX).join(', ');
    remark(`A forward has ${SERVERS_MAX} servers: of ${whose} these are left out: ${left}.`);
  }
  return { zone, servers: distinct.slice(0, SERVERS_MAX) };
}

const WHEN = 'all of its addresses are looked up at a start, where kube-dns took the first';

/** A name with its port is no file. */
function serverText({ host, isName, port }: NameServer): string {
  if (isName) return `${withoutDot(host)}:${port}`;
  if (host.includes(':')) return `[${host}]:${port}`;
  return port === DNS_PORT ? host : `${host}:${port}`;
}

function withoutDot(name: string): string {
  return name.slice(0, -1);
}

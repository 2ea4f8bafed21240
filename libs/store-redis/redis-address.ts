/**
 * Where Redis is, from what an operator writes:
 *
 *   redis://[[user]:password@]host[:port][/db]     one server
 *   redis://host,host,host                         a Redis Cluster, found through any of these
 *   redis://host?cluster                           the same, found through one
 *
 * and rediss:// for TLS.
 */
export interface RedisAddress {
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly isCluster: boolean;
  readonly isTls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly db: number;
}

const PORT = 6379;
/** Nodes named to find a cluster by. */
const NODES_MAX = 100;
const FORM = 'redis://[[user]:password@]host[:port][,host[:port]…][/db], or rediss:// for TLS';

const URL_FORM = new RegExp(
  '^(?<scheme>rediss?)://(?:(?<secret>.*)@)?(?<hosts>[^/?#@]+)' +
    String.raw`(?:/(?<db>\d*))?(?<query>\?cluster)?$`,
);

/** Throws a TypeError that names no secret. */
export function parseRedisAddress(url: string): RedisAddress {
  const parts = URL_FORM.exec(url)?.groups;
  const shown = url.replace(/\/\/.*@/, '//…@');
  const wrong = (what: string) =>
    new TypeError(`Cannot use the store "${shown}": ${what}; expected ${FORM}`);
  if (parts === undefined) throw wrong('it is no address of a Redis');
  const hosts = (parts.hosts ?? '').split(',');
  if (hosts.length > NODES_MAX) throw wrong(`it names ${hosts.length} hosts`);
  const nodes = hosts.map((host) => {
    const node = parseNode(host);
    if (node === undefined) throw wrong(`"${host}" is no host with a port`);
    return node;
  });
  const isCluster = nodes.length > 1 || parts.query !== undefined;
  const db = Number(parts.db ?? 0);
  if (isCluster && db !== 0) throw wrong(`a Redis Cluster has no database ${db}`);
  const secret = parseSecret(parts.secret);
  if (secret === undefined) throw wrong('its user or password is not percent-encoded');
  return { nodes, isCluster, isTls: parts.scheme === 'rediss', ...secret, db };
}

/** The hosts and ports: what people may see of it. */
export function showRedisAddress({ nodes }: RedisAddress): string {
  return nodes.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join();
}

function parseNode(text: string): { host: string; port: number } | undefined {
  const parts = /^(?:\[(?<v6>[\da-fA-F:.%]+)\]|(?<host>[^:[\]\s]+))(?::(?<port>\d{1,5}))?$/.exec(
    text,
  )?.groups;
  const host = parts?.v6 ?? parts?.host;
  const port = Number(parts?.port ?? PORT);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

function parseSecret(
  text: string | undefined,
): { readonly username?: string; readonly password?: string } | undefined {
  if (text === undefined) return {};
  const colon = text.indexOf(':');
  try {
    const username = decodeURIComponent(colon < 0 ? text : text.slice(0, colon));
    const password = colon < 0 ? '' : decodeURIComponent(text.slice(colon + 1));
    return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
  } catch {
    return undefined;
  }
}

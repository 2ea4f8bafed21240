/**
 * Where Redis is, from what an operator writes:
 *
 *   redis://[[user]:password@]host[:port][/db]          one server
 *   redis+cluster://host,host,host                      a Redis Cluster, found through any of these
 *   redis+sentinel://host,host,host/master[/db]         the master that these Sentinels name
 *                 …?sentinel_user=…&sentinel_password=…   who we are to the Sentinels
 *
 * and rediss… for TLS. Several hosts of redis:// are a cluster as well, and so is redis://host?cluster.
 */
export interface RedisAddress {
  /** The servers, or the Sentinels. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly isCluster: boolean;
  readonly sentinel?: SentinelAddress;
  readonly isTls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly db: number;
}

export interface SentinelAddress {
  /** What the Sentinels call it. */
  readonly master: string;
  readonly username?: string;
  readonly password?: string;
}

const PORT = 6379;
const SENTINEL_PORT = 26379;
/** Nodes named to find a cluster by. */
const NODES_MAX = 100;
const FORM =
  'redis://[[user]:password@]host[:port][/db], redis+cluster://host[:port],… or ' +
  'redis+sentinel://host[:port],…/master[/db], with rediss for TLS';

const URL_FORM = new RegExp(
  '^redis(?<tls>s)?(?:[+](?<kind>cluster|sentinel))?://(?:(?<secret>.*)@)?(?<hosts>[^/?#@]+)' +
    '(?:/(?<path>[^?#@]*))?(?:[?](?<query>[^#@]*))?$',
);

/** Throws a TypeError that names no secret. */
export function parseRedisAddress(url: string): RedisAddress {
  const parts = URL_FORM.exec(url)?.groups;
  const shown = url.replace(/\/\/.*@/, '//…@').replace(/(sentinel_password=)[^&]*/g, '$1…');
  const wrong = (what: string) =>
    new TypeError(`Cannot use the store "${shown}": ${what}; expected ${FORM}`);
  if (parts === undefined) throw wrong('it is no address of a Redis');
  const { kind, path = '', query } = parts;
  const hosts = (parts.hosts ?? '').split(',');
  if (hosts.length > NODES_MAX) throw wrong(`it names ${hosts.length} hosts`);
  const nodes = hosts.map((host) => {
    const node = parseNode(host, kind === 'sentinel' ? SENTINEL_PORT : PORT);
    if (node === undefined) throw wrong(`"${host}" is no host with a port`);
    return node;
  });
  const secret = parseSecret(parts.secret);
  if (secret === undefined) throw wrong('its user or password is not percent-encoded');
  const common = { nodes, isTls: parts.tls !== undefined, ...secret };
  if (kind === 'sentinel') {
    const { db, ...sentinel } = parseSentinel(path, query, wrong);
    return { ...common, isCluster: false, sentinel, db };
  }
  if (query !== undefined && query !== 'cluster') throw wrong('it has options that are unknown');
  if (!/^\d*$/.test(path)) throw wrong(`"${path}" is no number of a database`);
  const isCluster = nodes.length > 1 || query !== undefined || kind === 'cluster';
  const db = Number(path);
  if (isCluster && db !== 0) throw wrong(`a Redis Cluster has no database ${db}`);
  return { ...common, isCluster, db };
}

/** The hosts and ports, and the master: what people may see of it. */
export function showRedisAddress({ nodes, sentinel }: RedisAddress): string {
  const shown = nodes.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`);
  return sentinel === undefined ? shown.join() : `${shown.join()}/${sentinel.master}`;
}

function parseSentinel(
  path: string,
  query: string | undefined,
  wrong: (what: string) => TypeError,
): SentinelAddress & { readonly db: number } {
  const [master = '', db = '0', more] = path.split('/');
  if (master === '') throw wrong('it names no master');
  if (!/^[\w.-]+$/.test(master) || !/^\d+$/.test(db) || more !== undefined) {
    throw wrong(`"${path}" is no master with a database`);
  }
  const options = new URLSearchParams(query ?? '');
  for (const name of options.keys()) {
    if (!['sentinel_user', 'sentinel_password'].includes(name)) {
      throw wrong(`the option "${name}" is unknown`);
    }
  }
  const [username, password] = [options.get('sentinel_user'), options.get('sentinel_password')];
  return {
    master,
    ...(username !== null && { username }),
    ...(password !== null && { password }),
    db: Number(db),
  };
}

function parseNode(text: string, port: number): { host: string; port: number } | undefined {
  const parts = /^(?:\[(?<v6>[\da-fA-F:.%]+)\]|(?<host>[^:[\]\s]+))(?::(?<port>\d{1,5}))?$/.exec(
    text,
  )?.groups;
  const host = parts?.v6 ?? parts?.host;
  const at = Number(parts?.port ?? port);
  return host === undefined || at < 1 || at > 65_535 ? undefined : { host, port: at };
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

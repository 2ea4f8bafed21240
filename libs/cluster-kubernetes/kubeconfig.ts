/**
 * How a cluster is reached, by the rules of kubectl: a kubeconfig file and a context in it.
 *
 *   file ─► contexts, clusters, users ─► the context wanted ─► Access {cluster, user}
 *
 * Read by ourselves: the Kubernetes client takes half a second and 60 MiB to load, and is needed
 * only for users whose credentials another program or an identity provider gives
 * (provided-credentials.ts).
 */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { parse } from 'yaml';
import { isJson } from '../cluster/field.ts';
import type { AccessOutcome, Cluster, Secret, User } from './access.ts';

export type ContextsOutcome =
  | {
      readonly kind: 'contexts';
      readonly contexts: readonly string[];
      readonly current: string | undefined;
    }
  | { readonly kind: 'refused'; readonly why: string };

type Json = Readonly<Record<string, unknown>>;

/** The three lists of a kubeconfig by name: of two of one name the first counts. */
interface Kubeconfig {
  readonly folder: string;
  readonly current: string;
  readonly contexts: ReadonlyMap<string, Json>;
  readonly clusters: ReadonlyMap<string, Json>;
  readonly users: ReadonlyMap<string, Json>;
}

/** The contexts of a kubeconfig, in the order of the file. */
export function kubeconfigContexts(file: string): ContextsOutcome {
  const read = readKubeconfig(file);
  if (read.kind === 'refused') return read;
  const { contexts, current } = read.config;
  return { kind: 'contexts', contexts: [...contexts.keys()], current: current || undefined };
}

/** The cluster and the user of a context, without one of the file's current-context. */
export function loadKubeconfig(file: string, context: string | undefined): AccessOutcome {
  const read = readKubeconfig(file);
  if (read.kind === 'refused') return read;
  const { config } = read;
  const wanted = context ?? config.current;
  const named = config.contexts.get(wanted);
  if (named === undefined) {
    const what = context === undefined ? 'the current context' : 'the context';
    const is = `Cannot use ${what} "${wanted}" of "${file}": there is no such context`;
    const names = [...config.contexts.keys()].join(', ');
    return { kind: 'refused', why: `${is}; expected ${names || 'one to be defined'}` };
  }
  const cluster = config.clusters.get(textAt(named, 'cluster') ?? '');
  const server = cluster && textAt(cluster, 'server');
  if (cluster === undefined || server === undefined || !/^https?:\/\/[^/]/.test(server)) {
    const is = cluster === undefined ? 'it has no such cluster' : `the server is "${server ?? ''}"`;
    const what = `Cannot use the cluster "${file}" of the context "${wanted}": ${is}`;
    return { kind: 'refused', why: `${what}; expected http(s)://HOST[:PORT]` };
  }
  const user = config.users.get(textAt(named, 'user') ?? '') ?? {};
  return {
    kind: 'access',
    cluster: clusterOf(cluster, server, config.folder),
    user:
      isJson(user.exec) || isJson(user['auth-provider'])
        ? { kind: 'provided', file, context: wanted }
        : userOf(user, config.folder),
  };
}

function clusterOf(cluster: Json, server: string, folder: string): Cluster {
  return {
    server: server.replace(/\/+$/, ''),
    ca: secretOf(cluster, 'certificate-authority', folder),
    isTlsVerified: cluster['insecure-skip-tls-verify'] !== true,
    tlsServerName: textAt(cluster, 'tls-server-name'),
    proxyUrl: textAt(cluster, 'proxy-url'),
  };
}

function userOf(user: Json, folder: string): User {
  const token = textAt(user, 'token');
  const tokenFile = textAt(user, 'tokenFile');
  const ownToken: Secret = token === undefined ? undefined : { kind: 'text', text: token };
  return {
    kind: 'own',
    certificate: secretOf(user, 'client-certificate', folder),
    key: secretOf(user, 'client-key', folder),
    // The file goes before the text (kubectl's rule).
    token: tokenFile === undefined ? ownToken : { kind: 'file', file: within(folder, tokenFile) },
    username: textAt(user, 'username'),
    password: textAt(user, 'password'),
    impersonated: textAt(user, 'as'),
  };
}

/** `<key>-data`, in base64, goes before the file that `<key>` names (kubectl's rule). */
function secretOf(of: Json, key: string, folder: string): Secret {
  const data = textAt(of, `${key}-data`);
  if (data !== undefined) {
    return { kind: 'text', text: Buffer.from(data, 'base64').toString('utf8') };
  }
  const file = textAt(of, key);
  return file === undefined ? undefined : { kind: 'file', file: within(folder, file) };
}

/** Paths in the file are relative to it. */
function within(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

function readKubeconfig(
  file: string,
):
  | { readonly kind: 'read'; readonly config: Kubeconfig }
  | { readonly kind: 'refused'; readonly why: string } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8'); // told apart from a file that is there and wrong
  } catch (error) {
    const why = `Cannot read the kubeconfig "${file}": ${messageOf(error)}`;
    return { kind: 'refused', why: `${why}; expected a readable file` };
  }
  try {
    const value: unknown = parse(text);
    if (!isJson(value)) throw new Error('it is no map');
    const contexts = byName(value, 'context');
    if (contexts.size === 0) throw new Error('it defines no context');
    const config = {
      folder: dirname(file),
      current: textAt(value, 'current-context') ?? '',
      contexts,
      clusters: byName(value, 'cluster'),
      users: byName(value, 'user'),
    };
    return { kind: 'read', config };
  } catch (error) {
    const is = messageOf(error).replaceAll(/\s+/g, ' ');
    const why = `Cannot use the kubeconfig "${file}": ${is}`;
    return { kind: 'refused', why: `${why}; expected clusters, users and contexts` };
  }
}

/** `contexts: [{ name, context }]`, and the same for clusters and users. */
function byName(config: Json, word: 'context' | 'cluster' | 'user'): ReadonlyMap<string, Json> {
  const list = config[`${word}s`] ?? [];
  if (!Array.isArray(list)) throw new Error(`"${word}s" is no list`);
  const named = new Map<string, Json>();
  for (const item of list) {
    const name = isJson(item) ? textAt(item, 'name') : undefined;
    if (!isJson(item) || name === undefined || named.has(name)) continue;
    const inner = item[word];
    named.set(name, isJson(inner) ? inner : {});
  }
  return named;
}

function textAt(of: Json, key: string): string | undefined {
  const value = of[key];
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

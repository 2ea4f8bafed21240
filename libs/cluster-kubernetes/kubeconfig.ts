/**
 * How a cluster is reached, by the rules of kubectl: a kubeconfig file and a context in it, or the
 * service account of the pod we run in. One KubeConfig per cluster: the library keys its cache of
 * credentials by the user's name alone, and two clusters may use the same.
 */
import { readFileSync } from 'node:fs';
import { type Cluster, KubeConfig } from '@kubernetes/client-node';

export type KubernetesAccess =
  | {
      readonly kind: 'kubeconfig';
      readonly file: string;
      /** Without it the file's current-context. */
      readonly context?: string;
    }
  | { readonly kind: 'in-cluster' };

export type AccessOutcome =
  | { readonly kind: 'access'; readonly config: KubeConfig; readonly cluster: Cluster }
  | { readonly kind: 'refused'; readonly why: string };

export type ContextsOutcome =
  | {
      readonly kind: 'contexts';
      readonly contexts: readonly string[];
      readonly current: string | undefined;
    }
  | { readonly kind: 'refused'; readonly why: string };

/** The contexts of a kubeconfig, in the order of the file. */
export function kubeconfigContexts(file: string): ContextsOutcome {
  const read = readKubeconfig(file);
  if (read.kind === 'refused') return read;
  const contexts = read.config.getContexts().map((context) => context.name);
  const current = read.config.getCurrentContext() || undefined;
  return { kind: 'contexts', contexts, current };
}

/**
 * Why the cluster can't be reached whatever the network does; undefined when the words are right.
 */
export function checkKubernetes(access: KubernetesAccess): string | undefined {
  const loaded = loadAccess(access);
  return loaded.kind === 'refused' ? loaded.why : undefined;
}

export function loadAccess(access: KubernetesAccess): AccessOutcome {
  return access.kind === 'in-cluster' ? loadInCluster() : loadFile(access.file, access.context);
}

function loadInCluster(): AccessOutcome {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  if (!host || !port) {
    const what = 'Cannot use the service account "in-cluster": KUBERNETES_SERVICE_HOST is not set';
    return { kind: 'refused', why: `${what}; expected to run in a pod, or a kubeconfig` };
  }
  const config = new KubeConfig();
  config.loadFromCluster();
  return withCluster(config, 'in-cluster');
}

function loadFile(file: string, context: string | undefined): AccessOutcome {
  const read = readKubeconfig(file);
  if (read.kind === 'refused') return read;
  const { config } = read;
  const names = config.getContexts().map(({ name }) => name);
  const wanted = context ?? config.getCurrentContext();
  if (!names.includes(wanted)) {
    const what = context === undefined ? 'the current context' : 'the context';
    const is = `Cannot use ${what} "${wanted ?? ''}" of "${file}": there is no such context`;
    return { kind: 'refused', why: `${is}; expected ${names.join(', ') || 'one to be defined'}` };
  }
  config.setCurrentContext(wanted);
  return withCluster(config, `${file}" of the context "${wanted}`);
}

function readKubeconfig(
  file: string,
):
  | { readonly kind: 'read'; readonly config: KubeConfig }
  | { readonly kind: 'refused'; readonly why: string } {
  const config = new KubeConfig();
  try {
    readFileSync(file); // told apart from a file that is there and wrong
  } catch (error) {
    const why = `Cannot read the kubeconfig "${file}": ${messageOf(error)}`;
    return { kind: 'refused', why: `${why}; expected a readable file` };
  }
  try {
    config.loadFromFile(file);
    if (config.getContexts().length === 0) throw new Error('it defines no context');
    return { kind: 'read', config };
  } catch (error) {
    const is = messageOf(error).replaceAll(/\s+/g, ' ');
    const why = `Cannot use the kubeconfig "${file}": ${is}`;
    return { kind: 'refused', why: `${why}; expected clusters, users and contexts` };
  }
}

function withCluster(config: KubeConfig, of: string): AccessOutcome {
  const cluster = config.getCurrentCluster();
  const expected = 'expected http(s)://HOST[:PORT]';
  if (cluster === null || !/^https?:\/\/[^/]/.test(cluster.server ?? '')) {
    const is = cluster === null ? 'it has no such cluster' : `the server is "${cluster.server}"`;
    return { kind: 'refused', why: `Cannot use the cluster "${of}": ${is}; ${expected}` };
  }
  if (cluster.server.startsWith('http:')) {
    // The library refuses plain HTTP unless TLS is not verified either; kubectl takes it.
    config.clusters = config.clusters.map((one) =>
      one.name === cluster.name ? { ...one, skipTLSVerify: true } : one,
    );
  }
  return { kind: 'access', config, cluster: config.getCurrentCluster() ?? cluster };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * What the configuration says of a cluster → how to reach it, or why that can't be.
 *
 *   kubeconfig ─► kubeconfig.ts          endpoint ─► a URL, and TLS files
 *   in-cluster ─► environment and service account of the pod we run in
 */
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import {
  type AccessOutcome,
  ANONYMOUS,
  type Cluster,
  type KubernetesAccess,
  type Secret,
  type TlsFiles,
} from './access.ts';
import { causeOf } from './api-unreachable.ts';
import { loadKubeconfig } from './kubeconfig.ts';

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Why the cluster can't be reached whatever the network does; undefined when the words are right.
 */
export function checkKubernetes(access: KubernetesAccess): string | undefined {
  const loaded = loadAccess(access);
  if (loaded.kind === 'refused') return loaded.why;
  return access.kind === 'endpoint' && access.tls ? wrongTls(access.tls) : undefined;
}

export function loadAccess(access: KubernetesAccess): AccessOutcome {
  switch (access.kind) {
    case 'kubeconfig':
      return loadKubeconfig(access.file, access.context);
    case 'in-cluster':
      return loadInCluster(process.env, SERVICE_ACCOUNT);
    case 'endpoint':
      return loadEndpoint(access.url, access.tls);
  }
}

/** `folder`: where Kubernetes mounts the service account of a pod. */
export function loadInCluster(
  environment: Readonly<Record<string, string | undefined>>,
  folder: string,
): AccessOutcome {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  const what = 'Cannot use the service account "in-cluster"';
  if (!host || !port) {
    const is = `KUBERNETES_SERVICE_${host ? 'PORT' : 'HOST'} is not set`;
    const why = `${what}: ${is}; expected to run in a pod, or a kubeconfig`;
    return { kind: 'refused', why };
  }
  const [ca, token] = [join(folder, 'ca.crt'), join(folder, 'token')];
  const wrong = [ca, token].map(unreadable).find((why) => why !== undefined);
  if (wrong !== undefined) {
    const expected = 'a pod with automountServiceAccountToken, or a kubeconfig';
    return { kind: 'refused', why: `${what}: ${wrong}; expected ${expected}` };
  }
  return {
    kind: 'access',
    cluster: clusterAt(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`, fileOf(ca)),
    user: { ...ANONYMOUS, token: fileOf(token) },
  };
}

function loadEndpoint(text: string, tls: TlsFiles | undefined): AccessOutcome {
  const url = URL.parse(text);
  const isRight =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    [url.username, url.password, url.search, url.hash].every((part) => part === '');
  if (!isRight) {
    const why = `Cannot use the endpoint "${text}": it is no URL of an API server`;
    return { kind: 'refused', why: `${why}; expected http(s)://HOST[:PORT]` };
  }
  return {
    kind: 'access',
    cluster: clusterAt(url.href.replace(/\/+$/, ''), tls && fileOf(tls.ca)),
    user: tls ? { ...ANONYMOUS, certificate: fileOf(tls.cert), key: fileOf(tls.key) } : ANONYMOUS,
  };
}

function clusterAt(server: string, ca: Secret): Cluster {
  return { server, ca, isTlsVerified: true, tlsServerName: undefined, proxyUrl: undefined };
}

function wrongTls({ cert, key, ca }: TlsFiles): string | undefined {
  const roles = { certificate: cert, key, 'certificate authority': ca };
  for (const [role, file] of Object.entries(roles)) {
    const why = unreadable(file);
    if (why !== undefined) {
      return `Cannot read the ${role} "${file}": ${why}; expected a readable file in PEM`;
    }
  }
  try {
    createSecureContext({ cert: readFileSync(cert), key: readFileSync(key) });
    return undefined;
  } catch (error) {
    const expected = `a certificate in PEM and its key, "${key}"`;
    return `Cannot use the certificate "${cert}": ${causeOf(error)}; expected ${expected}`;
  }
}

function fileOf(file: string): Secret {
  return { kind: 'file', file };
}

function unreadable(file: string): string | undefined {
  try {
    readFileSync(file);
    return undefined;
  } catch (error) {
    return causeOf(error);
  }
}

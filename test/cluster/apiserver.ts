/**
 * A real kube-apiserver with etcd, for tests and benchmarks: free ports, a temporary folder, RBAC,
 * no other part of Kubernetes (so nothing makes EndpointSlices but the test).
 *
 *   const api = await startApiServer();
 *   await api.request('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } });
 *   openKubernetesCluster({ kubeconfig: { file: api.kubeconfig } … })
 *   await api.kill(); await api.restart();      the data stays
 *   await api.restartEmpty();                   it is gone, until restartRestored()
 *   await api.stop();
 */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { findServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { LOOPBACK, type Place } from '../servers/place.ts';
import { ServerProcess } from '../servers/server-process.ts';
import { apiServerMissing } from './needs-api-server.ts';

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

export interface ApiServer {
  readonly url: string;
  /** Of a member of system:masters. */
  readonly token: string;
  readonly caFile: string;
  /** A certificate of a member of system:masters, its key, and whom to trust. */
  readonly tls: { readonly cert: string; readonly key: string; readonly ca: string };
  /** A kubeconfig with one context, `test`, for the administrator. */
  readonly kubeconfig: string;
  /** A kubeconfig for the user `reader`, who may do what RBAC grants, and nothing at first. */
  readonly readerKubeconfig: string;
  /** Sends JSON; resolves when the API has acknowledged. */
  request(method: string, path: string, body?: unknown): Promise<Reply>;
  /** As request, but throws when the API refuses. */
  must(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Installs the CRDs of the Multi-Cluster Services API and waits until they are served. */
  installCrds(): Promise<void>;
  removeCrds(): Promise<void>;
  /** kill -9 of kube-apiserver; etcd goes on. */
  kill(): Promise<void>;
  /** kill -9 of both; restart starts both. */
  killBoth(): Promise<void>;
  /** Starts it again on the same port with the same data; resolves at readyz. */
  restart(): Promise<void>;
  /** kill -9 of both, and a start on the same ports without any data; what there was is kept. */
  restartEmpty(): Promise<void>;
  /** kill -9 of both, and a start with the same data, of which a copy is kept. */
  backUp(): Promise<void>;
  /** The same with the data that was kept. */
  restartRestored(): Promise<void>;
  /** SIGSTOP and SIGCONT: it holds its connections and says nothing. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const TOKEN = 'isthmus-test-administrator';
const READER_TOKEN = 'isthmus-test-reader';
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/**
 * `fill` puts objects into etcd, at this URL, of which kube-apiserver hears as of other writes.
 * `requestMs`: what is not answered by then fails.
 */
export async function startApiServer(
  fill?: (etcdUrl: string) => Promise<void>,
  place = LOOPBACK,
  requestMs = READY_WITHIN_MS,
): Promise<ApiServer> {
  const missing = apiServerMissing();
  if (missing !== undefined) throw new Error(missing);
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-apiserver-'));
  const [port, etcdPort, peerPort] = [await freePort(), await freePort(), await freePort()];
  const credentials = writeCredentials(folder, place);
  const run = (name: string, flags: readonly string[]) =>
    new ServerProcess(name, findServer(name) ?? '', flags, undefined, place);
  const startEtcd = () => run('etcd', etcdFlags(folder, etcdPort, peerPort));
  let etcd = startEtcd();
  const start = () => run('kube-apiserver', apiServerFlags(folder, place, port, etcdPort));
  let server: ServerProcess | undefined;
  const url = `https://${place.address}:${port}`;
  const client = new ApiClient(url, readFileSync(credentials.caFile), requestMs);
  const stop = async () => {
    client.close();
    await killBoth();
    rmSync(folder, { recursive: true, force: true });
  };
  const killBoth = async () => {
    await Promise.all([server?.kill('SIGKILL'), etcd.kill('SIGKILL')]);
  };
  const restart = async () => {
    if (!etcd.isRunning) etcd = startEtcd();
    server = start();
    await client.untilReady([etcd, server]);
  };
  const replaceData = async (replace: (data: string, kept: string) => void) => {
    await killBoth();
    replace(join(folder, 'etcd'), join(folder, 'etcd-kept'));
    await restart();
  };
  try {
    await restart();
    // Not before: one that finds 300,000 objects at its start ends itself if they take a minute.
    await fill?.(`http://127.0.0.1:${etcdPort}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    token: TOKEN,
    caFile: credentials.caFile,
    tls: {
      cert: join(folder, 'client.crt'),
      key: join(folder, 'client.key'),
      ca: credentials.caFile,
    },
    kubeconfig: writeKubeconfig(folder, 'admin', url, TOKEN),
    readerKubeconfig: writeKubeconfig(folder, 'reader', url, READER_TOKEN),
    request: (method, path, body) => client.request(method, path, body),
    must: (method, path, body) => client.must(method, path, body),
    installCrds: () => installCrds(client),
    removeCrds: async () => {
      for (const { name } of readCrds()) await client.must('DELETE', `${CRDS}/${name}`);
    },
    kill: async () => server?.kill('SIGKILL'),
    killBoth,
    restart,
    restartEmpty: () => replaceData((data, kept) => renameSync(data, kept)),
    backUp: () => replaceData((data, kept) => cpSync(data, kept, { recursive: true })),
    restartRestored: () =>
      replaceData((data, kept) => {
        rmSync(data, { recursive: true });
        renameSync(kept, data);
      }),
    pause: () => server?.pause(),
    resume: () => server?.resume(),
    stop,
  };
}

function etcdFlags(folder: string, port: number, peerPort: number): readonly string[] {
  const peer = `http://127.0.0.1:${peerPort}`;
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=http://127.0.0.1:${port}`,
    `--advertise-client-urls=http://127.0.0.1:${port}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--quota-backend-bytes=8589934592', // 8 GiB: by default 2, which 300,000 objects fill
    '--unsafe-no-fsync', // the data need not survive the machine
    '--log-level=warn',
  ];
}

function apiServerFlags(
  folder: string,
  { address }: Place,
  port: number,
  etcdPort: number,
): readonly string[] {
  const file = (name: string) => join(folder, name);
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--bind-address=${address}`,
    `--secure-port=${port}`,
    `--tls-cert-file=${file('tls.crt')}`,
    `--tls-private-key-file=${file('tls.key')}`,
    `--token-auth-file=${file('tokens.csv')}`,
    `--client-ca-file=${file('client-ca.crt')}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://isthmus.test',
    `--service-account-key-file=${file('service-account.pub')}`,
    `--service-account-signing-key-file=${file('service-account.key')}`,
    '--service-cluster-ip-range=10.96.0.0/12,fd00:10:96::/112',
    '--endpoint-reconciler-type=none',
    // No controller runs that makes the accounts which this plugin asks for.
    '--disable-admission-plugins=ServiceAccount',
    `--cert-dir=${folder}`,
  ];
}

interface Credentials {
  readonly caFile: string;
}

/** A certificate that is its own authority, keys for service account tokens, and two users. */
function writeCredentials(folder: string, { address }: Place): Credentials {
  const caFile = join(folder, 'tls.crt');
  const subject = ['-subj', '/CN=isthmus-test', '-addext', `subjectAltName=IP:${address}`];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const output = ['-keyout', join(folder, 'tls.key'), '-out', caFile];
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...key, ...subject, ...output], {
    stdio: 'ignore',
  });
  writeClientCertificate(folder);
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  });
  writeFileSync(join(folder, 'service-account.pub'), publicKey);
  writeFileSync(join(folder, 'service-account.key'), privateKey, { mode: 0o600 });
  const users = [`${TOKEN},administrator,1,system:masters`, `${READER_TOKEN},reader,2,readers`];
  writeFileSync(join(folder, 'tokens.csv'), `${users.join('\n')}\n`, { mode: 0o600 });
  return { caFile };
}

/** Of the administrator, signed by an authority for clients. */
function writeClientCertificate(folder: string): void {
  const file = (name: string) => join(folder, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const run = (...flags: readonly string[]) => {
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...key, ...flags], { stdio: 'ignore' });
  };
  const authority = [file('client-ca.crt'), file('client-ca.key')] as const;
  run('-subj', '/CN=clients', '-out', authority[0], '-keyout', authority[1]);
  const subject = '/O=system:masters/CN=administrator';
  const usage = ['-addext', 'extendedKeyUsage=clientAuth'];
  const output = ['-out', file('client.crt'), '-keyout', file('client.key')];
  run('-subj', subject, ...usage, '-CA', authority[0], '-CAkey', authority[1], ...output);
}

function writeKubeconfig(folder: string, user: string, url: string, token: string): string {
  const file = join(folder, `${user}.kubeconfig`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority': 'tls.crt' } }],
    users: [{ name: user, user: { token } }],
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}

function readCrds(): readonly { readonly name: string; readonly crd: unknown }[] {
  const folder = join(import.meta.dirname, 'crds');
  return readdirSync(folder).map((file) => {
    const crd: unknown = parse(readFileSync(join(folder, file), 'utf8'));
    return { name: `${file.replace('.yaml', '')}.multicluster.x-k8s.io`, crd };
  });
}

async function installCrds(client: ApiClient): Promise<void> {
  for (const { crd } of readCrds()) await client.must('POST', CRDS, crd);
  for (const resource of ['serviceexports', 'serviceimports']) {
    for (const version of ['v1alpha1', 'v1beta1']) {
      const path = `/apis/multicluster.x-k8s.io/${version}/${resource}`;
      while ((await client.request('GET', path)).status !== 200) await sleep(20);
    }
  }
}

/** A client of its own, so that tests do not trust what they test. */
class ApiClient {
  readonly #url: string;
  readonly #agent: Agent;
  readonly #requestMs: number;

  constructor(url: string, ca: Buffer, requestMs: number) {
    this.#url = url;
    this.#requestMs = requestMs;
    this.#agent = new Agent({ ca, keepAlive: true });
  }

  request(method: string, path: string, body?: unknown): Promise<Reply> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const patch = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    return new Promise((resolve, reject) => {
      const request = httpsRequest(`${this.#url}${path}`, {
        method,
        agent: this.#agent,
        signal: AbortSignal.timeout(this.#requestMs),
        headers: {
          authorization: `Bearer ${TOKEN}`,
          ...(text === undefined
            ? {}
            : { 'content-type': patch, 'content-length': Buffer.byteLength(text) }),
        },
      });
      request.once('error', reject);
      request.once('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const said = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, body: jsonOr(said) });
        });
      });
      request.end(text);
    });
  }

  async must(method: string, path: string, body?: unknown): Promise<unknown> {
    const reply = await this.request(method, path, body);
    if (reply.status < 300) return reply.body;
    throw new Error(`${method} ${path} → ${reply.status}: ${JSON.stringify(reply.body)}`);
  }

  async untilReady(servers: readonly ServerProcess[]): Promise<void> {
    const patience = AbortSignal.timeout(READY_WITHIN_MS);
    for (;;) {
      const ended = servers.find((server) => !server.isRunning);
      if (ended !== undefined) throw new Error(`${ended.name} ended: ${ended.output}`);
      if (patience.aborted) {
        const said = servers.map((server) => server.output).join('\n');
        throw new Error(`The API server was not ready within ${READY_WITHIN_MS} ms: ${said}`);
      }
      const reply = await this.request('GET', '/readyz').catch(() => undefined);
      if (reply?.status === 200) return;
      await sleep(10);
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

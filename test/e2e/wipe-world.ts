/**
 * An API server that can lose its data, and who serves it: under a kubeconfig, under the
 * `kubernetes` directive, and with a watcher and a resolver over NATS.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type ApiServer, startApiServer } from '../cluster/apiserver.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { startNats } from '../servers/nats.ts';
import { makeTempDirectory } from '../servers/temp-directory.ts';
import { short } from './ask.ts';
import { IsthmusProcess } from './isthmus-process.ts';
import { headless, NAMESPACE, PATHS, serviceExport, slice } from './objects.ts';

const nats = findServer('nats-server 2.15') ?? findServer('nats-server 2.9');

export const wipeWorldMissing =
  apiServerMissing() ?? (nats === undefined ? missingServer('nats-server') : undefined);

/** Enough for a wipe, and few enough for a small cluster. */
const SERVICES = 24;

export const HOLDS = /a list lacks \d+ of \d+ objects/;
export const HOLDS_NO_MORE = /holds back no removals any more/;

export interface Served {
  readonly process: IsthmusProcess;
  readonly port: number;
}

export interface WipeWorld {
  readonly api: ApiServer;
  readonly byKubeconfig: Served;
  readonly byDirective: Served;
  readonly watcher: IsthmusProcess;
  readonly resolver: Served;
  /** The log of the watcher and the resolver, as a flag has it. */
  readonly log: string;
  /** What names of the cluster answer, and of what it exports. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  readonly exported: Readonly<Record<string, readonly string[]>>;
  /** Metrics of who serves by the directive. */
  metrics(): Promise<string>;
}

/** Resolves when all of them answer. */
export async function startWipeWorld(t: TestContext): Promise<WipeWorld> {
  const folder = makeTempDirectory();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [api, servers] = await Promise.all([startApiServer(), startNats(nats ?? '', 1)]);
  t.after(() => Promise.all([api.stop(), servers.stop()]));
  await fill(api);
  const log = servers.urls.join(',');
  const byKubeconfig = await startUp(folder, api);
  const metricsPort = await freePort();
  const byDirective = await startDirective(folder, api, metricsPort);
  const words = ['--cluster', 'east', '--kubeconfig', api.kubeconfig, '--log', log];
  const watcher = new IsthmusProcess(['watcher', ...words]);
  const resolver = await startResolver(folder, servers.urls);
  t.after(() => watcher.kill());
  const last = SERVICES - 1;
  for (const { port, process } of [byKubeconfig, byDirective, resolver]) {
    t.after(() => process.kill());
    const isServed = async () => (await short(port, nameOf(last))) === addressOf(last);
    await process.until(isServed, 'it answers');
  }
  const names = [0, 7, last].map((i) => [nameOf(i), [addressOf(i)]] as const);
  return {
    api,
    byKubeconfig,
    byDirective,
    watcher,
    resolver,
    log,
    names: Object.fromEntries(names),
    exported: { 'db-0.shop.svc.clusterset.local': [addressOf(0)] },
    metrics: async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text(),
  };
}

const nameOf = (i: number) => `db-${i}.shop.svc.cluster.local`;
const addressOf = (i: number) => `10.1.0.${i + 1}`;

async function fill(api: ApiServer): Promise<void> {
  await api.installCrds();
  await api.must('POST', '/api/v1/namespaces', NAMESPACE);
  for (let i = 0; i < SERVICES; i++) {
    await api.must('POST', PATHS.services, headless(`db-${i}`));
    await api.must('POST', PATHS.slices, slice(`db-${i}`, addressOf(i)));
  }
  await api.must('POST', PATHS.exports, serviceExport('db-0'));
}

async function startUp(folder: string, api: ApiServer): Promise<Served> {
  const port = await freePort();
  const file = join(folder, 'Corefile.up');
  const block = `.:${port} {
    bind 127.0.0.1
    federation cluster.local clusterset.local {
        cluster test kubeconfig ${api.kubeconfig}
    }
}
`;
  writeFileSync(file, block);
  const args = ['up', '-conf', file, '--state', join(folder, 'up')];
  return { process: new IsthmusProcess(args, { cwd: folder }), port };
}

async function startDirective(folder: string, api: ApiServer, metrics: number): Promise<Served> {
  const port = await freePort();
  const file = join(folder, 'Corefile');
  const block = `.:${port} {
    bind 127.0.0.1
    prometheus 127.0.0.1:${metrics}
    kubernetes cluster.local {
        kubeconfig ${api.kubeconfig}
    }
}
`;
  writeFileSync(file, block);
  const args = ['-conf', file, '--state', join(folder, 'directive')];
  return { process: new IsthmusProcess(args, { cwd: folder }), port };
}

async function startResolver(folder: string, urls: readonly string[]): Promise<Served> {
  const port = await freePort();
  const file = join(folder, 'Corefile.resolver');
  const block = `.:${port} {
    bind 127.0.0.1
    federation cluster.local clusterset.local {
        log ${urls.join(' ')}
        home east
    }
}
`;
  writeFileSync(file, block);
  return { process: new IsthmusProcess(['resolver', '-conf', file], { cwd: folder }), port };
}

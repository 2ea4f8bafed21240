/**
 * What is measured, each as processes of their own that watch the same API server. One at a time
 * runs: the others are stopped (SIGSTOP) meanwhile, so that a machine of few cores measures one of
 * them, not all.
 *
 *   embedded      isthmus up: watcher, SQLite log and resolver in one process
 *   distributed   isthmus watcher ─► NATS ─► isthmus resolver, with Redis
 *   CoreDNS       its kubernetes plugin, with the cache of its stock Corefile and without
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiServer } from '../cluster/apiserver.ts';
import { IsthmusProcess, until } from '../e2e/isthmus-process.ts';
import { freePort } from '../servers/free-port.ts';
import { startNats } from '../servers/nats.ts';
import { startRedis } from '../servers/redis.ts';
import { ServerProcess } from '../servers/server-process.ts';

export interface System {
  readonly title: string;
  readonly port: number;
  /** Where its log is, if that is a server's. */
  readonly natsUrl?: string;
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export interface Surroundings {
  readonly api: ApiServer;
  readonly folder: string;
}

const ZONES = 'cluster.local clusterset.local in-addr.arpa ip6.arpa';

export async function startEmbedded({ api, folder }: Surroundings): Promise<System> {
  const port = await freePort();
  const corefile = join(folder, 'embedded.Corefile');
  const cluster = `cluster east kubeconfig ${api.kubeconfig} test`;
  writeFileSync(corefile, await isthmusCorefile(port, cluster));
  const state = join(folder, 'state');
  const isthmus = new IsthmusProcess(['up', '-conf', corefile, '--state', state]);
  return {
    title: 'Isthmus embedded (SQLite)',
    port,
    pause: () => isthmus.signal('SIGSTOP'),
    resume: () => isthmus.signal('SIGCONT'),
    stop: () => isthmus.kill(),
  };
}

export interface Distributed {
  readonly natsVersion: string;
  readonly nats: string;
  readonly redis: string;
  /**
   * sync_interval: always, as our compose file has it: an entry is on the disk before it is
   * acknowledged. The default of NATS is two minutes.
   */
  readonly isSynced: boolean;
}

export async function startDistributed(
  { api, folder }: Surroundings,
  { natsVersion, nats, redis, isSynced }: Distributed,
): Promise<System> {
  const [natsServers, redisServers] = await Promise.all([
    startNats(nats, 1, '', isSynced ? 'sync_interval: always' : ''),
    startRedis(redis),
  ]);
  const port = await freePort();
  const log = natsServers.urls.join(',');
  const corefile = join(folder, `${port}.Corefile`);
  const options = `log ${log}\n        store ${redisServers.url}`;
  writeFileSync(corefile, await isthmusCorefile(port, options));
  const where = ['--kubeconfig', api.kubeconfig, '--log', log];
  const watcher = new IsthmusProcess(['watcher', '--cluster', 'east', ...where]);
  const resolver = new IsthmusProcess(['resolver', '-conf', corefile]);
  const all = [watcher, resolver];
  return {
    title: `Isthmus distributed (NATS ${natsVersion}${isSynced ? ', synced' : ''})`,
    port,
    natsUrl: log,
    pause: () => {
      for (const one of all) one.signal('SIGSTOP');
      for (const node of natsServers.nodes) node.pause();
    },
    resume: () => {
      for (const node of natsServers.nodes) node.resume();
      for (const one of all) one.signal('SIGCONT');
    },
    stop: async () => {
      await Promise.all(all.map((one) => one.kill()));
      await Promise.all([natsServers.stop(), redisServers.stop()]);
    },
  };
}

async function isthmusCorefile(port: number, options: string): Promise<string> {
  const [health, ready, metrics] = [await freePort(), await freePort(), await freePort()];
  return `.:${port} {
    bind 127.0.0.1
    errors
    health 127.0.0.1:${health}
    ready 127.0.0.1:${ready}
    federation ${ZONES} {
        home east
        ${options}
    }
    prometheus 127.0.0.1:${metrics}
    cache 30
    loadbalance
}
`;
}

/** As deployed by kubeadm, without what would leave this machine (forward) or look for loops. */
export async function startCoredns(
  { api, folder }: Surroundings,
  coredns: string,
  cache: 'cache 30' | 'no cache',
): Promise<System> {
  const port = await freePort();
  const [health, ready, metrics] = [await freePort(), await freePort(), await freePort()];
  const corefile = join(folder, `coredns-${port}.Corefile`);
  writeFileSync(
    corefile,
    `.:${port} {
    bind 127.0.0.1
    errors
    health 127.0.0.1:${health}
    ready 127.0.0.1:${ready}
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        kubeconfig ${api.kubeconfig} test
        pods insecure
        ttl 30
    }
    prometheus 127.0.0.1:${metrics}
    ${cache === 'no cache' ? '' : cache}
    loadbalance
}
`,
  );
  const server = new ServerProcess('coredns', coredns, ['-conf', corefile]);
  await until(
    () => isReady(ready),
    'CoreDNS is ready',
    () => server.output,
  );
  return {
    title: `CoreDNS 1.15 (${cache})`,
    port,
    pause: () => server.pause(),
    resume: () => server.resume(),
    stop: () => server.kill('SIGKILL'),
  };
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined);
  return answer?.ok === true;
}

/**
 * What is started, each a process of its own on ports of its own, watching the same API server.
 *
 *   first start    isthmus up, with an empty state directory
 *   second start   isthmus up, with the log that an earlier run left
 *   resolver       isthmus resolver; its log is in NATS, where a watcher told it before
 *   CoreDNS        its kubernetes plugin and kubeadm's Corefile, but for what leaves the machine
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiServer } from '../cluster/apiserver.ts';
import { freePort } from '../servers/free-port.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const START = join(ROOT, 'services', 'isthmus', 'start.js');
const ZONES = 'cluster.local clusterset.local in-addr.arpa ip6.arpa';
/** Characters of its output kept, for the failure that they explain. */
const OUTPUT_MAX = 4000;

export interface Starting {
  readonly title: string;
  /** Spawns it; what has to be there before is made before the clock runs. */
  start(): Promise<Started>;
}

export interface Started {
  readonly pid: number;
  /** Of performance.now(), just before it was spawned. */
  readonly spawnedAt: number;
  readonly dnsPort: number;
  readonly readyPort: number;
  readonly output: () => string;
  readonly isRunning: () => boolean;
  stop(): Promise<void>;
}

interface Ports {
  readonly dns: number;
  readonly ready: number;
  readonly others: readonly [number, number];
}

export interface Surroundings {
  readonly api: ApiServer;
  readonly folder: string;
}

/** With an empty log, made for each start; and with the log that such a start left. */
export function embedded({ api, folder }: Surroundings): {
  readonly first: Starting;
  readonly second: Starting;
} {
  let kept: string | undefined;
  const up = async (state: string) => {
    const ports = await freePorts();
    const options = `cluster east kubeconfig ${api.kubeconfig} test`;
    const corefile = writeCorefile(folder, isthmusCorefile(ports, options));
    return spawned(START, ['up', '--conf', corefile, '--state', state], ports);
  };
  return {
    first: {
      title: 'Isthmus up, first start',
      start: () => {
        if (kept !== undefined) rmSync(kept, { recursive: true });
        kept = mkdtempSync(join(folder, 'state-'));
        return up(kept);
      },
    },
    second: {
      title: 'Isthmus up, its log kept',
      start: () => {
        if (kept === undefined) throw new Error('Cannot start again: there was no first start');
        return up(kept);
      },
    },
  };
}

export function resolver(folder: string, natsUrl: string): Starting {
  return {
    title: 'Isthmus resolver, log in NATS',
    start: async () => {
      const ports = await freePorts();
      const corefile = writeCorefile(folder, isthmusCorefile(ports, `log ${natsUrl}`));
      return spawned(START, ['resolver', '--conf', corefile], ports);
    },
  };
}

export function coredns({ api, folder }: Surroundings, binary: string): Starting {
  return {
    title: 'CoreDNS',
    start: async () => {
      const ports = await freePorts();
      const corefile = writeCorefile(folder, corednsCorefile(ports, api.kubeconfig));
      return spawned(binary, ['-conf', corefile], ports);
    },
  };
}

/** Tells the cluster to the log; it ends with us. */
export async function watcher(api: ApiServer, natsUrl: string): Promise<Started> {
  const where = ['--kubeconfig', api.kubeconfig, '--log', natsUrl];
  return spawned(START, ['watcher', '--cluster', 'east', ...where]);
}

function isthmusCorefile({ dns, ready, others }: Ports, options: string): string {
  return `.:${dns} {
    bind 127.0.0.1
    errors
    health 127.0.0.1:${others[0]}
    ready 127.0.0.1:${ready}
    federation ${ZONES} {
        home east
        ${options}
        ttl 30
    }
    prometheus 127.0.0.1:${others[1]}
    cache 30
    loadbalance
}
`;
}

function corednsCorefile({ dns, ready, others }: Ports, kubeconfig: string): string {
  return `.:${dns} {
    bind 127.0.0.1
    errors
    health 127.0.0.1:${others[0]} {
        lameduck 5s
    }
    ready 127.0.0.1:${ready}
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        kubeconfig ${kubeconfig} test
        pods insecure
        ttl 30
    }
    prometheus 127.0.0.1:${others[1]}
    cache 30
    reload
    loadbalance
}
`;
}

function writeCorefile(folder: string, text: string): string {
  const file = join(mkdtempSync(join(folder, 'corefile-')), 'Corefile');
  writeFileSync(file, text);
  return file;
}

async function freePorts(): Promise<Ports> {
  const others = [await freePort(), await freePort()] as const;
  return { dns: await freePort(), ready: await freePort(), others };
}

function spawned(binary: string, args: readonly string[], ports?: Ports): Started {
  const spawnedAt = performance.now();
  const child = spawn(binary, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (text: string) => {
    output = (output + text).slice(-OUTPUT_MAX);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  child.on('error', (error) => keep(error.message));
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  const exited = new Promise<void>((done) => {
    child.once('close', () => {
      process.off('exit', end);
      done();
    });
  });
  return {
    pid: child.pid ?? -1,
    spawnedAt,
    dnsPort: ports?.dns ?? 0,
    readyPort: ports?.ready ?? 0,
    output: () => output,
    isRunning: () => isRunning(child),
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

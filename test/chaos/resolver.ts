/** The resolvers of the world: two of the federation, and one of a single cluster. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IsthmusProcess } from '../e2e/isthmus-process.ts';
import { freePort } from '../servers/free-port.ts';
import type { Machine } from './network.ts';
import { CLUSTERS, type ClusterName } from './objects-of.ts';

/** The one that watches its cluster itself, by CoreDNS's directive. */
export const EMBEDDED = 'embedded';

/** After how long clusters are stale, and lost: the default, and the shortest for stale. */
export type Liveness = '30s 5m' | '15s 30s';

export interface Resolver {
  readonly name: string;
  readonly machine: Machine;
  /** Clusters whose names it serves. */
  readonly hears: readonly ClusterName[];
  readonly address: string;
  readonly port: number;
  /** Its state directory. */
  readonly state: string;
  readonly health: string;
  readonly ready: string;
  readonly metrics: string;
  readonly process: IsthmusProcess;
  /** For its next start. */
  judgeBy(liveness: Liveness): void;
}

/** A directive, given after how long clusters are stale, and lost. */
export type Directive = (liveness: Liveness) => string;

export function federation(log: readonly string[], store: string): Directive {
  return (liveness) => `federation cluster.local clusterset.local {
        log ${log.join(' ')}
        store ${store}
        home east
        liveness ${liveness}
    }`;
}

export function kubernetes(kubeconfig: string): Directive {
  return () => `kubernetes cluster.local {
        kubeconfig ${kubeconfig}
    }`;
}

export async function startResolver(
  machine: Machine,
  folder: string,
  directive: Directive,
): Promise<Resolver> {
  const { name, address } = machine;
  const port = await freePort();
  const [health, ready, metrics] = [await freePort(), await freePort(), await freePort()];
  const cwd = join(folder, name);
  mkdirSync(cwd);
  const file = join(cwd, 'Corefile');
  const judgeBy = (liveness: Liveness) =>
    writeFileSync(
      file,
      `.:${port} {
    bind ${address}
    errors
    health ${address}:${health}
    ready ${address}:${ready}
    prometheus ${address}:${metrics}
    ${directive(liveness)}
}
`,
    );
  judgeBy('30s 5m');
  const state = join(cwd, 'state');
  const isEmbedded = name === EMBEDDED;
  const words = [isEmbedded ? 'up' : 'resolver', '-conf', file, '-state', state];
  return {
    name,
    machine,
    hears: isEmbedded ? ['east'] : CLUSTERS,
    address,
    port,
    state,
    health: `http://${address}:${health}/health`,
    ready: `http://${address}:${ready}/ready?verbose`,
    metrics: `http://${address}:${metrics}/metrics`,
    process: new IsthmusProcess(words, { cwd, place: machine }),
    judgeBy,
  };
}

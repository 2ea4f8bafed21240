/**
 * CoreDNS beside our resolvers, watching east, broken with it and asked the same: what it says is
 * no violation, it is there to be compared with. Without its cache, which would only be slower.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { ServerProcess } from '../servers/server-process.ts';
import type { Machine } from './network.ts';
import type { ClusterName } from './objects-of.ts';
import type { Part } from './part.ts';

export interface CoreDns extends Part {
  readonly hears: readonly ClusterName[];
  readonly address: string;
  readonly port: number;
}

export async function startCoreDns(
  machine: Machine,
  folder: string,
  kubeconfig: string,
): Promise<CoreDns> {
  const binary = findServer('coredns');
  if (binary === undefined) throw new Error(`Cannot compare: it ${missingServer('coredns')}`);
  const { name, address } = machine;
  const port = await freePort();
  const cwd = join(folder, name);
  mkdirSync(cwd);
  const file = join(cwd, 'Corefile');
  writeFileSync(
    file,
    `.:${port} {
    bind ${address}
    errors
    kubernetes cluster.local {
        kubeconfig ${kubeconfig}
    }
}
`,
  );
  const begin = () => new ServerProcess('coredns', binary, ['-conf', file], cwd, machine);
  let process = begin();
  return {
    name,
    machine,
    hears: ['east'],
    address,
    port,
    kill: () => process.kill(),
    start: async () => {
      process = begin();
    },
    pause: () => process.pause(),
    resume: () => process.resume(),
  };
}

/**
 * The servers that watch the cluster: CoreDNS with the Corefile of kubeadm, and Isthmus with
 * the same plugins, as `isthmus up` runs on a node: watcher, log and resolver are one process, and
 * all of it is counted. Names outside are forwarded to the bench's upstream.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../servers/free-port.ts';
import { type Found, found } from './peers.ts';
import { RunningServer, type Server } from './running-server.ts';
import { CLUSTER_TTL } from './zone-files.ts';

export interface ClusterSurroundings {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly upstreamPort: number;
}

interface Ports {
  readonly dns: number;
  readonly health: number;
  readonly ready: number;
  readonly metrics: number;
}

const ISTHMUS = join(import.meta.dirname, '..', '..', '..', 'services', 'isthmus', 'start.js');

export function isthmusServer(around: ClusterSurroundings): Server {
  return {
    word: 'isthmus',
    title: 'Isthmus',
    mixes: ['hits', 'mixed', 'cached'],
    start: async (placement) => {
      const ports = await freePorts();
      const home = join(around.folder, `isthmus-${ports.dns}`);
      mkdirSync(home);
      const corefile = join(home, 'Corefile');
      writeFileSync(corefile, isthmusCorefile(ports, around));
      const command = [ISTHMUS, 'up', '-conf', corefile, '--state', join(home, 'state')];
      const server = new RunningServer(ports.dns, placement, command);
      await server.until(() => isReady(ports.ready));
      return server;
    },
  };
}

export function corednsServer(around: ClusterSurroundings): Found {
  return found('coredns', 'coredns', /(\d+\.\d+)\.\d+/, (program, version) => ({
    word: 'coredns',
    title: `CoreDNS ${version}`,
    mixes: ['hits', 'mixed', 'cached'],
    start: async (placement) => {
      const ports = await freePorts();
      const corefile = join(around.folder, `coredns-${ports.dns}.Corefile`);
      writeFileSync(corefile, corednsCorefile(ports, around));
      const server = new RunningServer(ports.dns, placement, [program, '-conf', corefile]);
      await server.until(() => isReady(ports.ready));
      return server;
    },
  }));
}

function isthmusCorefile(ports: Ports, { kubeconfig, upstreamPort }: ClusterSurroundings): string {
  return `.:${ports.dns} {
    errors
    health 127.0.0.1:${ports.health}
    ready 127.0.0.1:${ports.ready}
    federation cluster.local in-addr.arpa ip6.arpa {
        home cluster
        cluster cluster kubeconfig ${kubeconfig} test
        ttl ${CLUSTER_TTL}
        fallthrough in-addr.arpa ip6.arpa
    }
    prometheus 127.0.0.1:${ports.metrics}
    forward . 127.0.0.1:${upstreamPort}
    cache 30
    loadbalance
}
`;
}

function corednsCorefile(ports: Ports, { kubeconfig, upstreamPort }: ClusterSurroundings): string {
  return `.:${ports.dns} {
    errors
    health 127.0.0.1:${ports.health} {
        lameduck 5s
    }
    ready 127.0.0.1:${ports.ready}
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        kubeconfig ${kubeconfig} test
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl ${CLUSTER_TTL}
    }
    prometheus 127.0.0.1:${ports.metrics}
    forward . 127.0.0.1:${upstreamPort} {
        max_concurrent 1000
    }
    cache 30 {
        disable success cluster.local
        disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
`;
}

async function freePorts(): Promise<Ports> {
  return {
    dns: await freePort(),
    health: await freePort(),
    ready: await freePort(),
    metrics: await freePort(),
  };
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined);
  return answer?.ok === true;
}

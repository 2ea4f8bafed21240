/**
 * Real NATS servers with JetStream, on ports and in a directory of their own: one, or a cluster.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { LOOPBACK, type Place } from './place.ts';
import { isListening, ServerProcess } from './server-process.ts';
import { makeTempDirectory, removeTempDirectory } from './temp-directory.ts';

export const NATS_VERSIONS = ['nats-server 2.9', 'nats-server 2.15'] as const;

/** It is asked again if it does not answer. */
const HEALTH_TIMEOUT_MS = 1000;

interface Ports {
  readonly place: Place;
  readonly client: number;
  readonly cluster: number;
  readonly monitor: number;
}

export class NatsServer {
  readonly name: string;
  readonly url: string;
  readonly #binary: string;
  readonly #ports: Ports;
  readonly #config: string;
  #process: ServerProcess | undefined;

  constructor(name: string, binary: string, ports: Ports, config: string) {
    this.name = name;
    this.url = `nats://${ports.place.address}:${ports.client}`;
    this.#binary = binary;
    this.#ports = ports;
    this.#config = config;
  }

  /** Starts it, again too: it keeps its address and what it has stored. */
  async start(): Promise<void> {
    const { place, client } = this.#ports;
    const flags = ['-c', this.#config];
    const started = new ServerProcess(this.name, this.#binary, flags, undefined, place);
    this.#process = started;
    await started.until(() => isListening(client, place.address));
    await started.until(() => this.#isHealthy());
  }

  kill(): Promise<void> {
    return this.#process?.kill('SIGKILL') ?? Promise.resolve();
  }

  pause(): void {
    this.#process?.pause();
  }

  resume(): void {
    this.#process?.resume();
  }

  /** What it said last. */
  get output(): string {
    return this.#process?.output ?? '';
  }

  /** Of its pages about itself. */
  get monitor(): string {
    const { place, monitor } = this.#ports;
    return `http://${place.address}:${monitor}`;
  }

  /** JetStream is there; of a cluster: it has a leader, and this node is current. */
  async #isHealthy(): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(HEALTH_TIMEOUT_MS);
      const answer = await fetch(`${this.monitor}/healthz`, { signal });
      return answer.ok;
    } catch {
      return false;
    }
  }
}

export class NatsServers {
  readonly nodes: readonly NatsServer[];
  readonly #directory: string;

  constructor(nodes: readonly NatsServer[], directory: string) {
    this.nodes = nodes;
    this.#directory = directory;
  }

  get urls(): readonly string[] {
    return this.nodes.map(({ url }) => url);
  }

  node(name: string): NatsServer {
    const node = this.nodes.find((one) => one.name === name);
    if (node === undefined)
      throw new Error(`Cannot find NATS node "${name}": expected one of ours`);
    return node;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    removeTempDirectory(this.#directory);
  }
}

/**
 * Starts one node, or several that are a JetStream cluster. `extra` is configuration for each,
 * `jetStream` that of its JetStream, `places` where each runs.
 */
export async function startNats(
  binary: string,
  size: number,
  extra = '',
  jetStream = '',
  places: readonly Place[] = [],
): Promise<NatsServers> {
  const directory = makeTempDirectory();
  const ports: Ports[] = [];
  for (let i = 0; i < size; i += 1) {
    ports.push({
      place: places[i] ?? LOOPBACK,
      client: await freePort(),
      cluster: await freePort(),
      monitor: await freePort(),
    });
  }
  const routes = ports.map((port) => `nats://${port.place.address}:${port.cluster}`).join(', ');
  const nodes = ports.map((port, i) => {
    const name = `n${i + 1}`;
    const config = join(directory, `${name}.conf`);
    const { address } = port.place;
    const listen = `listen: "${address}:${port.cluster}"`;
    const cluster = `cluster { name: test, ${listen}, routes: [${routes}] }`;
    writeFileSync(
      config,
      `server_name: ${name}
listen: "${address}:${port.client}"
http: "${address}:${port.monitor}"
jetstream { store_dir: "${join(directory, name)}", ${jetStream} }
${size > 1 ? cluster : ''}
${extra}
`,
    );
    return new NatsServer(name, binary, port, config);
  });
  const servers = new NatsServers(nodes, directory);
  try {
    await Promise.all(nodes.map((node) => node.start()));
  } catch (error) {
    await servers.stop();
    throw error;
  }
  return servers;
}

/** Real Redis servers, on ports and in directories of their own: one, or a cluster of three. */
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { LOOPBACK, type Place } from './place.ts';
import { ServerProcess } from './server-process.ts';
import { makeTempDirectory, removeTempDirectory } from './temp-directory.ts';

/** Hash slots of a Redis Cluster. */
const SLOTS = 16_384;
/** A reply that does not come in this time is taken for none. */
const REPLY_WITHIN_MS = 5000;

export class RedisServer {
  readonly port: number;
  readonly busPort: number;
  readonly #binary: string;
  readonly #flags: readonly string[];
  readonly #directory: string;
  readonly #place: Place;
  #process: ServerProcess | undefined;

  constructor(
    binary: string,
    port: number,
    busPort: number,
    directory: string,
    flags: readonly string[],
    place = LOOPBACK,
  ) {
    this.#place = place;
    this.port = port;
    this.busPort = busPort;
    this.#binary = binary;
    this.#directory = directory;
    this.#flags = flags;
  }

  get url(): string {
    return `redis://${this.#place.address}:${this.port}`;
  }

  /** Where it speaks TLS, if it does. */
  get tlsPort(): number | undefined {
    const at = this.#flags.indexOf('--tls-port');
    return at < 0 ? undefined : Number(this.#flags[at + 1]);
  }

  /** Starts it, again too: it keeps its address, and of its data what was saved by SAVE. */
  async start(): Promise<void> {
    mkdirSync(this.#directory, { recursive: true });
    const bind = ['--port', `${this.port}`, '--bind', this.#place.address];
    const address = [...bind, '--protected-mode', 'no', '--dir', this.#directory];
    const flags = [...address, '--save', '', '--appendonly', 'no', ...this.#flags];
    const started = new ServerProcess(
      `redis ${this.port}`,
      this.#binary,
      flags,
      undefined,
      this.#place,
    );
    this.#process = started;
    await started.until(async () => /^(\+PONG|-NOAUTH)/.test(await this.command('PING')));
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

  /** The first piece of the reply as it came; '' when it can't be reached. */
  command(line: string): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(this.port, this.#place.address, () => socket.write(`${line}\r\n`));
      const end = (reply: string) => {
        socket.destroy();
        resolve(reply);
      };
      socket.setTimeout(REPLY_WITHIN_MS, () => end(''));
      socket.once('data', (reply) => end(reply.toString()));
      socket.once('error', () => end(''));
      socket.once('close', () => end(''));
    });
  }
}

export class RedisServers {
  readonly nodes: readonly RedisServer[];
  readonly #directory: string;

  constructor(nodes: readonly RedisServer[], directory: string) {
    this.nodes = nodes;
    this.#directory = directory;
  }

  /** Of one server, or of the cluster. */
  get url(): string {
    return `redis://${this.nodes.map(({ url }) => url.slice('redis://'.length)).join()}`;
  }

  get first(): RedisServer {
    const [first] = this.nodes;
    if (first === undefined) throw new Error('Cannot find a Redis: expected at least one');
    return first;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    removeTempDirectory(this.#directory);
  }

  /** Makes one cluster of the nodes, the slots spread evenly, and waits until all agree. */
  async join(): Promise<void> {
    const { nodes, first } = this;
    for (const [i, node] of nodes.entries()) {
      const begin = Math.floor((i * SLOTS) / nodes.length);
      const end = Math.floor(((i + 1) * SLOTS) / nodes.length) - 1;
      await node.command(`CLUSTER SET-CONFIG-EPOCH ${i + 1}`);
      await node.command(`CLUSTER ADDSLOTSRANGE ${begin} ${end}`);
      if (node !== first) {
        const port = first.tlsPort ?? first.port;
        await node.command(`CLUSTER MEET 127.0.0.1 ${port} ${first.busPort}`);
      }
    }
    await Promise.all(nodes.map((node) => this.untilJoined(node)));
  }

  async untilJoined(node: RedisServer): Promise<void> {
    const known = new RegExp(`cluster_known_nodes:${this.nodes.length}\\b`);
    const deadlineMs = Date.now() + 30_000;
    for (;;) {
      const said = await node.command('CLUSTER INFO');
      if (said.includes('cluster_state:ok') && known.test(said)) return;
      if (Date.now() > deadlineMs) throw new Error(`Cannot join the Redis Cluster: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export async function startRedis(
  binary: string,
  flags: readonly string[] = [],
  place = LOOPBACK,
): Promise<RedisServers> {
  const directory = makeTempDirectory();
  const server = new RedisServer(binary, await freePort(), 0, join(directory, '1'), flags, place);
  return started(new RedisServers([server], directory));
}

/** Three masters without replicas; `more`: flags of each. */
export async function startRedisCluster(
  binary: string,
  more: () => Promise<readonly string[]> = async () => [],
): Promise<RedisServers> {
  const directory = makeTempDirectory();
  const nodes: RedisServer[] = [];
  for (const name of ['1', '2', '3']) {
    const [port, busPort] = [await freePort(), await freePort()];
    const cluster = ['--cluster-enabled', 'yes', '--cluster-port', `${busPort}`];
    const flags = [...cluster, '--cluster-node-timeout', '1000', ...(await more())];
    nodes.push(new RedisServer(binary, port, busPort, join(directory, name), flags));
  }
  const servers = await started(new RedisServers(nodes, directory));
  await servers.join().catch(async (error: unknown) => {
    await servers.stop();
    throw error;
  });
  return servers;
}

async function started(servers: RedisServers): Promise<RedisServers> {
  try {
    await Promise.all(servers.nodes.map((node) => node.start()));
    return servers;
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

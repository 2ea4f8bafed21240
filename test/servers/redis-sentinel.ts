/** A master, a replica, and a Sentinel that makes the replica the master when that is gone. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { RedisServer } from './redis.ts';
import { isListening, ServerProcess } from './server-process.ts';
import { makeTempDirectory, removeTempDirectory } from './temp-directory.ts';

/** A master that is silent for so long is gone; on busy cores one that lives may be for seconds. */
const DOWN_AFTER_MS = 5000;
const FAILOVER_MS = 10_000;
/** Servers among each other. */
const REPLICATION = ['--tls-replication', 'yes'] as const;
const AGREED_WITHIN_MS = 30_000;

export class RedisSentinel {
  /** What the Sentinel calls the master. */
  readonly master = 'mymaster';
  readonly port: number;
  readonly servers: readonly [master: RedisServer, replica: RedisServer];
  readonly #directory: string;
  readonly #sentinel: ServerProcess;

  constructor(
    port: number,
    servers: readonly [RedisServer, RedisServer],
    directory: string,
    sentinel: ServerProcess,
  ) {
    this.port = port;
    this.servers = servers;
    this.#directory = directory;
    this.#sentinel = sentinel;
  }

  /** Waits until the replica has all of the master. */
  async untilReplicated(): Promise<void> {
    await until(async () => {
      const said = await this.servers[1].command('INFO replication');
      return said.includes('master_link_status:up');
    });
    // The command returns when the replica has acknowledged what was written before.
    await until(async () => (await this.servers[0].command('WAIT 1 1000')).startsWith(':1'));
  }

  /** Waits until the replica is the master. */
  untilPromoted(): Promise<void> {
    return until(async () =>
      (await this.servers[1].command('INFO replication')).includes('role:master'),
    );
  }

  async stop(): Promise<void> {
    await this.#sentinel.kill();
    await Promise.all(this.servers.map((server) => server.kill()));
    removeTempDirectory(this.#directory);
  }
}

/**
 * `password`: that of the Sentinel. `tls`: flags of each, where all speak TLS, on a port of their
 * own.
 */
export async function startRedisSentinel(
  binary: string,
  password: string,
  tls?: () => Promise<readonly string[]>,
): Promise<RedisSentinel> {
  const directory = makeTempDirectory();
  const server = async (name: string, ...flags: readonly string[]) => {
    const all = [...flags, ...(tls === undefined ? [] : [...(await tls()), ...REPLICATION])];
    const one = new RedisServer(binary, await freePort(), 0, join(directory, name), all);
    await one.start();
    return one;
  };
  const master = await server('1');
  const masterPort = master.tlsPort ?? master.port;
  const replica = await server('2', '--replicaof', '127.0.0.1', `${masterPort}`);
  const own = await tls?.();
  const port = own === undefined ? await freePort() : Number(own[1]);
  const folder = join(directory, 'sentinel');
  mkdirSync(folder);
  const config = join(folder, 'sentinel.conf');
  writeFileSync(
    config,
    `${own === undefined ? `port ${port}` : `port 0\n${configuration([...own, ...REPLICATION])}`}
bind 127.0.0.1
dir "${folder}"
requirepass "${password}"
sentinel monitor mymaster 127.0.0.1 ${masterPort} 1
sentinel down-after-milliseconds mymaster ${DOWN_AFTER_MS}
sentinel failover-timeout mymaster ${FAILOVER_MS}
`,
  );
  const sentinel = new ServerProcess(`sentinel ${port}`, binary, [config, '--sentinel']);
  const all = new RedisSentinel(port, [master, replica], directory, sentinel);
  try {
    await sentinel.until(() => isListening(port));
    await all.untilReplicated();
    // The Sentinel must have heard of the replica from the master.
    await sentinel.until(async () => sentinel.output.includes('+slave slave'));
  } catch (error) {
    await all.stop();
    throw error;
  }
  return all;
}

/** Flags as a file has them. */
function configuration(flags: readonly string[]): string {
  const lines = flags.map((word) => (word.startsWith('--') ? `\n${word.slice(2)}` : ` "${word}"`));
  return lines.join('').trim();
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + AGREED_WITHIN_MS;
  while (!(await holds())) {
    if (Date.now() > deadlineMs)
      throw new Error('Cannot start Redis with a Sentinel: it never was');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

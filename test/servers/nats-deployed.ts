/**
 * NATS servers from the very files of deploy/nats: only ports, paths, names of hosts and passwords
 * are put in, as their operator would.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Authority } from './certificates.ts';
import { freePort } from './free-port.ts';
import { NatsServer } from './nats.ts';
import { LOOPBACK } from './place.ts';

const FILES = 'deploy/nats';
/** NATS 2.9 has no such option, as the files say. */
const NEWER = /^ *sync_interval: .*$/gm;

export interface DeployedPorts {
  readonly client: number;
  readonly cluster: number;
  readonly leaf: number;
}

export class NatsDeployment {
  readonly authority: Authority;
  readonly #directory: string;
  readonly #binary: string;
  readonly #isOld: boolean;
  readonly #servers: NatsServer[] = [];

  constructor(directory: string, binary: string, version: string) {
    this.authority = new Authority(directory);
    this.#directory = directory;
    this.#binary = binary;
    this.#isOld = version.endsWith(' 2.9');
  }

  /** A user's password, the same on every server. */
  password(user: string): string {
    return `s3cr3t of ${user}`;
  }

  /**
   * A server of the file `config`, which may include others. `hosts`: what the files say → where it
   * is. It is not started yet.
   */
  async server(
    config: string,
    ports: DeployedPorts,
    hosts: Readonly<Record<string, string>> = {},
  ): Promise<NatsServer> {
    const name = config.replace(/\W/g, '-');
    const folder = join(this.#directory, name);
    cpSync(FILES, folder, { recursive: true });
    const { cert, key } = this.authority.give(name, 'IP:127.0.0.1', 'DNS:localhost');
    const all: readonly (readonly [string, string])[] = [
      ...Object.entries(hosts),
      ['/etc/nats/tls/tls.crt', cert],
      ['/etc/nats/tls/tls.key', key],
      ['/etc/nats/tls/ca.crt', this.authority.ca],
      ['"/data"', JSON.stringify(join(folder, 'data'))],
      ['store_dir: /data', `store_dir: ${JSON.stringify(join(folder, 'data'))}`],
      ['0.0.0.0:4222', `127.0.0.1:${ports.client}`],
      ['0.0.0.0:6222', `127.0.0.1:${ports.cluster}`],
      ['0.0.0.0:7422', `127.0.0.1:${ports.leaf}`],
    ];
    for (const path of configurations(folder)) {
      let text = readFileSync(path, 'utf8');
      for (const [from, to] of all) text = text.replaceAll(from, to);
      text = text.replace(/\$NATS_(\w+)_PASSWORD/g, (_, user: string) =>
        JSON.stringify(this.password(user.toLowerCase().replaceAll('_', '-'))),
      );
      writeFileSync(path, this.#isOld ? text.replace(NEWER, '') : text);
    }
    const monitor = await freePort();
    const main = join(folder, config);
    writeFileSync(main, `${readFileSync(main, 'utf8')}\nhttp: "127.0.0.1:${monitor}"\n`);
    mkdirSync(join(folder, 'data'), { recursive: true });
    const place = { place: LOOPBACK, client: ports.client, cluster: ports.cluster, monitor };
    const server = new NatsServer(name, this.#binary, place, main);
    this.#servers.push(server);
    return server;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.kill()));
  }
}

export async function deployedPorts(): Promise<DeployedPorts> {
  return { client: await freePort(), cluster: await freePort(), leaf: await freePort() };
}

function configurations(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.conf')).map((name) => join(folder, name));
}

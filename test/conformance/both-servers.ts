/**
 * Isthmus and CoreDNS with the same Corefile: a process of each, in a folder of its own and on
 * ports of its own.
 *
 *   const ports = await freePorts();
 *   const both = new BothServers((who) => serverBlock(`test:${ports[who]}`, 'whoami'));
 *   await both.untilReady();
 *   await saidBy(ports.theirs, 'a.test A');
 *   await both.stop();
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { IsthmusProcess } from '../e2e/isthmus-process.ts';
import { findServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { ServerProcess } from '../servers/server-process.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';

export const WHO = ['ours', 'theirs'] as const;
export type Who = (typeof WHO)[number];
export type Ports = Readonly<Record<Who, number>>;
/** Text by its path beside the Corefile. */
export type Files = Readonly<Record<string, string>>;

/** Server blocks of one process: ours reads from 16 sockets at most. */
const BLOCKS_MAX = 12;

export class BothServers {
  readonly ours: IsthmusProcess;
  readonly theirs: ServerProcess;
  readonly #folder = makeTempDirectory();

  /** Starts both. */
  constructor(corefile: (who: Who) => string, files: Files = {}) {
    for (const who of WHO) {
      for (const [path, text] of Object.entries({ ...files, Corefile: corefile(who) })) {
        const file = join(this.#folder, who, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      }
    }
    const args = ['-conf', 'Corefile'];
    const [ours, theirs] = [join(this.#folder, 'ours'), join(this.#folder, 'theirs')];
    this.ours = new IsthmusProcess(['up', ...args], { cwd: ours });
    this.theirs = new ServerProcess('coredns', findServer('coredns') ?? '', args, theirs);
  }

  /** Each says so once it listens on all of its ports. */
  async untilReady(): Promise<void> {
    await this.ours.says(/Isthmus answers DNS on/);
    await this.theirs.until(async () => /^CoreDNS-/m.test(this.theirs.output));
  }

  /** With SIGTERM they end what they are at first: then their output has all of their lines. */
  async stop(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    this.ours.signal(signal);
    await this.ours.exit();
    await this.theirs.kill(signal);
    removeTempDirectory(this.#folder);
  }
}

interface BlockOptions {
  readonly files?: Files;
  readonly write?: (block: string) => string;
}

/** Directives that are a server block of the root zone each, on ports of its own. */
export class BothByBlock {
  readonly #ports = new Map<string, Ports>();
  readonly #servers = new Map<string, BothServers>();

  /** Resolves when all are ready; `write` gives what the Corefile has for a block. */
  async start(
    blocks: Iterable<string>,
    { files, write = (block) => block }: BlockOptions = {},
  ): Promise<void> {
    const left = [...new Set(blocks)];
    while (left.length > 0) {
      const some = left.splice(0, BLOCKS_MAX);
      for (const block of some) this.#ports.set(block, await freePorts());
      const written = (block: string, who: Who) =>
        serverBlock(`.:${this.portsOf(block)[who]}`, write(block));
      const corefile = (who: Who) => some.map((block) => written(block, who)).join('');
      const servers = new BothServers(corefile, files);
      for (const block of some) this.#servers.set(block, servers);
    }
    for (const servers of this.#started) await servers.untilReady();
  }

  portsOf(block: string): Ports {
    return this.#ports.get(block) ?? assert.fail(`nobody has the block: ${block}`);
  }

  serversOf(block: string): BothServers {
    return this.#servers.get(block) ?? assert.fail(`nobody has the block: ${block}`);
  }

  async stop(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    for (const servers of this.#started) await servers.stop(signal);
  }

  get #started(): ReadonlySet<BothServers> {
    return new Set(this.#servers.values());
  }
}

export async function freePorts(): Promise<Ports> {
  return { ours: await freePort(), theirs: await freePort() };
}

export function serverBlock(key: string, directives: string): string {
  return `${key} {\n    bind 127.0.0.1\n    ${directives}\n}\n`;
}

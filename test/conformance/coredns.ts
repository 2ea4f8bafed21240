/** CoreDNS with some directives, for what it says to the same questions. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Asking, ask } from '../e2e/ask.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { ServerProcess } from '../servers/server-process.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { linesOf } from './two-ways.ts';

export interface Coredns {
  /** As TwoWays has it. */
  ask(question: string, asking?: Asking): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Why it can't run here; undefined when it can. */
export function corednsMissing(): string | undefined {
  return findServer('coredns') === undefined ? missingServer('coredns') : undefined;
}

/** Resolves when it is ready. No `bind`: with it CoreDNS has no name server of its own. */
export async function startCoredns(directives: readonly string[]): Promise<Coredns> {
  const folder = makeTempDirectory();
  const [port, ready] = [await freePort(), await freePort()];
  const corefile = join(folder, 'Corefile');
  const lines = ['errors', `ready 127.0.0.1:${ready}`, ...directives];
  writeFileSync(corefile, `.:${port} {\n${lines.map((line) => `    ${line}\n`).join('')}}\n`);
  const server = new ServerProcess('coredns', findServer('coredns') ?? '', ['-conf', corefile]);
  const stop = async () => {
    await server.kill();
    removeTempDirectory(folder);
  };
  try {
    await server.until(async () => {
      const page = await fetch(`http://127.0.0.1:${ready}/ready`).catch(() => undefined);
      return page?.status === 200;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ask: async (question, asking) => {
      const [name = '', type = ''] = question.split(' ');
      return linesOf(await ask(port, name, type, asking));
    },
    stop,
  };
}

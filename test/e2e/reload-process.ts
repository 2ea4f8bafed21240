/** A process whose Corefile a test changes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { IsthmusProcess } from './isthmus-process.ts';

const VERSION = 'coredns_reload_version_info';
const FAILED = 'coredns_reload_failed_total';

export class ReloadProcess {
  readonly isthmus: IsthmusProcess;
  readonly #write: (text: string) => void;
  readonly #metricsPort: number;

  /** `metricsPort`: where the Corefile has prometheus. `write`: another file. */
  constructor(isthmus: IsthmusProcess, metricsPort: number, write: (text: string) => void) {
    this.isthmus = isthmus;
    this.#metricsPort = metricsPort;
    this.#write = write;
  }

  /** The samples of a family. */
  async metric(name: string): Promise<readonly string[]> {
    const text = await (await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`)).text();
    return text.split('\n').filter((line) => line.startsWith(name));
  }

  write(text: string): void {
    this.#write(text);
  }

  /** Writes another file, has it read, and waits until it is followed. */
  async reload(text: string): Promise<void> {
    const [before] = await this.metric(VERSION);
    this.#write(text);
    this.isthmus.signal('SIGUSR1');
    await this.isthmus.until(
      async () => (await this.metric(VERSION))[0] !== before,
      'it is followed',
    );
  }

  /** Writes another file, has it read, and waits until it is refused. */
  async refused(text: string): Promise<void> {
    const [before] = await this.metric(FAILED);
    this.#write(text);
    this.isthmus.signal('SIGUSR1');
    await this.isthmus.until(
      async () => (await this.metric(FAILED))[0] !== before,
      'it is refused',
    );
  }
}

/** In a folder of its own, with a state of its own. */
export async function startReloadProcess(
  t: TestContext,
  text: string,
  metricsPort: number,
  verb: 'up' | 'resolver' = 'up',
): Promise<ReloadProcess> {
  const folder = makeTempDirectory();
  const file = join(folder, 'Corefile');
  const write = (other: string) => writeFileSync(file, other);
  write(text);
  const isthmus = new IsthmusProcess([verb, '-conf', file], { cwd: folder });
  t.after(async () => {
    await isthmus.kill();
    removeTempDirectory(folder);
  });
  await isthmus.says(/Isthmus answers DNS on/);
  return new ReloadProcess(isthmus, metricsPort, write);
}

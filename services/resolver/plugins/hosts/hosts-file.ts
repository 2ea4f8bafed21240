/** A hosts file that is read again when it changes; lines of the Corefile count in addition. */
import { readFile, stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Log } from '../../../../libs/telemetry/log.ts';
import { HostNames } from './host-names.ts';
import { type HostLine, type HostTable, type HostTableOptions, readHosts } from './host-table.ts';

export interface HostsFileOptions extends HostTableOptions {
  readonly path: string;
  readonly inline: readonly HostLine[];
  /** Between two looks, in ms; 0: it is read once. */
  readonly reloadMs: number;
}

export interface HostsFileDependencies {
  readonly log: Log;
  /** Calls again and again, until what it gives is called. */
  readonly every: (ms: number, work: () => Promise<void>) => () => void;
  readonly onRead: (table: HostTable, changedMs: number) => void;
}

/** More is no hosts file: lists that block all advertising of the world have some 30 MB. */
const OCTETS_MAX = 128 * 1024 * 1024;

export class HostsFile {
  readonly #options: HostsFileOptions;
  readonly #dependencies: HostsFileDependencies;
  readonly names = new HostNames();
  #table: HostTable;
  /** Time and size of what was read; what can't be read is told once. */
  #seen = '';
  #isReading = false;
  #stop = () => {};

  constructor(options: HostsFileOptions, dependencies: HostsFileDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#table = atOnce(readHosts('', options.inline, options));
    atOnce(this.names.replace(this.#table));
    this.#tellWrong('the Corefile');
  }

  get table(): HostTable {
    return this.#table;
  }

  async start(): Promise<void> {
    await this.#look();
    const { reloadMs } = this.#options;
    if (reloadMs > 0) this.#stop = this.#dependencies.every(reloadMs, () => this.#look());
  }

  stop(): void {
    this.#stop();
  }

  async #look(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    const { path } = this.#options;
    try {
      const { mtimeMs, size } = await stat(path);
      const seen = `${mtimeMs} ${size}`;
      if (seen === this.#seen) return;
      if (size > OCTETS_MAX)
        throw new Error(`it has ${size} octets; expected ${OCTETS_MAX} at most`);
      await this.#read(await readFile(path, 'utf8'), mtimeMs);
      this.#seen = seen;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why === this.#seen) return;
      this.#seen = why;
      const { log } = this.#dependencies;
      log.warning(`plugin/hosts: Cannot read "${path}": ${why}; what is known is served`);
    } finally {
      this.#isReading = false;
    }
  }

  /** Others get a turn between: lists that block names have hundreds of thousands. */
  async #read(text: string, changedMs: number): Promise<void> {
    const { inline, path } = this.#options;
    this.#table = await inTurns(readHosts(text, inline, this.#options));
    const told = inTurns(this.names.replace(this.#table));
    this.#tellWrong(path);
    this.#dependencies.onRead(this.#table, changedMs);
    await told;
  }

  #tellWrong(where: string): void {
    const { wrong } = this.#table;
    const [first] = wrong;
    if (first === undefined) return;
    const more = wrong.length === 1 ? '' : `, and ${wrong.length - 1} more`;
    const { log } = this.#dependencies;
    log.warning(`plugin/hosts: ${where} has what is no domain name: "${first}"${more}`);
  }
}

function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

async function inTurns<T>(steps: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await nextTurn();
  }
}

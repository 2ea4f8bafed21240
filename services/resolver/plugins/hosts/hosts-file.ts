/** A hosts file that is read again when it changes; lines of the Corefile count in addition. */
import type { Log } from '../../../../libs/telemetry/log.ts';
import { FollowedFile, type FollowedFileDependencies } from '../../followed-file.ts';
import { atOnce, inTurns } from '../../steps.ts';
import { HostNames } from './host-names.ts';
import { type HostLine, type HostTable, type HostTableOptions, readHosts } from './host-table.ts';

export interface HostsFileOptions extends HostTableOptions {
  readonly path: string;
  readonly inline: readonly HostLine[];
  /** Between two looks, in ms; 0: it is read once. */
  readonly reloadMs: number;
}

export interface HostsFileDependencies extends Pick<FollowedFileDependencies, 'every'> {
  readonly log: Log;
  readonly onRead: (table: HostTable, changedMs: number) => void;
}

/** More is no hosts file: lists that block all advertising of the world have some 30 MB. */
const OCTETS_MAX = 128 * 1024 * 1024;

export class HostsFile {
  readonly #options: HostsFileOptions;
  readonly #dependencies: HostsFileDependencies;
  readonly names = new HostNames();
  readonly #file: FollowedFile;
  #table: HostTable;

  constructor(options: HostsFileOptions, dependencies: HostsFileDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#table = atOnce(readHosts('', options.inline, options));
    atOnce(this.names.replace(this.#table));
    this.#tellWrong('the Corefile');
    const { path, reloadMs } = options;
    const { every, log } = dependencies;
    this.#file = new FollowedFile(
      { path, reloadMs, octetsMax: OCTETS_MAX },
      {
        every,
        take: (text, changedMs) => this.#take(text, changedMs),
        onFailure: (why) =>
          log.warning(`plugin/hosts: Cannot read "${path}": ${why}; what is known is served`),
      },
    );
  }

  get table(): HostTable {
    return this.#table;
  }

  async start(): Promise<void> {
    await this.#file.look();
    this.#file.follow();
  }

  stop(): void {
    this.#file.stop();
  }

  /** Others get a turn between: lists that block names have hundreds of thousands. */
  async #take(text: string, changedMs: number): Promise<void> {
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

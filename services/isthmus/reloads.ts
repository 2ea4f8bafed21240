/**
 * When the Corefile says something else, the process follows it; when it says nothing that can be
 * followed, all stays as it is, and the reason is told.
 *
 *   the plugin `reload`, now and then ─┐         ┌─ says the same ─► nothing
 *   SIGUSR1, at once ──────────────────┴─► read ─┼─ is wrong ─► told once, counted
 *                                                └─ is right ─► change ─┬─► told
 *                                                                       └─ fails ─► told, and
 *                                                                                   tried again
 */
import { ConfigurationError } from '../../libs/corefile/configuration-error.ts';
import type { Corefile } from '../../libs/corefile/corefile.ts';
import { digestOf } from '../../libs/corefile/digest.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { Counter, Metrics } from '../../libs/telemetry/metrics.ts';

export interface ReloadsOptions {
  /** Throws ConfigurationError or UsageError. */
  readonly read: (log: Log) => Promise<Corefile>;
  /** Has the process run this one. Throws when it can't be, and all is as before. */
  readonly change: (corefile: Corefile) => Promise<void>;
  readonly log: Log;
  readonly metrics: Metrics;
}

export class Reloads {
  readonly #options: ReloadsOptions;
  readonly #failed: Counter;
  #running = '';
  #version: Metrics | undefined;
  /** What it says can't be followed, whenever it is tried. */
  #refused: string | undefined;
  #lastTrouble: string | undefined;
  #checking: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: ReloadsOptions) {
    this.#options = options;
    this.#failed = options.metrics.counter({
      name: 'coredns_reload_failed_total',
      help: 'Changes of the Corefile that could not be followed.',
    });
    this.#failed.add([], 0);
  }

  /** This one runs. */
  runs(corefile: Corefile): void {
    this.#running = digestOf(corefile);
    this.#version?.end();
    this.#version = this.#options.metrics.part();
    this.#version
      .gauge({
        name: 'coredns_reload_version_info',
        help: '1 for the Corefile that runs: the hash of what it says.',
        labels: ['hash', 'value'],
      })
      .follow(['sha512', this.#running], () => 1);
  }

  /** Looks at the file; while it is being followed already, that is what counts. Never rejects. */
  check(): Promise<void> {
    const isUp = this.#running !== '' && !this.#isStopped;
    if (!isUp) return Promise.resolve();
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  /** As an operator wants it: also what failed before is tried again, and told again. */
  async checkNow(): Promise<void> {
    await this.#checking;
    this.#refused = undefined;
    this.#lastTrouble = undefined;
    const before = this.#running;
    await this.check();
    const isSame = this.#running === before && this.#lastTrouble === undefined;
    if (isSame) this.#options.log.info('reload: the Corefile says what it said');
  }

  /** Resolves when nothing is being followed, and nothing will be. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#checking;
  }

  async #check(): Promise<void> {
    const { read, change, log } = this.#options;
    const warnings: string[] = [];
    let digest: string | undefined;
    try {
      const corefile = await read({ ...log, warning: (text) => warnings.push(text) });
      digest = digestOf(corefile);
      if (digest === this.#running) {
        this.#lastTrouble = undefined;
        return;
      }
      if (digest === this.#refused) return;
      for (const text of warnings) log.warning(text);
      log.info('reload: the Corefile says something else');
      await change(corefile);
      if (this.#isStopped) return;
      this.runs(corefile);
      this.#lastTrouble = undefined;
      log.info(`reload: done, SHA-512 is ${digest}`);
    } catch (error) {
      if (this.#isStopped) return;
      if (error instanceof ConfigurationError) this.#refused = digest;
      this.#tell(error, digest === undefined);
    }
  }

  /** What can't be read is the same trouble each time that it is looked at. */
  #tell(error: unknown, isOfFile: boolean): void {
    const why = error instanceof Error ? error.message : String(error);
    const isNews = why !== this.#lastTrouble;
    this.#lastTrouble = why;
    if (isNews || !isOfFile) this.#failed.add();
    if (!isNews) return;
    const lines = error instanceof ConfigurationError ? error.lines : [why];
    for (const line of lines) this.#options.log.error(`reload: all stays as it was: ${line}`);
  }
}

/** A file of weights that is read again when it changes. */
import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Log } from '../../../../libs/telemetry/log.ts';
import { NO_WEIGHTS, readWeights, type Weights } from './weights.ts';

export interface WeightsFileOptions {
  readonly path: string;
  /** Between two looks, in ms; 0: it is read once. */
  readonly reloadMs: number;
}

export interface WeightsFileDependencies {
  readonly log: Log;
  /** Calls again and again, until what it gives is called. */
  readonly every: (ms: number, work: () => Promise<void>) => () => void;
  readonly onRead: (weights: Weights) => void;
  readonly onFailure: () => void;
}

/** Some hundred thousand addresses. More is another file. */
const OCTETS_MAX = 16 * 1024 * 1024;

export class WeightsFile {
  readonly #options: WeightsFileOptions;
  readonly #dependencies: WeightsFileDependencies;
  #weights = NO_WEIGHTS;
  /** Time and size of what was read; what can't be read is told once. */
  #seen = '';
  #isReading = false;
  #stop = () => {};

  /** Throws when it can't be read; a missing file is one that comes later, if it is looked for. */
  constructor(options: WeightsFileOptions, dependencies: WeightsFileDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    const { path, reloadMs } = options;
    const stats = statSync(path, { throwIfNoEntry: reloadMs === 0 });
    if (stats === undefined) {
      const { log } = dependencies;
      log.warning(`plugin/loadbalance: "${path}" is not there; it is looked for again`);
      return;
    }
    checkSize(stats.size);
    this.#take(readFileSync(path, 'utf8'));
    this.#seen = seenOf(stats);
  }

  get weights(): Weights {
    return this.#weights;
  }

  start(): void {
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
    const { log, onFailure } = this.#dependencies;
    try {
      const stats = await stat(path);
      if (seenOf(stats) === this.#seen) return;
      checkSize(stats.size);
      this.#take(await readFile(path, 'utf8'));
      this.#seen = seenOf(stats);
      log.info(`plugin/loadbalance: "${path}" was read again`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why === this.#seen) return;
      this.#seen = why;
      onFailure();
      log.error(`plugin/loadbalance: ${why}; the weights before are used`);
    } finally {
      this.#isReading = false;
    }
  }

  #take(text: string): void {
    this.#weights = readWeights(text, this.#options.path);
    this.#dependencies.onRead(this.#weights);
  }
}

function seenOf({ mtimeMs, size }: { readonly mtimeMs: number; readonly size: number }): string {
  return `${mtimeMs} ${size}`;
}

function checkSize(size: number): void {
  if (size <= OCTETS_MAX) return;
  throw new Error(`Cannot read weights: it has ${size} octets; expected ${OCTETS_MAX} at most`);
}

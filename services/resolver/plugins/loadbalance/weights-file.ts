/** A file of weights that is read again when it changes. */
import type { Log } from '../../../../libs/telemetry/log.ts';
import { FollowedFile, type FollowedFileDependencies } from '../../followed-file.ts';
import { NO_WEIGHTS, readWeights, type Weights } from './weights.ts';

export interface WeightsFileOptions {
  readonly path: string;
  /** Between two looks, in ms; 0: it is read once. */
  readonly reloadMs: number;
}

export interface WeightsFileDependencies extends Pick<FollowedFileDependencies, 'every'> {
  readonly log: Log;
  readonly onRead: (weights: Weights) => void;
  readonly onFailure: () => void;
}

/** Some hundred thousand addresses. More is another file. */
const OCTETS_MAX = 16 * 1024 * 1024;

export class WeightsFile {
  readonly #options: WeightsFileOptions;
  readonly #dependencies: WeightsFileDependencies;
  readonly #file: FollowedFile;
  #weights = NO_WEIGHTS;

  /** Throws when it can't be read; a missing file is one that comes later, if it is looked for. */
  constructor(options: WeightsFileOptions, dependencies: WeightsFileDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    const { path, reloadMs } = options;
    const { every, log, onFailure } = dependencies;
    this.#file = new FollowedFile(
      { path, reloadMs, octetsMax: OCTETS_MAX, cannot: 'Cannot read weights: ' },
      {
        every,
        take: async (text) => {
          this.#take(text);
          log.info(`plugin/loadbalance: "${path}" was read again`);
        },
        onFailure: (why) => {
          onFailure();
          log.error(`plugin/loadbalance: ${why}; the weights before are used`);
        },
      },
    );
    const text = this.#file.readNow();
    if (text !== undefined) this.#take(text);
    else log.warning(`plugin/loadbalance: "${path}" is not there; it is looked for again`);
  }

  get weights(): Weights {
    return this.#weights;
  }

  start(): void {
    this.#file.follow();
  }

  stop(): void {
    this.#file.stop();
  }

  #take(text: string): void {
    this.#weights = readWeights(text, this.#options.path);
    this.#dependencies.onRead(this.#weights);
  }
}

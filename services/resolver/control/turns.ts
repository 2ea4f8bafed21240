/**
 * So many at once, the others in the order in which they came: a hundred clusters whose facts are
 * read at the same moment are in memory at the same moment.
 *
 * Whoever takes long gives his turn on and goes on without it, so that a cluster whose log hangs
 * keeps nobody waiting for more than that.
 */
import type { Clock } from '../../../libs/clock/clock.ts';

export interface TurnsOptions {
  readonly atOnce: number;
  /** After so long the next one begins, whatever this one does. */
  readonly atMostMs: number;
  readonly clock: Clock;
}

export class Turns {
  readonly #options: TurnsOptions;
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(options: TurnsOptions) {
    this.#options = options;
    this.#free = options.atOnce;
  }

  async take<T>(use: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((done) => this.#waiting.push(done));
    let isOver = false;
    const giveOn = () => {
      if (isOver) return;
      isOver = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    };
    const { clock, atMostMs } = this.#options;
    const late = clock.after(atMostMs, giveOn);
    try {
      return await use();
    } finally {
      late.cancel();
      giveOn();
    }
  }
}

/** Choices that a seed decides: the same seed, the same world and the same questions. */

/** Steps of mulberry32, which needs 32 bits of state and is even enough for choices. */
const STEP = 0x6d2b79f5;

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e3779b1);
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    this.#state = (this.#state + STEP) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * bound);
  }

  /** True so many times of a hundred. */
  percent(times: number): boolean {
    return this.below(100) < times;
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0];
  }

  /** One of a list that may be empty. */
  oneOf<T>(from: readonly T[]): T | undefined {
    return from[this.below(from.length)];
  }

  /** At most `most` of them, none twice, in any order. */
  some<T>(from: readonly T[], most: number, least = 0): readonly T[] {
    const left = [...from];
    const count = Math.min(least + this.below(most - least + 1), left.length);
    return Array.from({ length: count }, () => left.splice(this.below(left.length), 1)).flat();
  }
}

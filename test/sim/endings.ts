/** How what was broken gets whole again: by itself some time later, or when quiet comes. */
import type { World } from './world.ts';

export class Endings {
  readonly #world: World;
  readonly #ends = new Set<() => void>();

  constructor(world: World) {
    this.#world = world;
  }

  /** In so many ms, or before. */
  later(least: number, most: number, what: string, end: () => void): void {
    const once = () => {
      if (this.#ends.delete(once)) end();
    };
    this.#ends.add(once);
    this.#world.later(least, most, what, once);
  }

  /** Of all. */
  now(): void {
    for (const end of this.#ends) end();
  }
}

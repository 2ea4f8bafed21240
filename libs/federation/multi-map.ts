const NONE: ReadonlySet<string> = new Set();

/** Key → set of values; a key without values is not there. */
export class MultiMap {
  readonly #sets = new Map<string, Set<string>>();

  get(key: string): ReadonlySet<string> {
    return this.#sets.get(key) ?? NONE;
  }

  has(key: string): boolean {
    return this.#sets.has(key);
  }

  keys(): IterableIterator<string> {
    return this.#sets.keys();
  }

  add(key: string, value: string): void {
    const set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, new Set([value]));
    else set.add(value);
  }

  delete(key: string, value: string): void {
    const set = this.#sets.get(key);
    if (set?.delete(value) && set.size === 0) this.#sets.delete(key);
  }
}

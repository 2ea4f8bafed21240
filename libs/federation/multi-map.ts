const NONE: ReadonlySet<string> = new Set();

/**
 * Key → set of values; a key without values is not there. Most keys have one value, of which no set
 * is made until it is asked for: a set takes 200 octets.
 */
export class MultiMap {
  readonly #values = new Map<string, string | Set<string>>();

  get(key: string): ReadonlySet<string> {
    const values = this.#values.get(key);
    if (values === undefined) return NONE;
    return typeof values === 'string' ? new Set([values]) : values;
  }

  /** In one order, however they came. */
  sorted(key: string): readonly string[] {
    const values = this.#values.get(key);
    if (values === undefined) return [];
    return typeof values === 'string' ? [values] : [...values].sort();
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  keys(): IterableIterator<string> {
    return this.#values.keys();
  }

  add(key: string, value: string): void {
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, value);
    else if (typeof values !== 'string') values.add(value);
    else if (values !== value) this.#values.set(key, new Set([values, value]));
  }

  delete(key: string, value: string): void {
    const values = this.#values.get(key);
    if (values === value) this.#values.delete(key);
    if (values === undefined || typeof values === 'string') return;
    values.delete(value);
    if (values.size === 0) this.#values.delete(key);
  }
}

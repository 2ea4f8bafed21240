/**
 * Values that many objects have alike, each kept once: the ports of Services, the names of nodes
 * and namespaces. Of 200,000 Services their ports alone would be 35 MB. What is known is dropped
 * when it is too much, so it never is more than a little memory of its own.
 */
export class Known<T> {
  readonly #most: number;
  readonly #values = new Map<string, T>();

  constructor(most: number) {
    this.#most = most;
  }

  /** `key`: equal for equal values only. */
  of(key: string, value: T): T {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    if (this.#values.size >= this.#most) this.#values.clear();
    this.#values.set(key, value);
    return value;
  }
}

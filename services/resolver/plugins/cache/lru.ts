/**
 * A map of bounded weight: what was not used for the longest goes first. A Map keeps the order in
 * which keys were put in; a use puts the key in again.
 */
export class Lru<T> {
  readonly #capacity: number;
  readonly #weigh: (value: T) => number;
  readonly #onEvict: () => void;
  readonly #values = new Map<string, T>();
  #weight = 0;

  constructor(capacity: number, weigh: (value: T) => number, onEvict: () => void = () => {}) {
    this.#capacity = capacity;
    this.#weigh = weigh;
    this.#onEvict = onEvict;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: string): T | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  set(key: string, value: T): void {
    this.delete(key);
    const weight = this.#weigh(value);
    if (weight > this.#capacity) return;
    this.#values.set(key, value);
    this.#weight += weight;
    for (const [oldest] of this.#values) {
      if (this.#weight <= this.#capacity) return;
      this.delete(oldest);
      this.#onEvict();
    }
  }

  delete(key: string): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#values.delete(key);
    this.#weight -= this.#weigh(value);
  }
}

/**
 * Entries of bounded weight, in the order in which they were used: what was not used for the
 * longest makes room. A linked list through the entries themselves, so that a use costs no
 * allocation and the oldest is found at once.
 *
 * What readers answer from the table is no use that is seen here. So whoever is the oldest is asked
 * whether it was used meanwhile, and then begins anew (second chance).
 */
import type { Entry } from './entry.ts';

/** Entries that get a second chance before one goes without being asked. */
const CHANCES_MAX = 32;

export class Recency {
  readonly #capacity: number;
  readonly #wasUsed: (entry: Entry) => boolean;
  #oldest: Entry | undefined;
  #newest: Entry | undefined;
  #size = 0;
  #weight = 0;

  /** `wasUsed`: since it was last asked, where this list does not see it. */
  constructor(capacity: number, wasUsed: (entry: Entry) => boolean) {
    this.#capacity = capacity;
    this.#wasUsed = wasUsed;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether it fits at all. */
  fits({ weight }: Entry): boolean {
    return weight <= this.#capacity;
  }

  add(entry: Entry): void {
    this.#size++;
    this.#weight += entry.weight;
    this.#append(entry);
  }

  use(entry: Entry): void {
    if (entry === this.#newest) return;
    this.#unlink(entry);
    this.#append(entry);
  }

  remove(entry: Entry): void {
    this.#size--;
    this.#weight -= entry.weight;
    this.#unlink(entry);
  }

  /** Who has to make room; undefined when there is room. */
  next(): Entry | undefined {
    if (this.#weight <= this.#capacity) return undefined;
    for (let chances = 0; chances < CHANCES_MAX; chances++) {
      const oldest = this.#oldest;
      if (oldest === undefined || oldest === this.#newest || !this.#wasUsed(oldest)) return oldest;
      this.use(oldest);
    }
    return this.#oldest;
  }

  #append(entry: Entry): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink(entry: Entry): void {
    const { older, newer } = entry;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    entry.older = undefined;
    entry.newer = undefined;
  }
}

/**
 * Numbers of which there are few, each one's for a time: reader threads, listeners, views and zones
 * of a table.
 */
export class NumberPool {
  readonly #first: number;
  readonly #end: number;
  readonly #taken = new Set<number>();

  /** Those from `first` on, before `end`. */
  constructor(first: number, end: number) {
    this.#first = first;
    this.#end = end;
  }

  get left(): number {
    return this.#end - this.#first - this.#taken.size;
  }

  /** The lowest ones that are free; undefined when there are not so many. */
  take(count: number): readonly number[] | undefined {
    const numbers: number[] = [];
    for (let one = this.#first; one < this.#end && numbers.length < count; one++) {
      if (!this.#taken.has(one)) numbers.push(one);
    }
    return numbers.length < count ? undefined : this.#mark(numbers);
  }

  /** The first of so many that follow each other; undefined when there is no such row. */
  takeRow(count: number): number | undefined {
    let first = this.#first;
    for (let one = first; one < first + count; one++) {
      if (one >= this.#end) return undefined;
      if (this.#taken.has(one)) first = one + 1;
    }
    this.#mark(Array.from({ length: count }, (_, i) => first + i));
    return first;
  }

  give(numbers: Iterable<number>): void {
    for (const one of numbers) this.#taken.delete(one);
  }

  giveRow(first: number, count: number): void {
    for (let one = first; one < first + count; one++) this.#taken.delete(one);
  }

  #mark(numbers: readonly number[]): readonly number[] {
    for (const one of numbers) this.#taken.add(one);
    return numbers;
  }
}

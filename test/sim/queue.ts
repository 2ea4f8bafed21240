/** What came in and was not taken yet, until it ends. */
export class Queue<T> {
  readonly #items: { readonly item: T }[] = [];
  #hasEnded = false;
  #wake: () => void = () => {};

  push(item: T): void {
    this.#items.push({ item });
    this.#wake();
  }

  /** What is there can be taken still. */
  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  /** Undefined: it has ended. */
  async next(): Promise<{ readonly item: T } | undefined> {
    for (;;) {
      const next = this.#items.shift();
      if (next !== undefined || this.#hasEnded) return next;
      await new Promise<void>((done) => {
        this.#wake = done;
      });
    }
  }
}

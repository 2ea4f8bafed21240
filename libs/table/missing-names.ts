/** Names that the table lacks for want of room: while there are any, readers deny nothing. */
import { ROOT_REFUSED } from './layout.ts';
import type { MemoryViews } from './memory-views.ts';

export class MissingNames {
  readonly #words: Int32Array;
  /** `view name`. As many as the caller has names. */
  readonly #names = new Set<string>();

  constructor({ words }: MemoryViews) {
    this.#words = words;
  }

  has(name: string, view: number): boolean {
    return this.#names.size > 0 && this.#names.has(`${view} ${name}`);
  }

  add(name: string, view: number): void {
    this.#names.add(`${view} ${name}`);
    this.#tell();
  }

  delete(name: string, view: number): void {
    if (!this.has(name, view)) return;
    this.#names.delete(`${view} ${name}`);
    this.#tell();
  }

  deleteView(view: number): void {
    for (const name of this.#names) if (name.startsWith(`${view} `)) this.#names.delete(name);
    this.#tell();
  }

  #tell(): void {
    Atomics.store(this.#words, ROOT_REFUSED, this.#names.size);
  }
}

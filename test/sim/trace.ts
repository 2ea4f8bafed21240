/** What happened, line by line: the last lines for people, and a hash of all of them. */

/** Lines kept: the cause of a failure is seldom further back. */
const LINES_MAX = 2000;

export class Trace {
  readonly #lines: string[] = [];
  readonly #isWhole: boolean;
  #low = 0x811c9dc5;
  #high = 0x01000193;

  /** `isWhole`: every line is kept. */
  constructor(isWhole: boolean) {
    this.#isWhole = isWhole;
  }

  add(line: string): void {
    for (let i = 0; i < line.length; i++) {
      const code = line.charCodeAt(i);
      this.#low = Math.imul(this.#low ^ code, 0x01000193);
      this.#high = Math.imul(this.#high ^ code, 0x85ebca6b) + this.#low;
    }
    this.#lines.push(line);
    if (!this.#isWhole && this.#lines.length > 2 * LINES_MAX) this.#lines.splice(0, LINES_MAX);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Two runs that did the same have the same. */
  get hash(): string {
    const hex = (part: number) => (part >>> 0).toString(16).padStart(8, '0');
    return hex(this.#high) + hex(this.#low);
  }
}

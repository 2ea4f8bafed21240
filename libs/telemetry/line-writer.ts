/**
 * Writes the lines of one turn of the event loop together. With a line for each query, a system
 * call each was a fifth of all that a query costs.
 */

/** Characters that are held at most, of a turn that makes many. */
const CHARACTERS_MAX = 64 * 1024;

export class LineWriter {
  readonly #write: (lines: string) => void;
  readonly #later: (work: () => void) => void;
  #lines: string[] = [];
  #characters = 0;

  /** `write` gets one line or several, without the last line feed; `later` calls in a next turn. */
  constructor(
    write: (lines: string) => void,
    later: (work: () => void) => void = (work) => void setImmediate(work),
  ) {
    this.#write = write;
    this.#later = later;
  }

  add(line: string): void {
    if (this.#lines.push(line) === 1) this.#later(() => this.flush());
    this.#characters += line.length;
    if (this.#characters >= CHARACTERS_MAX) this.flush();
  }

  /** At once: at the end of the process there is no next turn. */
  flush(): void {
    if (this.#lines.length === 0) return;
    const lines = this.#lines.join('\n');
    this.#lines = [];
    this.#characters = 0;
    this.#write(lines);
  }
}

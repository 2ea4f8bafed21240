/** A text whose lines are changed while all others stay as they are, octet by octet. */

/** What one place of the text became. Lines count from 1, in the text as it was. */
interface Edit {
  readonly line: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

export class EditedText {
  readonly #lines: readonly string[];
  readonly #edits: Edit[] = [];

  constructor(text: string) {
    this.#lines = text.split('\n');
  }

  get isChanged(): boolean {
    return this.#edits.length > 0;
  }

  /** Without the end of its line; '' where there is none. */
  line(line: number): string {
    return (this.#lines[line - 1] ?? '').replace(/\r$/, '');
  }

  replace(line: number, added: readonly string[]): void {
    if (added.length === 1 && added[0] === this.line(line)) return;
    // One line may be what several server blocks import.
    if (this.#edits.some((edit) => edit.line === line && edit.removed.length > 0)) return;
    this.#edits.push({ line, removed: [this.line(line)], added });
  }

  insertAfter(line: number, added: readonly string[]): void {
    if (added.length > 0) this.#edits.push({ line: line + 1, removed: [], added });
  }

  append(added: readonly string[]): void {
    const last = this.#lines.length;
    // A text ends with the end of a line: what follows that is no line.
    const line = this.#lines.at(-1) === '' ? last : last + 1;
    if (added.length > 0) this.#edits.push({ line, removed: [], added });
  }

  text(): string {
    const end = this.#lines[0]?.endsWith('\r') === true ? '\r' : '';
    const lines: string[] = [];
    const edits = this.#inOrder();
    for (let at = 0; at <= this.#lines.length; at++) {
      const here = edits.filter(({ line }) => line === at + 1);
      const isReplaced = here.some(({ removed }) => removed.length > 0);
      lines.push(...here.flatMap(({ added }) => added.map((text) => text + end)));
      const line = this.#lines[at];
      if (line !== undefined && !isReplaced) lines.push(line);
    }
    const text = lines.join('\n');
    return this.#lines.at(-1) === '' || !this.isChanged ? text : `${text}\n`;
  }

  /** `-` and `+` lines, with where they are. */
  diff(): readonly string[] {
    return this.#inOrder().flatMap(({ line, removed, added }) => [
      `@@ line ${line} @@`,
      ...removed.map((text) => `-${text}`),
      ...added.map((text) => `+${text}`),
    ]);
  }

  #inOrder(): readonly Edit[] {
    return this.#edits
      .map((edit, i) => ({ edit, i }))
      .sort((a, b) => a.edit.line - b.edit.line || a.i - b.i)
      .map(({ edit }) => edit);
  }
}

/**
 * Text of a zone file → its entries, a list of words each (RFC 1035 § 5.1): comments are gone, and
 * parentheses have made one entry of several lines. Words keep their quotes and escapes.
 *
 * The text has a character for each octet of the file. Those beyond ASCII come out as `\DDD`.
 */
import { cannotRead, ZoneFileError } from './zone-file-error.ts';

export interface Entry {
  /** Where it begins, from 1. */
  readonly line: number;
  /** It begins with a blank: its owner is the one before. */
  readonly isIndented: boolean;
  /** At least one. */
  readonly words: readonly string[];
}

/** Lines with these need a closer look. */
const SPECIAL = /[()";\\]/;
const BLANKS = /[ \t\r]+/;
/**
 * Characters of one entry: rdata has 64 KiB, of up to four characters for an octet, and there may
 * be comments. What is longer is a quote or a parenthesis that was forgotten.
 */
const ENTRY_MAX = 524_288;

/** Throws ZoneFileError. */
export function* entriesOf(text: string, file: string): Generator<Entry> {
  let line = 1;
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const whole = text.slice(at, end);
    if (whole.length > ENTRY_MAX && whole[0] !== ';') {
      const is = `it has ${whole.length} characters; expected ${ENTRY_MAX} at most`;
      throw new ZoneFileError({ file, line }, `Cannot read the entry: ${is}`);
    }
    const isIndented = isBlank(whole[0]);
    if (SPECIAL.test(whole)) {
      const scan = new Scan(text, file, at, line);
      const words = scan.words();
      if (words.length > 0) yield { line, isIndented, words };
      at = scan.at;
      line = scan.line;
    } else {
      const words = whole.split(BLANKS).filter((word) => word !== '');
      if (words.length > 0) yield { line, isIndented, words: words.map(ascii) };
      at = end + 1;
      line++;
    }
  }
}

/** One entry, character by character. */
class Scan {
  readonly #text: string;
  readonly #file: string;
  readonly #words: string[] = [];
  /** The word that has begun. */
  #word: string | undefined;
  /** Where the parentheses were opened that are open. */
  readonly #open: number[] = [];
  /** Where it has to end, but for comments. */
  #last: number;
  at: number;
  line: number;

  constructor(text: string, file: string, at: number, line: number) {
    this.#text = text;
    this.#file = file;
    this.#last = at + ENTRY_MAX;
    this.at = at;
    this.line = line;
  }

  /** Up to its end: `at` and `line` are those of the next one. */
  words(): readonly string[] {
    while (this.at < this.#text.length && this.at <= this.#last) {
      const character = this.#text[this.at] ?? '';
      if (character === '\n') {
        this.#endWord();
        this.at++;
        this.line++;
        if (this.#open.length === 0) return this.#words;
      } else this.#take(character);
    }
    this.#endWord();
    const opened = this.#open.at(-1);
    if (opened === undefined) return this.#words;
    throw new ZoneFileError(
      { file: this.#file, line: opened },
      'Cannot read the file to its end: a parenthesis is open; expected ")"',
    );
  }

  #take(character: string): void {
    switch (character) {
      case '"':
        this.#quoted();
        return;
      case '\\':
        this.#escape();
        return;
      case ';':
        this.#endWord();
        this.#skipLine();
        return;
      case '(':
        this.#endWord();
        this.#open.push(this.line);
        break;
      case ')':
        this.#endWord();
        if (this.#open.pop() === undefined) {
          const at = { file: this.#file, line: this.line };
          throw cannotRead(at, 'parenthesis', ')', 'none is open', '"(" before it');
        }
        break;
      default:
        if (isBlank(character)) this.#endWord();
        else this.#word = (this.#word ?? '') + ascii(character);
    }
    this.at++;
  }

  /** Up to the next quote that is not escaped; lines may end in between. */
  #quoted(): void {
    const { line } = this;
    this.#word = `${this.#word ?? ''}"`;
    this.at++;
    while (this.#text[this.at] !== '"') {
      const character = this.#text[this.at];
      if (character === undefined || this.at > this.#last) {
        throw new ZoneFileError(
          { file: this.#file, line },
          'Cannot read the file to its end: a quote is open; expected "',
        );
      }
      if (character === '\\') {
        this.#escape();
        continue;
      }
      if (character === '\n') this.line++;
      this.#word += ascii(character);
      this.at++;
    }
    this.#word += '"';
    this.at++;
  }

  #escape(): void {
    const escaped = this.#text[this.at + 1];
    if (escaped === undefined || escaped === '\n' || escaped === '\r') {
      const at = { file: this.#file, line: this.line };
      throw cannotRead(at, 'escape', '\\', 'its line ends', String.raw`\. or \DDD`);
    }
    const octet = ascii(escaped);
    // One that is not printable is an escape by itself.
    this.#word = (this.#word ?? '') + (octet === escaped ? `\\${escaped}` : octet);
    this.at += 2;
  }

  #endWord(): void {
    if (this.#word !== undefined) this.#words.push(this.#word);
    this.#word = undefined;
  }

  #skipLine(): void {
    const newline = this.#text.indexOf('\n', this.at);
    const end = newline < 0 ? this.#text.length : newline;
    this.#last += end - this.at;
    this.at = end;
  }
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r';
}

/** What is not printable, escaped. */
function ascii(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, (character) => {
    return `\\${String(character.charCodeAt(0)).padStart(3, '0')}`;
  });
}

/**
 * Words → server blocks. The grammar is CoreDNS's, so that a cluster's Corefile is read as it is:
 *
 *   file      = { block | snippet | import }
 *   block     = key [","] { key [","] } ( "{" { directive } "}" | rest of the file )
 *   directive = word { word } ( end of line | "{" { property } "}" )
 *   snippet   = "(" name ")" "{" … "}"           import = "import" ( name of a snippet | files )
 */
import { ConfigurationError } from './configuration-error.ts';
import type { Corefile, Directive, Key, Place, Property, ServerBlock, Token } from './corefile.ts';
import type { Environment } from './environment.ts';
import { fillEnvironment } from './environment.ts';
import { readKey } from './key.ts';
import type { Lexeme } from './lexer.ts';
import { lex } from './lexer.ts';
import { refusePlaceholder } from './placeholder.ts';
import { Wrongs } from './wrongs.ts';

/** What surrounds a Corefile. */
export interface Surroundings {
  readonly environment: Environment;
  /**
   * The files that an import names, in order; patterns are relative to the importing file. Throws
   * ConfigurationError at `importer` when they can't be read.
   */
  readFiles(pattern: string, importer: Place): readonly SourceText[];
  /** Told of each word with variables that are not set, and what it is read as. */
  readonly onUnset?: (word: Token, read: string) => void;
  /** Where errors go, of a file that is read as far as it can be; absent: they are thrown. */
  readonly wrongs?: Wrongs | undefined;
}

export interface SourceText {
  readonly file: string;
  readonly text: string;
}

/**
 * Imports of one Corefile: one that imports itself ends here. As many snippets as CoreDNS takes.
 */
const IMPORTS_MAX = 10_000;
/** Words of a Corefile with all that it imports: some hundred times the largest seen. */
const WORDS_MAX = 1_000_000;
/** Braces within braces. No plugin reads more than two. */
const DEPTH_MAX = 100;

/**
 * Reads a Corefile. Throws ConfigurationError, with file and line, for what is none: all that is
 * wrong, up to braces or quotes after which nothing is what it looks like.
 */
export function parseCorefile(source: SourceText, surroundings: Surroundings): Corefile {
  const wrongs = surroundings.wrongs ?? new Wrongs();
  const corefile = new Parser(lex(source.text, source.file), surroundings, wrongs).corefile();
  if (surroundings.wrongs === undefined) wrongs.check();
  return corefile;
}

class Parser {
  /** What is still to be read, the next word last: what is imported is put there. */
  readonly #left: Lexeme[];
  /** All there were, read or not. */
  #words: number;
  #imports = 0;
  readonly #surroundings: Surroundings;
  readonly #snippets = new Map<string, readonly Lexeme[]>();
  readonly #blocks: ServerBlock[] = [];
  readonly #wrongs: Wrongs;

  constructor(words: readonly Lexeme[], surroundings: Surroundings, wrongs: Wrongs) {
    this.#left = words.toReversed();
    this.#words = words.length;
    this.#surroundings = surroundings;
    this.#wrongs = wrongs;
  }

  corefile(): Corefile {
    // What comes after braces that don't match means something else.
    this.#wrongs.of(() => {
      for (let word = this.#peek(); word !== undefined; word = this.#peek()) {
        if (isImport(word)) this.#import(word);
        else this.#block(word);
      }
    });
    return { blocks: this.#blocks };
  }

  #block(first: Lexeme): void {
    const before = this.#wrongs.count;
    const keys = this.#keys();
    const open = this.#peek();
    const snippet = keys.length === 1 ? /^\((.*)\)$/s.exec(keys[0]?.text ?? '')?.[1] : undefined;
    if (snippet !== undefined) {
      this.#snippet(snippet, first);
      return;
    }
    const { file, line } = first;
    if (keys.length === 0 && this.#wrongs.count === before) {
      const filled = fillEnvironment(first, this.#surroundings.environment);
      const { text } = first;
      throw cannotRead({ ...filled, text }, 'it has no key', 'a zone before the server block');
    }
    const read: readonly Key[] = keys.flatMap((key) => this.#wrongs.of(() => readKey(key)) ?? []);
    const directives: Directive[] = [];
    const block = { keys: read, directives, file, line };
    if (open === undefined || !isOpen(open)) {
      this.#blocks.push({ ...block, hasNoBraces: true });
      this.#statements(undefined, directives, 0);
      return;
    }
    this.#take();
    this.#blocks.push(block);
    this.#statements(open, directives, 0);
  }

  /** Keys end with their line, unless a comma ends it; the brace may be on the next one. */
  #keys(): readonly Lexeme[] {
    const keys: Lexeme[] = [];
    let comma = false;
    for (let word = this.#peek(); word !== undefined; word = this.#peek()) {
      if (isOpen(word)) {
        if (comma) throw cannotRead(word, 'it follows a comma', 'another key');
        return keys;
      }
      if (isClose(word)) throw cannotRead(word, 'it closes nothing', 'a key');
      if (word.startsLine && keys.length > 0 && !comma) return keys;
      this.#take();
      const filled = this.#wrongs.of(() => this.#fill(word));
      if (filled === undefined || filled.text === '') continue;
      comma = filled.text.endsWith(',');
      const text = comma ? filled.text.slice(0, -1) : filled.text;
      if (text !== '') keys.push({ ...filled, text });
    }
    const last = keys.at(-1);
    if (comma && last !== undefined) {
      throw cannotRead(last, 'the file ends after its comma', 'another key');
    }
    return keys;
  }

  /**
   * Up to the brace that closes `open`, or to the end of the file. `depth`: in how many other
   * statements these are; those in none are directives.
   */
  #statements(open: Lexeme | undefined, statements: Property[], depth: number): void {
    if (open !== undefined && depth > DEPTH_MAX) {
      throw cannotRead(open, `it is within ${depth} others`, `${DEPTH_MAX} at most`);
    }
    for (let word = this.#peek(); word !== undefined; word = this.#peek()) {
      if (isClose(word)) {
        if (open === undefined) throw cannotRead(word, 'it closes nothing', 'a directive');
        this.#take();
        return;
      }
      if (isImport(word)) this.#import(word);
      else statements.push(this.#statement(word, depth));
    }
    if (open === undefined) return;
    // What it has may be another server block's.
    this.#blocks.pop();
    throw cannotRead(open, 'it is never closed', 'a "}" on a line of its own');
  }

  #statement(word: Lexeme, depth: number): Directive {
    const isDirective = depth === 0;
    if (isOpen(word)) {
      throw cannotRead(word, 'it begins a line', 'it at the end of the line that it belongs to');
    }
    this.#take();
    const before = this.#wrongs.count;
    const args: Lexeme[] = [];
    let block: Property[] | undefined;
    for (let next = this.#peek(); next !== undefined && !next.startsLine; next = this.#peek()) {
      if (isClose(next) && !isDirective) break;
      if (isClose(next)) throw cannotRead(next, 'it closes nothing on its line', 'a line for it');
      if (block !== undefined) throw cannotRead(next, 'it follows a "}"', 'a new line');
      this.#take();
      if (isOpen(next)) {
        block = [];
        this.#statements(next, block, depth + 1);
      } else args.push(next);
    }
    const [named = word, ...filled] = [word, ...args].map((each) => {
      return this.#wrongs.of(() => this.#fill(each)) ?? each;
    });
    const tokens = filled.map(plainToken);
    const unset = [...new Set([named, ...tokens].flatMap((token) => token.unset ?? []))];
    const isUnread = this.#wrongs.count > before;
    const { text: name, file, line } = named;
    return {
      ...{ name, args: tokens, block, file, line },
      ...(unset.length > 0 && { unset }),
      ...(isUnread && { isUnread }),
    };
  }

  /** Keeps the words of a snippet as they are: they mean something where they are imported. */
  #snippet(name: string, at: Lexeme): void {
    const open = this.#peek();
    if (open === undefined || !isOpen(open)) {
      throw cannotRead(at, 'it is a snippet without braces', 'a "{" after it');
    }
    if (this.#snippets.has(name)) {
      this.#wrongs.add(cannotRead(at, 'it is defined a second time', 'one snippet of a name'));
    }
    this.#take();
    const words: Lexeme[] = [];
    for (let depth = 1; ; ) {
      const word = this.#peek();
      if (word === undefined) throw cannotRead(open, 'it is never closed', 'a "}"');
      this.#take();
      depth += isOpen(word) ? 1 : isClose(word) ? -1 : 0;
      if (depth === 0) break;
      if (isImport(word) && this.#peek()?.text === name) {
        this.#wrongs.add(cannotRead(word, 'the snippet imports itself', 'another snippet'));
        this.#take();
        continue;
      }
      words.push(word);
    }
    if (!this.#snippets.has(name)) this.#snippets.set(name, words);
  }

  /** Puts what it names in the place of an import, or nothing where that is wrong. */
  #import(word: Lexeme): void {
    this.#take();
    const named: Lexeme[] = [];
    for (let next = this.#peek(); next !== undefined && !next.startsLine; next = this.#peek()) {
      if (isClose(next)) break;
      if (isOpen(next)) throw cannotRead(next, 'an import has no block', 'a new line');
      this.#take();
      named.push(next);
    }
    for (const each of (this.#wrongs.of(() => this.#imported(word, named)) ?? []).toReversed()) {
      this.#left.push(each);
      this.#words++;
    }
    if (++this.#imports > IMPORTS_MAX || this.#words > WORDS_MAX) {
      const limits = `at most ${IMPORTS_MAX} imports and ${WORDS_MAX} words`;
      throw cannotRead(named[0] ?? word, 'imports go round in a circle', limits);
    }
  }

  /** Snippets win over files. */
  #imported(word: Lexeme, [named, more]: readonly Lexeme[]): readonly Lexeme[] {
    if (named === undefined) {
      throw cannotRead(word, 'it names nothing', 'a snippet or a file after it');
    }
    if (more !== undefined) throw cannotRead(more, 'an import has one argument', 'a new line');
    const filled = this.#fill(named);
    const { text: pattern } = filled;
    const imported =
      this.#snippets.get(pattern) ??
      this.#surroundings.readFiles(pattern, filled).flatMap(({ file, text }) => lex(text, file));
    // In the place of the import it begins a line, whatever its own line numbers say.
    return imported.map((each, i) => (i === 0 ? { ...each, startsLine: true } : each));
  }

  #fill(word: Lexeme): Lexeme {
    const filled = fillEnvironment(word, this.#surroundings.environment);
    if (filled.unset !== undefined) {
      this.#surroundings.onUnset?.({ ...word, unset: filled.unset }, filled.text);
    }
    refusePlaceholder(filled);
    return filled;
  }

  #peek(): Lexeme | undefined {
    const word = this.#left.at(-1);
    if (word?.error !== undefined) throw word.error;
    return word;
  }

  #take(): Lexeme | undefined {
    return this.#left.pop();
  }
}

function plainToken({ text, file, line, unset }: Lexeme): Token {
  return unset === undefined ? { text, file, line } : { text, file, line, unset };
}

function isOpen(word: Lexeme): boolean {
  return word.text === '{' && !word.quoted;
}

function isClose(word: Lexeme): boolean {
  return word.text === '}' && !word.quoted;
}

function isImport(word: Lexeme): boolean {
  return word.text === 'import' && word.startsLine && !word.quoted;
}

function cannotRead(word: Lexeme, is: string, expected: string): ConfigurationError {
  return new ConfigurationError(word, `Cannot read "${word.text}": ${is}; expected ${expected}`);
}

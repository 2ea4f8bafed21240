/**
 * Text → words. As CoreDNS splits it, but for some traps: a comment that begins inside of a word
 * goes to the end of its line (there it ends at the next blank), a quote that never ends is refused
 * (there it swallows the rest of the file), what is in quotes is no brace and no import, and a byte
 * order mark is a blank wherever files were joined.
 */
import { ConfigurationError } from './configuration-error.ts';
import type { Token } from './corefile.ts';

/** A word before environment and imports. */
export interface Lexeme extends Token {
  /** Quoted words are never braces, and may be empty. */
  readonly quoted: boolean;
  /** Whether it is the first of its line. Kept by imports, whose lines are another file's. */
  readonly startsLine: boolean;
  /** Why neither this one nor what comes after it can be read. */
  readonly error?: ConfigurationError;
}

/** The words of a file. Braces are words of their own only where blanks surround them. */
export function lex(text: string, file: string): readonly Lexeme[] {
  // Carriage returns vanish wherever they are, also inside of words.
  const source = text.replace(/^\uFEFF/, '').replaceAll('\r', '');
  const lexemes: Lexeme[] = [];
  let line = 1;
  let lastLine = 0;
  for (let at = 0; at < source.length; ) {
    const read = wordAt(source, at);
    if (read.text !== undefined) {
      const place = { file, line };
      const quoted = read.kind !== 'bare';
      const word = { text: read.text, ...place, quoted, startsLine: line > lastLine };
      lexemes.push(read.kind === 'unfinished' ? { ...word, error: unfinished(word) } : word);
    }
    for (; at < read.end; at++) if (source[at] === '\n') line++;
    if (read.text !== undefined) lastLine = line;
  }
  return lexemes;
}

function unfinished(word: Token): ConfigurationError {
  const is = 'its quote never ends; expected a closing "';
  return new ConfigurationError(word, `Cannot read "${word.text.slice(0, 40)}": ${is}`);
}

interface Word {
  readonly kind: 'bare' | 'quoted' | 'unfinished' | 'nothing';
  readonly text: string | undefined;
  readonly end: number;
}

function wordAt(source: string, at: number): Word {
  if (source[at] === '"') return quotedAt(source, at);
  const nothing = /[\s\u0085]+|#[^\n]*/y;
  nothing.lastIndex = at;
  if (nothing.test(source)) return { kind: 'nothing', text: undefined, end: nothing.lastIndex };
  const bare = /[^\s\u0085#]+/y;
  bare.lastIndex = at;
  bare.test(source);
  return { kind: 'bare', text: source.slice(at, bare.lastIndex), end: bare.lastIndex };
}

/** Only `\"` is an escape; every other backslash is itself, and escapes nothing: `"a\\"` ends. */
function quotedAt(source: string, start: number): Word {
  let text = '';
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === '"') return { kind: 'quoted', text, end: at + 1 };
    if (source[at] === '\\' && at + 1 < source.length) {
      at++;
      if (source[at] !== '"') text += '\\';
    }
    text += source[at];
  }
  return { kind: 'unfinished', text, end: source.length };
}

/** Quoted texts as Go has them. */
import { TemplateError } from './value.ts';

const LETTERS: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gsu;

/** The text between quotes. Nothing is an escape between backquotes. */
export function unquote(quoted: string): string {
  const inside = quoted.slice(1, -1);
  if (quoted.startsWith('`')) return inside;
  return inside.replace(ESCAPE, (all, x, u, U, octal, letter: string | undefined) => {
    const hex: string | undefined = x ?? u ?? U;
    const code = hex === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(hex, 16);
    if (letter === undefined && code <= 0x10ffff) return String.fromCodePoint(code);
    if (letter === '\\' || letter === quoted[0]) return letter ?? '';
    const control = LETTERS[letter ?? ''];
    if (control !== undefined) return control;
    throw new TemplateError(`${all} is no escape`, String.raw`\n, \", \\, \x41 or \u00e4`);
  });
}

/** The text as Go's source would have it, between double quotes. */
export function quote(text: string): string {
  const names = new Map(Object.entries(LETTERS).map(([name, letter]) => [letter, name]));
  const escaped = [...text].map((letter) => {
    if (letter === '"' || letter === '\\') return `\\${letter}`;
    const name = names.get(letter);
    if (name !== undefined) return `\\${name}`;
    const code = letter.codePointAt(0) ?? 0;
    return code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, '0')}` : letter;
  });
  return `"${escaped.join('')}"`;
}

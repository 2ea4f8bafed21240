/** The words of an expression, each with the character that it begins at. */
import { ExpressionError } from './expression-error.ts';

export interface Word {
  readonly kind: 'name' | 'number' | 'string' | 'sign' | 'end';
  /** Of a string: what it says. */
  readonly text: string;
  readonly at: number;
}

/** Characters; as many as a pattern may have. */
const CHARACTERS_MAX = 10_000;

const WORDS = [
  ['space', /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y],
  ['number', /0x[0-9a-f]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?/iy],
  ['name', /[A-Za-z_$][\w$]*/y],
  ['string', /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"|`[^`]*`/y],
  ['sign', /&&|\|\||\*\*|==|!=|<=|>=|\?\?|[-+*/%^<>!?:,()[\]{}|#]/y],
] as const;

/** Throws ExpressionError. */
export function wordsOf(text: string): readonly Word[] {
  if (text.length > CHARACTERS_MAX) {
    throw new ExpressionError(`it has ${text.length} characters of ${CHARACTERS_MAX}`);
  }
  const words: Word[] = [];
  let at = 0;
  while (at < text.length) {
    const [kind, found] = wordAt(text, at);
    if (kind !== 'space') {
      words.push({ kind, text: kind === 'string' ? unquoted(found, at) : found, at });
    }
    at += found.length;
  }
  return [...words, { kind: 'end', text: 'the end', at }];
}

function wordAt(text: string, at: number) {
  for (const [kind, pattern] of WORDS) {
    pattern.lastIndex = at;
    const [found] = pattern.exec(text) ?? [];
    if (found !== undefined) return [kind, found] as const;
  }
  throw new ExpressionError(`nothing begins with "${text.charAt(at)}" at character ${at + 1}`);
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ '\\': '\\', "'": "'", '"': '"', '`': '`', '?': '?' },
};
const HEX = '[0-9a-fA-F]';
/** Characters by number, in hexadecimal or octal digits; or any other one. */
const ESCAPE = new RegExp(
  String.raw`\\(?:(?:[xX](${HEX}{2})|u(${HEX}{4})|U(${HEX}{8})|u\{(${HEX}{1,6})\})` +
    String.raw`|([0-3][0-7]{2})|([\s\S]))`,
  'g',
);
const CODE_MAX = 0x10ffff;

function unquoted(text: string, at: number): string {
  const inner = text.slice(1, -1);
  if (text.startsWith('`')) return inner;
  return inner.replace(ESCAPE, (escaped: string, ...found: readonly unknown[]) => {
    const hex = found.slice(0, 4).find((digits) => digits !== undefined);
    const octal = found[4];
    const code = Number.parseInt(String(hex ?? octal), hex === undefined ? 8 : 16);
    const known = Number.isNaN(code) ? ESCAPES[escaped.slice(1)] : codePoint(code);
    if (known !== undefined) return known;
    throw new ExpressionError(
      `"${escaped}" is no escape, in the text at character ${at + 1}: a backslash is "\\\\" there`,
    );
  });
}

function codePoint(code: number): string | undefined {
  return code <= CODE_MAX ? String.fromCodePoint(code) : undefined;
}

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
      words.push({ kind, text: kind === 'string' ? unquoted(found) : found, at });
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

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function unquoted(text: string): string {
  const inner = text.slice(1, -1);
  if (text.startsWith('`')) return inner;
  return inner.replace(/\\([\s\S])/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped);
}

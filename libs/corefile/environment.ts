/** References to the environment, `{$NAME}` and `{%NAME%}`, anywhere in a word, quoted or not. */
import { ConfigurationError } from './configuration-error.ts';
import type { Token } from './corefile.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Values may refer to other variables; more rounds than this refer to themselves. */
const REFERENCES_MAX = 100;
/** A word longer than this, in characters, is no configuration. */
const WORD_CHARACTERS_MAX = 65_536;

/**
 * The word with its references filled in: first the % form, then the $ form. What is not set is
 * empty, and named in `unset`; a value with blanks stays one word.
 */
export function fillEnvironment<T extends Token>(token: T, environment: Environment): T {
  const { length } = token.text;
  if (length > WORD_CHARACTERS_MAX) {
    const is = `it has ${length} characters`;
    throw new ConfigurationError(
      token,
      `Cannot read "${token.text}": ${is}; expected ${WORD_CHARACTERS_MAX} at most`,
    );
  }
  if (!token.text.includes('{')) return token;
  let text = token.text;
  const unset: string[] = [];
  for (const [open, close] of FORMS) {
    for (let round = 0; ; round++) {
      const found = referenceIn(text, open, close);
      if (found === undefined) break;
      if (round === REFERENCES_MAX || text.length > WORD_CHARACTERS_MAX) {
        throw new ConfigurationError(
          token,
          `Cannot read "${token.text}": its variables refer to themselves; expected an end`,
        );
      }
      const { at, name } = found;
      const whole = open + name + close;
      const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
      if (value === undefined && !unset.includes(whole)) unset.push(whole);
      text = text.slice(0, at) + (value ?? '') + text.slice(at + whole.length);
    }
  }
  return unset.length === 0 ? { ...token, text } : { ...token, text, unset };
}

const FORMS = [
  ['{%', '%}'],
  ['{$', '}'],
] as const;

/** The first one that has a name. */
function referenceIn(
  text: string,
  open: string,
  close: string,
): { readonly at: number; readonly name: string } | undefined {
  for (let at = text.indexOf(open); at >= 0; at = text.indexOf(open, at + 1)) {
    const from = at + open.length;
    // A name that begins like the end of one: at least one character is its own.
    const end = text.indexOf(close, open === '{%' ? from + 1 : from);
    if (end < 0) return undefined;
    if (end > from) return { at, name: text.slice(from, end) };
  }
  return undefined;
}

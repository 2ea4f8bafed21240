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
  if (!token.text.includes('{')) return token;
  let text = token.text;
  const unset: string[] = [];
  for (const reference of [/\{%(.+?)%\}/s, /\{\$([^}]+)\}/]) {
    for (let round = 0; ; round++) {
      const found = reference.exec(text);
      if (found === null) break;
      if (round === REFERENCES_MAX || text.length > WORD_CHARACTERS_MAX) {
        throw new ConfigurationError(
          token,
          `Cannot read "${token.text}": its variables refer to themselves; expected an end`,
        );
      }
      const value = environment[found[1] ?? ''];
      if (value === undefined && !unset.includes(found[0])) unset.push(found[0]);
      text = text.replace(found[0], () => value ?? '');
    }
  }
  return unset.length === 0 ? { ...token, text } : { ...token, text, unset };
}

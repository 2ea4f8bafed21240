/**
 * The words of one rule, as readers of its field get them: `rewrite [continue|stop] FIELD WORDS`.
 */
import { oneOf } from '../../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Place, Token } from '../../../../libs/corefile/corefile.ts';
import { KINDS, type Kind } from './name-pattern.ts';

export interface RuleText {
  readonly place: Place;
  readonly field: string;
  readonly stops: boolean;
  /** What follows the field. */
  readonly words: readonly Token[];
}

/** The error for a rule that has too few words, or too many. */
export function wrongWords({ place, field, words }: RuleText, expected: string) {
  const count = ['nothing', 'one word'][words.length] ?? `${words.length} words`;
  return new ConfigurationError(
    place,
    `Cannot read "rewrite ${field}": ${count} after it; expected ${expected}`,
  );
}

export interface KindAndWords {
  readonly kind: Kind;
  readonly from: Token;
  /** What follows FROM. */
  readonly rest: readonly Token[];
}

/** `[KIND] FROM REST`, with `after` words in the rest. */
export function readKind(text: RuleText, after: number, expected: string): KindAndWords {
  const { words } = text;
  const [first, second, ...more] = words;
  if (first === undefined || second === undefined) throw wrongWords(text, expected);
  if (words.length === after + 1) return { kind: 'exact', from: first, rest: [second, ...more] };
  if (words.length !== after + 2) throw wrongWords(text, expected);
  return { kind: oneOf(lower(first), 'match type', KINDS), from: second, rest: more };
}

export function lower(token: Token): Token {
  return { ...token, text: token.text.toLowerCase() };
}

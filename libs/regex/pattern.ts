/**
 * Regular expressions of a configuration, in the syntax of RE2, which is Go's: `(?P<name>…)`,
 * `\pN`, `[[:alpha:]]`, no references back and no looking around. A search takes time in proportion
 * to its text, whatever the expression: the texts are names that anybody may ask for.
 */
import { RE2JS } from 're2js';
import { cannotRead } from '../corefile/arguments.ts';
import type { Token } from '../corefile/corefile.ts';

export interface Pattern {
  /** As it was written. */
  readonly source: string;
  /** How many groups it has; the whole match is none of them. */
  readonly groups: number;
  /** Numbers of the groups that have a name. */
  readonly names: ReadonlyMap<string, number>;
  /** Whether it is anywhere in the text. */
  test(text: string): boolean;
  /** The first match in the text: the leftmost one. */
  find(text: string): Match | undefined;
}

export interface Match {
  /** Where the whole match begins and ends in the text. */
  readonly start: number;
  readonly end: number;
  /** The whole match, then each group; empty for a group that took no part. */
  readonly groups: readonly string[];
}

/** Characters of an expression. As many as CoreDNS takes. */
const CHARACTERS_MAX = 10_000;
/** Instructions of a compiled one: each may be looked at for each character of a text. */
const INSTRUCTIONS_MAX = 10_000;

/** The expression of a configuration. Throws ConfigurationError. */
export function readPattern(token: Token): Pattern {
  try {
    return compilePattern(token.text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const text = token.text.slice(0, 100);
    throw cannotRead({ ...token, text }, 'pattern', error.message, 'a regular expression of RE2');
  }
}

/** Throws RangeError, which says what is wrong. */
export function compilePattern(source: string): Pattern {
  if (source.length > CHARACTERS_MAX) {
    throw new RangeError(`it has ${source.length} characters of ${CHARACTERS_MAX}`);
  }
  const compiled = compile(source);
  const size = compiled.programSize();
  if (size > INSTRUCTIONS_MAX) {
    throw new RangeError(`it is too large, ${size} instructions of ${INSTRUCTIONS_MAX}`);
  }
  const groups = compiled.groupCount();
  const find = (text: string): Match | undefined => {
    const matcher = compiled.matcher(text);
    if (!matcher.find()) return undefined;
    const found = Array.from({ length: groups + 1 }, (_, i) => matcher.group(i) ?? '');
    return { start: matcher.start(), end: matcher.end(), groups: found };
  };
  const names = new Map(Object.entries(compiled.namedGroups()));
  return { source, groups, names, test: (text) => compiled.test(text), find };
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RangeError(why.replace(/^error parsing regexp: /, ''));
  }
}

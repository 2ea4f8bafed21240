/**
 * What a name becomes: text with groups of the regex, `{1}.service.{2}.consul`, and with facts of
 * the query where a rule says `metadata`. Values are put in once: what looks like a group in them
 * is text.
 */
import { cannotRead } from '../../../../libs/corefile/arguments.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import { absoluteName, lowerName } from '../../../../libs/dns/name.ts';
import type { Metadata } from '../../query.ts';

/** Undefined when a fact is not known. */
export type Replacement = (
  groups: readonly string[],
  metadata?: Metadata | undefined,
) => string | undefined;

interface Group {
  readonly group: number;
}
interface Fact {
  readonly label: string;
}
type Part = string | Group | Fact;

/** `{0}` is the whole match. Other braces are text. Throws ConfigurationError. */
export function readReplacement(token: Token, groups: number): Replacement {
  return expansion(split(token, /\{(\d{1,3})\}/, (inside) => readGroup(token, inside, groups)));
}

/** `{plugin/label}` is a fact, and there are no other braces. */
export function readFactReplacement(token: Token, groups: number): Replacement {
  const parts = split(token, /\{([^{}]*)\}/, (inside) =>
    /^\d{1,3}$/.test(inside) ? readGroup(token, inside, groups) : readFact(token, inside),
  );
  if (parts.some((part) => typeof part === 'string' && /[{}]/.test(part))) {
    throw cannotRead(token, 'name', 'it has a brace alone', 'pairs of braces');
  }
  return expansion(parts);
}

function split(token: Token, placeholder: RegExp, read: (inside: string) => Part): Part[] {
  const text = absoluteName(token.text);
  // With a group in the expression, every second one is what is inside of braces.
  return text
    .split(placeholder)
    .map((part, i): Part => (i % 2 === 0 ? lowerName(part) : read(part)))
    .filter((part) => part !== '');
}

function readGroup(token: Token, inside: string, groups: number): Group {
  const group = Number(inside);
  if (group <= groups) return { group };
  const has = groups === 1 ? 'one group' : `${groups} groups`;
  throw cannotRead(token, 'name', `the pattern has ${has}`, 'no group beyond these');
}

function readFact(token: Token, label: string): Fact {
  if (/^[^/]+\/.+$/.test(label)) return { label };
  throw cannotRead(token, 'name', `{${label}} is no fact`, 'PLUGIN/FACT in braces');
}

function expansion(parts: readonly Part[]): Replacement {
  return (groups, metadata) => {
    let name = '';
    for (const part of parts) {
      if (typeof part === 'string') name += part;
      else if ('group' in part) name += groups[part.group] ?? '';
      else {
        const value = metadata?.get(part.label)?.() ?? '';
        if (value === '') return undefined;
        name += lowerName(value);
      }
    }
    return withOneDot(name);
  };
}

/** A group may have brought the root's dot. */
export function withOneDot(name: string): string {
  return name.endsWith('..') && !name.endsWith('\\..') ? name.slice(0, -1) : name;
}

/**
 * Which names a rule is for, and what becomes of them. Names are in lower case and absolute.
 *
 *   exact      the name itself          web.example.          ─► TO
 *   prefix     how it begins            web.|shop.example.    ─► TO|shop.example.
 *   suffix     how it ends              web.shop.|example.    ─► web.shop.|TO
 *   substring  wherever it is in it     web.|shop.|example.   ─► web.|TO|example.
 *   regex      anywhere in it           all of the name       ─► TO
 */
import { cannotRead } from '../../../../libs/corefile/arguments.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import { absoluteName, lowerName, nameToWire } from '../../../../libs/dns/name.ts';
import { readPattern } from '../../../../libs/regex/pattern.ts';

export const KINDS = ['exact', 'prefix', 'suffix', 'substring', 'regex'] as const;
export type Kind = (typeof KINDS)[number];

export interface NamePattern {
  readonly kind: Kind;
  /** As it is compared; of a regex as it is written. */
  readonly text: string;
  /** Groups of the regex. */
  readonly groups: number;
  matches(name: string): boolean;
  /**
   * The name with `to` for what matched: given the match and its groups. Undefined when nothing
   * matches, or `to` gives nothing.
   */
  replace(name: string, to: To): string | undefined;
}

export type To = (groups: readonly string[]) => string | undefined;

/** Throws ConfigurationError. */
export function readNamePattern(kind: Kind, from: Token): NamePattern {
  if (kind === 'regex') return regexPattern(from);
  return literalPattern(kind, readText(from, 'name'));
}

/** The text of a name or of a part of one, which may begin with a dot. It gets the root's dot. */
export function readText(token: Token, what: string, endsWithDot = true): string {
  const text = lowerName(token.text);
  const absolute = absoluteName(text);
  try {
    nameToWire(absolute.length > 1 && absolute.startsWith('.') ? absolute.slice(1) : absolute);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw cannotRead(token, what, 'it is no domain name', 'labels between dots');
  }
  if (text === '') throw cannotRead(token, what, 'it is empty', 'a name');
  return endsWithDot ? absolute : text;
}

export function literalPattern(kind: Exclude<Kind, 'regex'>, from: string): NamePattern {
  const replace: NamePattern['replace'] = (name, to) => {
    const groups = [from];
    switch (kind) {
      case 'exact':
        return name === from ? to(groups) : undefined;
      case 'prefix': {
        if (!name.startsWith(from)) return undefined;
        return joined('', to(groups), name.slice(from.length));
      }
      case 'suffix': {
        const at = name.length - from.length;
        if (!name.endsWith(from) || !canCut(name, at)) return undefined;
        return joined(name.slice(0, at), to(groups), '');
      }
      case 'substring':
        return replaceAll(name, from, () => to(groups));
    }
  };
  return patternOf({ kind, text: from, groups: 0 }, replace);
}

function regexPattern(from: Token): NamePattern {
  const pattern = readPattern(from);
  const { groups } = pattern;
  return patternOf({ kind: 'regex', text: from.text, groups }, (name, to) => {
    const match = pattern.find(name);
    return match === undefined ? undefined : to(match.groups);
  });
}

function patternOf(
  what: Pick<NamePattern, 'kind' | 'text' | 'groups'>,
  replace: NamePattern['replace'],
): NamePattern {
  return { ...what, replace, matches: (name) => replace(name, () => '') !== undefined };
}

function joined(before: string, to: string | undefined, after: string): string | undefined {
  return to === undefined ? undefined : before + to + after;
}

function replaceAll(name: string, from: string, to: () => string | undefined): string | undefined {
  let replaced: string | undefined;
  let end = 0;
  for (let at = name.indexOf(from); at >= 0; at = name.indexOf(from, at + 1)) {
    if (at < end || !canCut(name, at)) continue;
    const by = to();
    if (by === undefined) return undefined;
    replaced = (replaced ?? '') + name.slice(end, at) + by;
    end = at + from.length;
  }
  return replaced === undefined ? undefined : replaced + name.slice(end);
}

/** Whether a name has a place between two characters there, not inside of an escape like `\.`. */
function canCut(name: string, at: number): boolean {
  let escaped = name.indexOf('\\');
  while (escaped >= 0 && escaped < at) {
    const end = escaped + (/\d/.test(name[escaped + 1] ?? '') ? 4 : 2);
    if (end > at) return false;
    escaped = name.indexOf('\\', end);
  }
  return true;
}

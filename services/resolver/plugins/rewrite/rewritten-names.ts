/**
 * The names that rules change, as those that the chain answers: the table keeps all others. A rule
 * for every query leaves none.
 */
import { parentName } from '../../../../libs/dns/name.ts';
import type { ChainNames } from '../../chain-names.ts';
import type { NamePattern } from './name-pattern.ts';
import type { Rule } from './rule.ts';

export interface RewrittenNames extends ChainNames {
  /** Names that can't be listed are among them: whatever a zone lacks may be one. */
  readonly isEndless: boolean;
}

/** Undefined where a rule is not for some names only. */
export function rewrittenNames(rules: readonly Rule[]): RewrittenNames | undefined {
  const patterns = rules.flatMap(({ names }) => names ?? []);
  if (patterns.length < rules.length) return undefined;
  // Whatever a cluster has is looked for here: by rules one after the other it would take long.
  const exact = new Set(textsOf(patterns, isExact));
  const above = new Set(textsOf(patterns, isBelow).map((text) => text.slice(1)));
  const others = patterns.filter((pattern) => !isExact(pattern) && !isBelow(pattern));
  const isAtOrBelow = (name: string | undefined) => {
    if (above.size === 0) return false;
    for (let at = name; at !== undefined; at = parentName(at)) if (above.has(at)) return true;
    return false;
  };
  return {
    isEndless: patterns.some(({ kind }) => kind !== 'exact' && kind !== 'suffix'),
    // A rule that has changed a name may bring it to others: the first is for the name as it was.
    has: (name) =>
      exact.has(name) ||
      isAtOrBelow(parentName(name)) ||
      others.some((pattern) => pattern.matches(name)),
    isOpen: (name) => isAtOrBelow(name) || others.some((pattern) => opens(pattern, name)),
    list: () => patterns.flatMap(listed),
    follow: () => {},
  };
}

type Text = Pick<NamePattern, 'kind' | 'text'>;

function isExact({ kind }: Text): boolean {
  return kind === 'exact';
}

/** A suffix that is for all names below one. */
function isBelow({ kind, text }: Text): boolean {
  return kind === 'suffix' && text.startsWith('.') && text.length > 1;
}

function textsOf(patterns: readonly Text[], which: (pattern: Text) => boolean): readonly string[] {
  return patterns.filter(which).map(({ text }) => text);
}

/** A suffix may begin within a label: then names beside it end like it too. */
function opens({ kind, text }: Text, name: string): boolean {
  if (kind !== 'suffix') return false;
  return `.${name}`.endsWith(text) || (!text.startsWith('.') && name === parentName(text));
}

function listed({ kind, text }: NamePattern): readonly string[] {
  if (kind === 'exact') return [text];
  if (kind !== 'suffix') return [];
  const name = text.replace(/^\.(?=.)/, '');
  return [name, parentName(name) ?? '.'].filter((one) => opens({ kind, text }, one));
}

/** `name`: another name is asked for than the client did. */
import { oneOf } from '../../../../libs/corefile/arguments.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import { type AnswerRules, back, readAnswerRules, renameAll } from './answer-rules.ts';
import { KINDS, type Kind, literalPattern, readNamePattern, readText } from './name-pattern.ts';
import { type Rename, validName } from './record-names.ts';
import {
  type Replacement,
  readFactReplacement,
  readReplacement,
  withOneDot,
} from './replacement.ts';
import { asking, type ResponseChange, type Rule } from './rule.ts';
import { lower, type RuleText, wrongWords } from './rule-text.ts';

const EXPECTED = '[exact|prefix|suffix|substring|regex] FROM TO [metadata] [answer ...]';

/** Throws ConfigurationError. */
export function readNameRule(text: RuleText): Rule {
  const { words } = text;
  const [first, second, third, ...options] = words;
  if (first === undefined || second === undefined) throw wrongWords(text, EXPECTED);
  if (third === undefined) return nameRule(text, 'exact', [first, second], []);
  return nameRule(text, oneOf(lower(first), 'match type', KINDS), [second, third], options);
}

function nameRule(
  { stops }: RuleText,
  kind: Kind,
  [from, to]: readonly [Token, Token],
  options: readonly Token[],
): Rule {
  const pattern = readNamePattern(kind, from);
  const hasFacts = kind === 'regex' && options[0]?.text === 'metadata';
  const answers = readAnswerRules(hasFacts ? options.slice(1) : options);
  const replacement = replacementOf(kind, to, pattern.groups, hasFacts);
  const swap = kind === 'suffix' ? swapSuffix(from, to) : undefined;
  return {
    stops,
    names: pattern,
    apply(query) {
      const { name, metadata } = query;
      const by = pattern.replace(name, (groups) => replacement(groups, metadata));
      if (by === undefined) return undefined;
      const asked = validName(withOneDot(by), name);
      const auto = answers.auto || kind === 'exact';
      const changes = changesOf(answers, auto ? either(back(asked, name), swap) : undefined);
      return { query: asking(query, { name: asked }), changes };
    },
  };
}

function replacementOf(kind: Kind, to: Token, groups: number, hasFacts: boolean): Replacement {
  if (kind !== 'regex') {
    const text = readText(to, 'name');
    return () => text;
  }
  return (hasFacts ? readFactReplacement : readReplacement)(to, groups);
}

function changesOf({ explicit }: AnswerRules, auto: Rename | undefined): readonly ResponseChange[] {
  return [...(auto === undefined ? [] : renameAll(auto)), ...explicit];
}

/** Other names that end as the name asked does end as the client's. */
function swapSuffix(from: Token, to: Token): Rename {
  const before = readText(from, 'name');
  const pattern = literalPattern('suffix', readText(to, 'name'));
  return (name) => pattern.replace(name, () => before);
}

function either(first: Rename, second: Rename | undefined): Rename {
  return (name) => first(name) ?? second?.(name);
}

import { oneOf } from '../../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Directive, Token } from '../../../../libs/corefile/corefile.ts';
import { each } from '../../../../libs/corefile/wrongs.ts';
import type { Setup } from '../../plugin.ts';
import { readCnameRule } from './cname-rule.ts';
import { readEdnsRule } from './edns-rule.ts';
import { createRewrite } from './handler.ts';
import { readNameRule } from './name-rule.ts';
import { readClassRule, readTypeRule } from './question-rules.ts';
import { readRcodeRule } from './rcode-rule.ts';
import type { Rule } from './rule.ts';
import { lower, type RuleText } from './rule-text.ts';
import { readTtlRule } from './ttl-rule.ts';

const READERS = {
  name: readNameRule,
  type: readTypeRule,
  class: readClassRule,
  edns0: readEdnsRule,
  ttl: readTtlRule,
  rcode: readRcodeRule,
  cname: readCnameRule,
} as const;
const FIELDS = ['name', 'type', 'class', 'edns0', 'ttl', 'rcode', 'cname'] as const;
const EXPECTED = `[continue|stop] and one of ${FIELDS.join(', ')}`;

/** Each directive of a server block is a rule, in file order. */
export const setup: Setup = (directives, { log }) => {
  const rules = each(directives, readRule);
  const last = rules.findIndex(({ stops, isForAll }) => stops && isForAll === true);
  const [at, unused] = [directives[last], directives[last + 1]];
  if (at !== undefined && unused !== undefined) {
    log.warning(
      `plugin/rewrite: the rules from line ${unused.line} on are never used: that of line ` +
        `${at.line} applies to each query, and does not say continue (${at.file})`,
    );
  }
  return createRewrite(rules);
};

function readRule(directive: Directive): Rule {
  const [first, ...others] = wordsOf(directive);
  if (first === undefined) throw incomplete(directive);
  const mode = lower(first).text;
  const hasMode = mode === 'continue' || mode === 'stop';
  const [field, ...words] = hasMode ? others : [first, ...others];
  if (field === undefined) throw incomplete(directive);
  const text: RuleText = {
    place: field,
    field: oneOf(lower(field), 'field', FIELDS),
    stops: mode !== 'continue',
    words,
  };
  return READERS[oneOf(lower(field), 'field', FIELDS)](text);
}

/** On the line, or, where that has but the mode or the field, on lines between braces. */
function wordsOf(directive: Directive): readonly Token[] {
  const { args, block = [] } = directive;
  if (args.length > 1 && directive.block !== undefined) {
    throw new ConfigurationError(
      directive,
      'Cannot read the block of "rewrite": the rule is before it; expected it inside of the braces',
    );
  }
  const inside = block.flatMap((property): Token[] => {
    const { name, file, line } = property;
    if (property.block === undefined) return [{ text: name, file, line }, ...property.args];
    throw new ConfigurationError(
      property,
      `Cannot read the block of "${name}": it is inside of another; expected no braces`,
    );
  });
  return [...args, ...inside];
}

function incomplete(directive: Directive): ConfigurationError {
  return new ConfigurationError(
    directive,
    `Cannot read "rewrite": it says no rule; expected ${EXPECTED}`,
  );
}

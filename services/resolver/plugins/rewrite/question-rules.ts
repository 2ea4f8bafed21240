/** `type` and `class`: something else is asked of the name. */
import { cannotRead, oneOf } from '../../../../libs/corefile/arguments.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import { CLASS_CH, CLASS_IN, typeName, typeNumber } from '../../../../libs/dns/iana.ts';
import { asking, type Rule } from './rule.ts';
import { type RuleText, wrongWords } from './rule-text.ts';

/** RFC 1035 § 3.2.4. */
const CLASSES = { IN: CLASS_IN, CH: CLASS_CH, HS: 4 } as const;

/** Throws ConfigurationError. */
export function readTypeRule(text: RuleText): Rule {
  const [from, to] = twoWords(text, 'two types');
  return questionRule(text, 'type', readType(from), readType(to));
}

/** No other class than IN has names here: what is asked of one can only be asked of IN. */
export function readClassRule(text: RuleText): Rule {
  const [from, to] = twoWords(text, 'two classes');
  const [fromClass, toClass] = [readClass(from), readClass(to)];
  if (toClass !== CLASS_IN) throw cannotRead(to, 'class', 'nobody here answers for it', 'IN');
  const rule = questionRule(text, 'class', fromClass, toClass);
  return fromClass === CLASS_IN ? rule : { ...rule, takesClass: fromClass };
}

function questionRule<T>({ stops }: RuleText, field: 'type' | 'class', from: T, to: T): Rule {
  return {
    stops,
    apply: (query) =>
      query.question[field] === from ? { query: asking(query, { [field]: to }) } : undefined,
  };
}

function twoWords(text: RuleText, expected: string): readonly [Token, Token] {
  const [from, to, ...more] = text.words;
  if (from === undefined || to === undefined || more.length > 0) throw wrongWords(text, expected);
  return [from, to];
}

function readType(token: Token): string {
  const number = typeNumber(upper(token).text);
  if (number !== undefined) return typeName(number);
  throw cannotRead(token, 'type', 'it is unknown', 'a mnemonic, or TYPE and a number');
}

function readClass(token: Token): number {
  return CLASSES[oneOf(upper(token), 'class', ['IN', 'CH', 'HS'] as const)];
}

function upper(token: Token): Token {
  return { ...token, text: token.text.toUpperCase() };
}

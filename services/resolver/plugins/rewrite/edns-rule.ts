/**
 * `edns0`: options that upstream gets with the query.
 *
 *   set      there is one of that code then      append  the same, where there was none
 *   replace  the same, where there was one       unset   there is none then
 */
import { oneOf } from '../../../../libs/corefile/arguments.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import { OPTION_NSID } from '../../../../libs/dns/message.ts';
import type { Query } from '../../query.ts';
import { optionOf, withOption } from './edns-options.ts';
import { fixed, type OptionData, readCode, readLocalData, readSubnet } from './option-data.ts';
import type { Applied, Rule } from './rule.ts';
import { lower, type RuleText, wrongWords } from './rule-text.ts';

const OPTIONS = ['local', 'nsid', 'subnet'] as const;
type Option = (typeof OPTIONS)[number];
const ACTIONS = ['set', 'append', 'replace', 'unset'] as const;
type Action = (typeof ACTIONS)[number];

/** EDNS option code of a client's subnet (RFC 7871). */
const OPTION_SUBNET = 8;

const EXPECTED = 'local CODE DATA, nsid, or subnet BITS BITS, and an action before these';
const WORDS: Readonly<Record<Option, string>> = {
  local: 'a code and, but for unset, its data',
  nsid: 'nothing but revert',
  subnet: 'bits of IPv4 and of IPv6, but for unset',
};

interface Edit {
  readonly action: Action;
  readonly code: number;
  readonly data: OptionData;
  /** The client may be told of it. */
  readonly isTold: boolean;
  readonly reverts: boolean;
}

/** Throws ConfigurationError. */
export function readEdnsRule(text: RuleText): Rule {
  const edit = readEdit(text);
  const isForAll = edit.action === 'unset' || (edit.action === 'set' && !edit.data.mayBeUnknown);
  return { stops: text.stops, isForAll, apply: (query) => applied(edit, query) };
}

function readEdit(text: RuleText): Edit {
  const [first, second, ...more] = text.words;
  if (first === undefined || second === undefined) throw wrongWords(text, EXPECTED);
  const option = oneOf(lower(first), 'option', OPTIONS);
  const action = oneOf(lower(second), 'action', ACTIONS);
  const reverts = action !== 'unset' && more.at(-1)?.text === 'revert';
  const words = reverts ? more.slice(0, -1) : more;
  const common = { action, reverts, isTold: option === 'local' };
  const [one, other, ...rest] = words;
  const wrong = () => wrongWords(text, `${option} ${action}, and ${WORDS[option]}`);
  if (rest.length > 0) throw wrong();
  switch (option) {
    case 'nsid':
      if (one !== undefined) throw wrong();
      // Empty in a query (RFC 5001 § 2.1).
      return { ...common, code: OPTION_NSID, data: fixed(new Uint8Array()) };
    case 'local':
      if (one === undefined || (other === undefined) !== (action === 'unset')) throw wrong();
      return { ...common, code: readCode(one), data: dataOr(other, readLocalData) };
    case 'subnet': {
      const isComplete = action === 'unset' ? one === undefined : other !== undefined;
      if (!isComplete) throw wrong();
      return {
        ...common,
        code: OPTION_SUBNET,
        data: dataOr(other, (last) => readSubnet(one, last)),
      };
    }
  }
}

const NOTHING: OptionData = { mayBeUnknown: false, of: () => undefined };

function dataOr(token: Token | undefined, read: (token: Token) => OptionData): OptionData {
  return token === undefined ? NOTHING : read(token);
}

function applied({ action, code, data, isTold, reverts }: Edit, query: Query): Applied | undefined {
  const before = optionOf(query.message, code);
  const edit = { code, isTold };
  if (action === 'unset') return { query: withOption(query, code, undefined), edit };
  if (action === 'replace' && before === undefined) return undefined;
  if (action === 'append' && before !== undefined) {
    // The client's own goes upstream, since the operator wants one there.
    return { query: withOption(query, code, before), edit, goesOn: true };
  }
  const octets = data.of(query);
  if (octets === undefined) return undefined;
  const changed = withOption(query, code, { code, data: octets });
  return { query: changed, edit: reverts ? { ...edit, undo: { before } } : edit };
}

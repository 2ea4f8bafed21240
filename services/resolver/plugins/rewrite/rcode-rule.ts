/** `rcode`: one response code becomes another. */
import { cannotRead } from '../../../../libs/corefile/arguments.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import { RCODE, RCODE_NUMBERS } from '../../../../libs/dns/iana.ts';
import { readNamePattern } from './name-pattern.ts';
import type { CodeChange, Rule } from './rule.ts';
import { type RuleText, readKind, wrongWords } from './rule-text.ts';

const EXPECTED = '[exact|prefix|suffix|substring|regex] NAME RCODE RCODE';

/** Codes of TSIG and TKEY (RFC 6895 § 2.3), and another name that CoreDNS has for one. */
const MORE_NUMBERS: ReadonlyMap<string, number> = new Map([
  ['NOTIMPL', RCODE.NOTIMP],
  ['DSOTYPENI', 11],
  ['BADSIG', 16],
  ['BADKEY', 17],
  ['BADTIME', 18],
  ['BADMODE', 19],
  ['BADNAME', 20],
  ['BADALG', 21],
  ['BADTRUNC', 22],
]);
const RCODE_MAX = 23;
/** What a header has room for: the rest of a code travels in OPT (RFC 6891 § 6.1.3). */
const HEADER_RCODE_MAX = 15;

/** Throws ConfigurationError. */
export function readRcodeRule(text: RuleText): Rule {
  const { kind, from, rest } = readKind(text, 2, EXPECTED);
  const [before, after] = rest;
  if (before === undefined || after === undefined) throw wrongWords(text, EXPECTED);
  const pattern = readNamePattern(kind, from);
  const code = changeRcode(readRcode(before), readRcode(after));
  return {
    stops: text.stops,
    names: pattern,
    apply: (query) => (pattern.matches(query.name) ? { query, code } : undefined),
  };
}

function changeRcode(before: number, after: number): CodeChange {
  return (rcode, { message }) => {
    const canSay = after <= HEADER_RCODE_MAX || message.edns !== undefined;
    return rcode === before && canSay ? after : rcode;
  };
}

function readRcode(token: Token): number {
  const text = token.text.toUpperCase();
  const known = RCODE_NUMBERS.get(text) ?? MORE_NUMBERS.get(text);
  const number = /^\d{1,2}$/.test(text) ? Number(text) : known;
  if (number !== undefined && number <= RCODE_MAX) return number;
  throw cannotRead(token, 'response code', 'it is unknown', `a mnemonic, or 0 to ${RCODE_MAX}`);
}

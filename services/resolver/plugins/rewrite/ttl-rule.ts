/** `ttl`: records live for so long, or for between so long. */
import { cannotRead } from '../../../../libs/corefile/arguments.ts';
import type { Token } from '../../../../libs/corefile/corefile.ts';
import { TTL_SECONDS_MAX } from '../../../../libs/dns/rrset.ts';
import { readNamePattern } from './name-pattern.ts';
import { mapRecords, type ResponseChange, type Rule } from './rule.ts';
import { type RuleText, readKind, wrongWords } from './rule-text.ts';

const EXPECTED = '[exact|prefix|suffix|substring|regex] NAME SECONDS|MIN-MAX';

/** Throws ConfigurationError. */
export function readTtlRule(text: RuleText): Rule {
  const { kind, from, rest } = readKind(text, 1, EXPECTED);
  const [seconds] = rest;
  if (seconds === undefined) throw wrongWords(text, EXPECTED);
  const pattern = readNamePattern(kind, from);
  const changes = [limitTtl(readRange(seconds))];
  return {
    stops: text.stops,
    names: pattern,
    apply: (query) => (pattern.matches(query.name) ? { query, changes } : undefined),
  };
}

interface Range {
  readonly least: number;
  readonly most: number;
}

function limitTtl({ least, most }: Range): ResponseChange {
  const within = (ttl: number) => Math.min(Math.max(ttl, least), most);
  return (response) => mapRecords(response, (record) => ({ ...record, ttl: within(record.ttl) }));
}

/** `30`, `30-300`, `-300` or `30-`. */
function readRange(token: Token): Range {
  const [, first = '', dash, second = ''] = /^(\d{0,10})(-)?(\d{0,10})$/.exec(token.text) ?? [];
  if (first === '' && second === '') {
    throw cannotRead(token, 'TTL', 'it is no number of seconds', 'SECONDS, MIN-MAX, MIN- or -MAX');
  }
  const least = first === '' ? 0 : Number(first);
  const most = dash === undefined ? least : second === '' ? TTL_SECONDS_MAX : Number(second);
  if (most > TTL_SECONDS_MAX) {
    throw cannotRead(token, 'TTL', 'it is too long', `at most ${TTL_SECONDS_MAX} seconds`);
  }
  if (least > most) throw cannotRead(token, 'TTL', 'it ends before it begins', 'MIN-MAX');
  return { least, most };
}

/**
 * `cname`: an alias leads elsewhere. What it leads to then is asked of the whole listener, as if
 * the client did, and stands in the answer behind it.
 */
import { CLASS_IN, RCODE } from '../../../../libs/dns/iana.ts';
import { lowerName } from '../../../../libs/dns/name.ts';
import type { RR } from '../../../../libs/dns/rrset.ts';
import type { Query } from '../../query.ts';
import { emptyResponse, type Response } from '../../response.ts';
import {
  literalPattern,
  type NamePattern,
  readNamePattern,
  readText,
  type To,
} from './name-pattern.ts';
import { validName } from './record-names.ts';
import { readReplacement, withOneDot } from './replacement.ts';
import { asking, type Rule } from './rule.ts';
import { type RuleText, readKind, wrongWords } from './rule-text.ts';

const EXPECTED = '[exact|prefix|suffix|substring|regex] FROM TO';

/** They ask for the alias itself: where it leads is not in the answer. */
const ALIAS_TYPES = new Set(['CNAME', 'ANY']);
/** How names come to a target. */
const ALIASES = new Set(['CNAME', 'DNAME']);

/** Throws ConfigurationError. */
export function readCnameRule(text: RuleText): Rule {
  const targets = readTargets(text);
  const changes = [(response: Response, query: Query) => retarget(response, query, targets)];
  return { stops: text.stops, isForAll: true, apply: (query) => ({ query, changes }) };
}

/** Which targets (in lower case), and what they become. */
interface Targets {
  readonly pattern: NamePattern;
  readonly to: To;
}

function readTargets(text: RuleText): Targets {
  const { kind, from, rest } = readKind(text, 1, EXPECTED);
  const [to] = rest;
  if (to === undefined) throw wrongWords(text, EXPECTED);
  if (kind === 'regex') {
    const pattern = readNamePattern(kind, from);
    return { pattern, to: readReplacement(to, pattern.groups) };
  }
  // Of this field prefix and substring may be parts of labels.
  const isWhole = kind === 'exact' || kind === 'suffix';
  const by = readText(to, 'name', isWhole);
  return { pattern: literalPattern(kind, readText(from, 'name', isWhole)), to: () => by };
}

async function retarget(response: Response, query: Query, targets: Targets): Promise<Response> {
  const { answer } = response;
  const targetOf = (record: RR) => newTarget(record, targets);
  const at = answer.findIndex((record) => targetOf(record) !== undefined);
  const alias = answer[at];
  const target = alias && targetOf(alias);
  if (alias === undefined || target === undefined) return response;
  const renamed = { ...alias, rdata: validName(target, alias.rdata) };
  if (ALIAS_TYPES.has(query.question.type)) {
    return { ...response, authenticData: false, answer: answer.with(at, renamed) };
  }
  const before = answer.slice(0, at).filter(({ type }) => ALIASES.has(type));
  const asked = asking(query, { name: target, class: CLASS_IN });
  const reply = await query.askServer?.(asked);
  return joined(response, [...before, renamed], reply);
}

function newTarget({ type, rdata }: RR, { pattern, to }: Targets): string | undefined {
  if (type !== 'CNAME') return undefined;
  const target = lowerName(rdata);
  const by = pattern.replace(target, to);
  return by === undefined || withOneDot(by) === target ? undefined : withOneDot(by);
}

/**
 * What is true of the last name is said of the first (RFC 6604 § 3). A target that can't be asked
 * now is a failure: the alias alone would say that it has no such records. One that nobody here
 * serves is left to the client.
 */
function joined(first: Response, aliases: readonly RR[], reply: Response | undefined): Response {
  if (reply?.rcode === RCODE.SERVFAIL) {
    return { ...emptyResponse(RCODE.SERVFAIL), options: reply.options };
  }
  const { answer, authority, additional, rcode } = reply ?? emptyResponse(RCODE.REFUSED);
  return {
    ...first,
    rcode: rcode === RCODE.NXDOMAIN ? RCODE.NXDOMAIN : RCODE.NOERROR,
    authenticData: false,
    answer: [...aliases, ...answer],
    authority,
    additional,
  };
}

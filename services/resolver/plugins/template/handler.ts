/**
 * Answers with records that templates make of the query.
 *
 *   query ─► rules in file order: zone, class, type ─► name ─┬─ matches ──► records, reply
 *                                                            └─ does not ─► next rule, or SERVFAIL
 */
import { RCODE } from '../../../../libs/dns/iana.ts';
import type { EdnsOption } from '../../../../libs/dns/message.ts';
import { isWithin, longestZone, lowerName } from '../../../../libs/dns/name.ts';
import type { RR } from '../../../../libs/dns/rrset.ts';
import type { Pattern } from '../../../../libs/regex/pattern.ts';
import type { Log } from '../../../../libs/telemetry/log.ts';
import { namesWithin } from '../../chain-names.ts';
import type { Plugin } from '../../plugin.ts';
import type { Next, Query } from '../../query.ts';
import { QueryFailure } from '../../query-failure.ts';
import { emptyResponse, type Response } from '../../response.ts';
import { type Conditions, judge } from './conditions.ts';
import type { Matched } from './query-values.ts';
import { RecordFailure, type RecordTemplate, type Section } from './record-template.ts';
import type { TemplateMetrics } from './template-metrics.ts';

export interface TemplateRule {
  readonly zones: readonly string[];
  /** `ANY`: all. */
  readonly className: string;
  /** `ANY`: all. */
  readonly type: string;
  /** The first that the name matches; at least one. */
  readonly patterns: readonly Pattern[];
  /** Of queries whose name matches. */
  readonly conditions: Conditions;
  readonly records: readonly RecordTemplate[];
  readonly rcode: number;
  /** An extended error. */
  readonly error: EdnsOption | undefined;
  /** Zones whose names go on to the next rule when they match no pattern. */
  readonly fallthrough: readonly string[];
}

/** Names of an answer that are aliases of each other. */
const ALIASES_MAX = 10;
const NO_ALIAS = new Set(['CNAME', 'ANY']);

export interface TemplateDependencies {
  readonly log: Log;
  readonly metrics: TemplateMetrics;
  /** Of the server block. */
  readonly zones: readonly string[];
}

export function createTemplate(
  rules: readonly TemplateRule[],
  { log, metrics, zones }: TemplateDependencies,
): Plugin {
  const chainNames = namesWithin([...new Set(rules.flatMap((rule) => rule.zones))]);
  const answer = (query: Query) => firstAnswer(rules, query, metrics);
  return {
    name: 'template',
    // The table has no answers that are made of the query.
    seesEveryQuery: zones.every(chainNames.has),
    chainNames,
    async handle(query, next) {
      const response = answer(query);
      return response === undefined ? next(query) : withTarget(response, query, next);
    },
    chaos(_question, query) {
      try {
        return answer(query);
      } catch (error) {
        if (!(error instanceof QueryFailure)) throw error;
        // Class CH has no chain, in which `errors` would write it.
        log.error(`plugin/template: ${query.name} ${query.question.type}: ${error.message}`);
        return emptyResponse(RCODE.SERVFAIL);
      }
    },
  };
}

/** Undefined: no rule has a say. */
function firstAnswer(
  rules: readonly TemplateRule[],
  query: Query,
  metrics: TemplateMetrics,
): Response | undefined {
  for (const rule of rules) {
    const matched = matchOf(rule, query);
    if (matched === undefined) continue;
    if (matched === 'failure') return emptyResponse(RCODE.SERVFAIL);
    metrics.matched(matched);
    return responseOf(rule, matched, metrics);
  }
  return undefined;
}

/** Undefined: the next rule has the say. */
function matchOf(rule: TemplateRule, query: Query): Matched | 'failure' | undefined {
  const { name, question } = query;
  const zone = longestZone(name, rule.zones);
  const className = CLASS_NAMES[question.class] ?? `CLASS${question.class}`;
  if (zone === undefined || !isOneOf(className, rule.className)) return undefined;
  if (question.type !== 'ANY' && !isOneOf(question.type, rule.type)) return undefined;
  const type = question.type === 'ANY' ? rule.type : question.type;
  for (const pattern of rule.patterns) {
    const match = pattern.find(name);
    if (match === undefined) continue;
    const variables = judge(rule.conditions, { query, pattern, match });
    if (variables === 'failure') return variables;
    if (variables === 'other') break;
    return { query, zone, className, type, pattern, match, variables };
  }
  return rule.fallthrough.some((each) => isWithin(name, each)) ? undefined : 'failure';
}

const CLASS_NAMES: Readonly<Record<number, string>> = { 1: 'IN', 3: 'CH' };

function isOneOf(asked: string, expected: string): boolean {
  return expected === 'ANY' || expected === asked;
}

function responseOf(rule: TemplateRule, matched: Matched, metrics: TemplateMetrics): Response {
  const { rcode, records, error } = rule;
  const response = emptyResponse(rcode);
  if (rcode === RCODE.SERVFAIL) return response;
  const section = (wanted: Section) =>
    records.flatMap((template) => {
      return template.section === wanted ? recordsOf(template, matched, metrics) : [];
    });
  return {
    ...response,
    authoritative: true,
    answer: section('answer'),
    authority: section('authority'),
    additional: section('additional'),
    options: error === undefined ? [] : [error],
  };
}

function recordsOf(
  template: RecordTemplate,
  matched: Matched,
  metrics: TemplateMetrics,
): readonly RR[] {
  try {
    return template.make(matched);
  } catch (error) {
    if (!(error instanceof RecordFailure)) throw error;
    metrics.failed(matched, template, error.of);
    const { section, source } = template;
    throw new QueryFailure(
      `Cannot make a record of the ${section} "${source.slice(0, 200)}": ${error.message}`,
    );
  }
}

/**
 * With what the server says of the name that the answer's alias leads to, if it does not say that
 * itself. What is true of the last name is said of the first (RFC 6604 § 3). A target that nobody
 * here serves is left to the client.
 */
async function withTarget(response: Response, query: Query, next: Next): Promise<Response> {
  const target = targetOf(response, query);
  if (target === undefined) return response;
  const question = { ...query.question, name: target };
  const asked = { ...query, name: lowerName(target), question };
  const reply = await (query.askServer ?? next)(asked);
  if (reply.rcode === RCODE.SERVFAIL) {
    return { ...emptyResponse(RCODE.SERVFAIL), options: reply.options };
  }
  return {
    ...response,
    rcode: reply.rcode === RCODE.NXDOMAIN ? RCODE.NXDOMAIN : response.rcode,
    answer: [...response.answer, ...reply.answer],
    authority: [...response.authority, ...reply.authority],
    additional: [...response.additional, ...reply.additional],
  };
}

/** The last name that the aliases of the answer lead to; undefined where no question is left. */
function targetOf({ rcode, answer }: Response, query: Query): string | undefined {
  const { type } = query.question;
  if (rcode !== RCODE.NOERROR || NO_ALIAS.has(type)) return undefined;
  let at = query.name;
  let target: string | undefined;
  for (let left = ALIASES_MAX; left > 0; left--) {
    const own = answer.filter(({ name }) => lowerName(name) === at);
    if (own.some((record) => record.type === type)) return undefined;
    const alias = own.find((record) => record.type === 'CNAME');
    if (alias === undefined) return target;
    target = alias.rdata;
    at = lowerName(target);
  }
  return undefined;
}

/**
 * Asks the rest of the chain something else than the client did, and answers as if it had not.
 *
 *   query ─rules, in their order─► the rest of the chain
 *   reply ◄─the client's spelling ◄─ changes of the rules, the last one first ◄─ response
 */
import { CLASS_IN, RCODE } from '../../../../libs/dns/iana.ts';
import { lowerName } from '../../../../libs/dns/name.ts';
import type { RR } from '../../../../libs/dns/rrset.ts';
import type { Plugin } from '../../plugin.ts';
import type { Query } from '../../query.ts';
import { QueryFailure } from '../../query-failure.ts';
import { emptyResponse, type Response } from '../../response.ts';
import { withReplyOptions } from './edns-options.ts';
import { rewrittenNames } from './rewritten-names.ts';
import { type Applied, mapRecords, type Rule } from './rule.ts';

export function createRewrite(rules: readonly Rule[]): Plugin {
  const chainNames = rewrittenNames(rules);
  const classes = new Set(rules.flatMap(({ takesClass }) => takesClass ?? []));
  return {
    name: 'rewrite',
    ...(classes.size === 0 ? {} : { takesClasses: classes }),
    // The table knows names as they are asked.
    seesEveryQuery: chainNames === undefined,
    seesEveryDenial: chainNames?.isEndless === true,
    ...(chainNames && { chainNames }),
    async handle(query, next) {
      const applied = applyRules(rules, query);
      const asked = applied.at(-1)?.query ?? query;
      if (asked.question.class !== CLASS_IN) return emptyResponse(RCODE.REFUSED);
      const codes = applied.flatMap(({ code }) => code ?? []);
      const changed = codes.length === 0 ? changedBy : orFailure(changedBy);
      const response = await changed(applied, query, () => next(asked));
      const rcode = codes.reduceRight((code, change) => change(code, query), response.rcode);
      const edits = applied.flatMap(({ edit }) => edit ?? []);
      return withReplyOptions({ ...response, rcode }, query, asked, edits);
    },
  };
}

function applyRules(rules: readonly Rule[], query: Query): readonly Applied[] {
  const applied: Applied[] = [];
  for (const rule of rules) {
    const each = rule.apply(applied.at(-1)?.query ?? query);
    if (each === undefined) continue;
    applied.push(each);
    if (rule.stops && each.goesOn !== true) break;
  }
  return applied;
}

async function changedBy(
  applied: readonly Applied[],
  query: Query,
  ask: () => Promise<Response>,
): Promise<Response> {
  let response = await ask();
  const changes = applied.flatMap((each) => each.changes ?? []);
  for (const change of changes.toReversed()) response = await change(response, query);
  const isRenamed = applied.some((each) => each.query.question !== query.question);
  return isRenamed ? asTheClient(response, query) : response;
}

/** A failure as a response with its reason, for rules that make another code of SERVFAIL. */
function orFailure(changed: typeof changedBy): typeof changedBy {
  return async (...args) => {
    try {
      return await changed(...args);
    } catch (error) {
      if (!(error instanceof QueryFailure)) throw error;
      return { ...emptyResponse(RCODE.SERVFAIL), failure: error };
    }
  };
}

/**
 * Owners in the case that the client asked in (RFC 4343 § 4.1), and each record once where two
 * names became one (RFC 2181 § 5). Nobody signed this answer to this question (RFC 4035 § 3.2.3).
 */
function asTheClient(response: Response, { name, question }: Query): Response {
  const spelt = mapRecords(response, (record) =>
    lowerName(record.name) === name ? { ...record, name: question.name } : record,
  );
  // A transfer has its SOA at both ends, and what was removed may have come again (RFC 1995 § 4).
  const isTransfer = question.type === 'AXFR' || question.type === 'IXFR';
  return {
    ...spelt,
    answer: isTransfer ? spelt.answer : once(spelt.answer),
    authority: once(spelt.authority),
    additional: once(spelt.additional),
    authenticData: false,
  };
}

function once(records: readonly RR[]): readonly RR[] {
  const known = new Set<string>();
  return records.filter(({ name, type, rdata }) => {
    const { size } = known;
    return known.add(`${lowerName(name)} ${type} ${rdata}`).size > size;
  });
}

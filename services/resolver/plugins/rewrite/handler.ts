/**
 * Asks the rest of the chain something else than the client did, and answers as if it had not.
 *
 *   query ─rules, in their order─► the rest of the chain
 *   reply ◄─the client's spelling ◄─ changes of the rules, the last one first ◄─ response
 */
import { CLASS_IN, RCODE } from '../../../../libs/dns/iana.ts';
import { lowerName } from '../../../../libs/dns/name.ts';
import type { Next, Plugin, Query, Response } from '../../plugin.ts';
import { emptyResponse } from '../../plugin.ts';
import { QueryFailure } from '../../query-failure.ts';
import { withReplyOptions } from './edns-options.ts';
import { type Applied, mapRecords, type ResponseChange, type Rule } from './rule.ts';

export function createRewrite(rules: readonly Rule[]): Plugin {
  const classes = new Set(rules.flatMap(({ takesClass }) => takesClass ?? []));
  return {
    name: 'rewrite',
    ...(classes.size === 0 ? {} : { takesClasses: classes }),
    // The table knows names as they are asked.
    seesEveryQuery: true,
    async handle(query, next) {
      const applied = applyRules(rules, query);
      const asked = applied.at(-1)?.query ?? query;
      if (asked.question.class !== CLASS_IN) return emptyResponse(RCODE.REFUSED);
      const changes = applied.flatMap((each) => each.changes ?? []);
      let response = await responseOf(asked, next, changes);
      for (const { change } of changes.toReversed()) response = await change(response, query);
      const edits = applied.flatMap(({ edit }) => edit ?? []);
      response = withReplyOptions(response, query, asked, edits);
      return asked.question === query.question ? response : asTheClient(response, query);
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

async function responseOf(
  asked: Query,
  next: Next,
  changes: readonly ResponseChange[],
): Promise<Response> {
  try {
    return await next(asked);
  } catch (error) {
    const isTaken = changes.some(({ takesFailures }) => takesFailures === true);
    if (!isTaken || !(error instanceof QueryFailure)) throw error;
    return { ...emptyResponse(RCODE.SERVFAIL), failure: error };
  }
}

/**
 * Owners in the case that the client asked in (RFC 4343 § 4.1). Nobody signed this answer to this
 * question (RFC 4035 § 3.2.3).
 */
function asTheClient(response: Response, { name, question }: Query): Response {
  const spelt = mapRecords(response, (record) =>
    lowerName(record.name) === name ? { ...record, name: question.name } : record,
  );
  return { ...spelt, authenticData: false };
}

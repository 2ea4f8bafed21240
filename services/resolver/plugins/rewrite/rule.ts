/**
 * What all rules have in common.
 *
 *   query ─rule, rule, …─► the query that goes on        (in the order of the Corefile)
 *   response ◄─change, change, …─ the response to it     (in the opposite order, codes last)
 */
import type { Question } from '../../../../libs/dns/message.ts';
import { lowerName } from '../../../../libs/dns/name.ts';
import type { RR } from '../../../../libs/dns/rrset.ts';
import type { Query } from '../../query.ts';
import type { Response } from '../../response.ts';
import type { OptionEdit } from './edns-options.ts';
import type { NamePattern } from './name-pattern.ts';

export interface Rule {
  /** Where it applies, no later rule is looked at. */
  readonly stops: boolean;
  /** It is only for these names. */
  readonly names?: NamePattern;
  /** It applies to each query. */
  readonly isForAll?: boolean;
  /** Queries of this class come because of it. */
  readonly takesClass?: number;
  /** Undefined: it is not for this query. Throws QueryFailure. */
  apply(query: Query): Applied | undefined;
}

export interface Applied {
  /** As the next rule has it, and at last the next plugin. */
  readonly query: Query;
  readonly changes?: readonly ResponseChange[];
  readonly code?: CodeChange;
  /** What it did to the EDNS options. */
  readonly edit?: OptionEdit;
  /** Later rules are looked at, whatever it says. */
  readonly goesOn?: true;
}

/** `query` as the client sent it. Throws QueryFailure. */
export type ResponseChange = (response: Response, query: Query) => Response | Promise<Response>;

/** What becomes of a response code when all else is done, also of a failure: SERVFAIL. */
export type CodeChange = (rcode: number, query: Query) => number;

/**
 * The query with another question, wherever it says what is asked: also of which zone it has what
 * IXFR is to begin with (RFC 1995 § 3).
 */
export function asking(query: Query, change: Partial<Question>): Query {
  const question = { ...query.question, ...change };
  const authority = query.message.authority.map((record) =>
    lowerName(record.name) === query.name ? { ...record, name: question.name } : record,
  );
  const message = { ...query.message, question, authority };
  return { ...query, message, question, name: lowerName(question.name) };
}

/** Changes records of all sections, and of the messages of a zone transfer. */
export function mapRecords(response: Response, change: (record: RR) => RR): Response {
  const { answer, authority, additional, more } = response;
  return {
    ...response,
    answer: answer.map(change),
    authority: authority.map(change),
    additional: additional.map(change),
    ...(more === undefined ? {} : { more: mapMore(more, change) }),
  };
}

function* mapMore(more: Iterable<readonly RR[]>, change: (record: RR) => RR) {
  for (const records of more) yield records.map(change);
}

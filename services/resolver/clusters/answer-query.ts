/**
 * Question → response, from the states of the clusters: the chain's way, for what the table hands
 * over.
 */
import { EDE, RCODE } from '../../../libs/dns/iana.ts';
import { OPTION_EDE } from '../../../libs/dns/message.ts';
import { lowerName } from '../../../libs/dns/name.ts';
import type { RR } from '../../../libs/dns/rrset.ts';
import type { Outcome } from '../../../libs/federation/lookup.ts';
import type { Next, Query } from '../query.ts';
import { emptyResponse, type Response } from '../response.ts';

export type LookUp = (name: string, type: string) => Outcome;

/** An ExternalName that leads to another, and so on, ends here: CoreDNS's limit. */
const ALIASES_MAX = 10;

/** Zone transfers (RFC 5936, RFC 1995), which nobody hands out yet. */
const TRANSFERS = new Set(['AXFR', 'IXFR']);

export async function answerQuery(query: Query, next: Next, lookUp: LookUp): Promise<Response> {
  const { name, question } = query;
  const outcome = lookUp(name, question.type);
  if (outcome.kind === 'outside') return next(query);
  if (TRANSFERS.has(question.type)) return emptyResponse(RCODE.REFUSED);
  switch (outcome.kind) {
    case 'answer': {
      const { answer, additional } = outcome;
      return { ...authoritative(RCODE.NOERROR), answer, additional, options: staleness(outcome) };
    }
    case 'alias':
      return followAlias(query, next, lookUp, outcome);
    case 'nodata':
      return { ...authoritative(RCODE.NOERROR), authority: [outcome.soa] };
    case 'nxdomain':
      if (outcome.fallsThrough) return perishable(await next(query));
      return { ...authoritative(RCODE.NXDOMAIN), authority: [outcome.soa] };
    case 'unready':
      return outcome.fallsThrough
        ? answerOr(notReady(outcome), await next(query))
        : notReady(outcome);
  }
}

/** Whether nobody further down the chain is asked for this name, whatever the type. */
export function owns(outcome: Outcome): boolean {
  if (outcome.kind === 'outside') return false;
  const { kind } = outcome;
  return (kind !== 'nxdomain' && kind !== 'unready') || !outcome.fallsThrough;
}

/**
 * The cache stands before this plugin, and keeps what says that recursion is available. A denial of
 * a name that may be ours tomorrow must not be kept: it would hide it.
 */
function perishable(response: Response): Response {
  return response.answer.length > 0 ? response : { ...response, recursionAvailable: false };
}

/** An answer counts; that others have none proves nothing. */
function answerOr(failure: Response, response: Response): Response {
  return response.answer.length > 0 ? response : failure;
}

function notReady({ soa }: Extract<Outcome, { kind: 'unready' }>): Response {
  return { ...authoritative(RCODE.SERVFAIL), authority: [soa], options: [NOT_READY] };
}

function authoritative(rcode: number): Response {
  return { ...emptyResponse(rcode), authoritative: true };
}

/** Extended DNS error 14: authoritative data is not there yet (RFC 8914 § 4.15). */
const NOT_READY = { code: OPTION_EDE, data: Uint8Array.of(0, EDE.NOT_READY) };

/** Extended DNS error 3: of a cluster that is lost (RFC 8914 § 4.4). */
const STALE = { code: OPTION_EDE, data: Uint8Array.of(0, EDE.STALE_ANSWER) };

/** Of what an answer is made of. */
function staleness(...of: readonly { readonly isStale?: true }[]) {
  return of.some(({ isStale }) => isStale === true) ? [STALE] : [];
}

/**
 * The CNAME, and what its target says: here, or by the rest of the chain. What is true of the last
 * name is said of the first (RFC 6604 § 3). A target that can't be asked now is a failure: the
 * CNAME alone would say that the target has no such records. One that nobody here serves is left
 * to the client.
 */
async function followAlias(
  query: Query,
  next: Next,
  lookUp: LookUp,
  first: Extract<Outcome, { kind: 'alias' }>,
): Promise<Response> {
  const answer: RR[] = [first.cname];
  const aliases: (typeof first)[] = [first];
  const seen = new Set([query.name]);
  let target = first.target;
  while (!seen.has(target) && seen.size <= ALIASES_MAX) {
    seen.add(target);
    const outcome = lookUp(target, query.question.type);
    if (outcome.kind === 'outside' || !owns(outcome)) {
      const question = { ...query.question, name: target };
      const asked = { ...query, name: lowerName(target), question };
      const reply = await (query.askServer ?? next)(asked);
      if (reply.rcode === RCODE.SERVFAIL) {
        return { ...authoritative(RCODE.SERVFAIL), options: reply.options };
      }
      const rcode = reply.rcode === RCODE.NXDOMAIN ? RCODE.NXDOMAIN : RCODE.NOERROR;
      const { authority, additional } = reply;
      answer.push(...reply.answer);
      const options = staleness(...aliases);
      return { ...authoritative(rcode), answer, authority, additional, options };
    }
    if (outcome.kind === 'unready') return notReady(outcome);
    if (outcome.kind === 'alias') {
      answer.push(outcome.cname);
      aliases.push(outcome);
      target = outcome.target;
      continue;
    }
    if (outcome.kind === 'answer') {
      const { additional } = outcome;
      answer.push(...outcome.answer);
      const options = staleness(...aliases, outcome);
      return { ...authoritative(RCODE.NOERROR), answer, additional, options };
    }
    const rcode = outcome.kind === 'nxdomain' ? RCODE.NXDOMAIN : RCODE.NOERROR;
    return {
      ...authoritative(rcode),
      answer,
      authority: [outcome.soa],
      options: staleness(...aliases),
    };
  }
  return { ...authoritative(RCODE.NOERROR), answer, options: staleness(...aliases) };
}

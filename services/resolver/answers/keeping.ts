/**
 * Which answers are kept, how long, and what of them a later client gets. Pure.
 *
 * Kept is what came from upstream: recursion available, no authority. What this resolver says with
 * authority changes by event, and is never kept.
 */
import { RCODE } from '../../../libs/dns/iana.ts';
import { isWithin, lowerName } from '../../../libs/dns/name.ts';
import type { RR } from '../../../libs/dns/rrset.ts';
import type { Query } from '../query.ts';
import type { Response } from '../response.ts';

/** TTLs are brought between these, in seconds. */
export interface TtlRange {
  readonly least: number;
  readonly most: number;
}

export interface KeepOptions {
  readonly success: TtlRange;
  readonly denial: TtlRange;
  /** How long a failure is kept, in seconds; 0: not at all. */
  readonly servfailSeconds: number;
  /** Zones of which nothing of the kind is kept; failures are denials. */
  readonly disabled: { readonly success: readonly string[]; readonly denial: readonly string[] };
}

export interface Kept {
  readonly kind: 'success' | 'denial' | 'servfail';
  /** With TTLs within the range: also what the first client gets. */
  readonly response: Response;
  /** How long all of it is good, in seconds; more than 0. */
  readonly lifetimeSeconds: number;
}

const WHOLE_ZONES = new Set(['AXFR', 'IXFR']);

/** Whether answers to this question are ever kept. */
export function isCacheable({ question, message, upstreamOptions }: Query): boolean {
  // Without RD an upstream says what it happens to know, which is no answer for others.
  if (!message.flags.recursionDesired || WHOLE_ZONES.has(question.type)) return false;
  return upstreamOptions === undefined || upstreamOptions.length === 0;
}

/** What is kept of a response; undefined when it must not be. */
export function keep(query: Query, response: Response, options: KeepOptions): Kept | undefined {
  if (response.authoritative || !response.recursionAvailable || !isCacheable(query)) {
    return undefined;
  }
  const kind = kindOf(query, response);
  if (kind === undefined || isDisabled(query, options, kind)) return undefined;
  switch (kind) {
    case 'servfail':
      return keptFor('servfail', response, options.servfailSeconds);
    case 'denial':
      return keepDenial(response, options.denial);
    case 'success':
      return keepSuccess(response, options.success);
  }
}

function kindOf(query: Query, { rcode, answer }: Response): Kept['kind'] | undefined {
  switch (rcode) {
    case RCODE.SERVFAIL:
      return 'servfail';
    case RCODE.NXDOMAIN:
      return 'denial';
    case RCODE.NOERROR:
      return isAnswered(query, answer) ? 'success' : 'denial';
    default:
      return undefined;
  }
}

function isDisabled({ name }: Query, { disabled }: KeepOptions, kind: Kept['kind']): boolean {
  const zones = kind === 'success' ? disabled.success : disabled.denial;
  return zones.some((zone) => isWithin(name, zone));
}

/** The response as it is after so long: each TTL counted down by itself (RFC 1035 § 3.2.1). */
export function aged(response: Response, seconds: number): Response {
  const older = (rr: RR) => ({ ...rr, ttl: Math.max(0, rr.ttl - seconds) });
  return mapRecords(response, older);
}

export function withTtl(response: Response, ttl: number): Response {
  return mapRecords(response, (rr) => ({ ...rr, ttl }));
}

/** Whether the aliases of the answer end at the type that was asked. */
export function isAnswered({ name, question }: Query, answer: readonly RR[]): boolean {
  if (question.type === 'ANY') return answer.length > 0;
  if (question.type === 'CNAME') return answer.some(({ type }) => type === 'CNAME');
  const owners = new Set([name]);
  for (const { name: owner, type, rdata } of answer) {
    if (type === 'CNAME' && owners.has(lowerName(owner))) owners.add(lowerName(rdata));
  }
  return answer.some(
    ({ name: owner, type }) => type === question.type && owners.has(lowerName(owner)),
  );
}

function keepSuccess(response: Response, range: TtlRange): Kept | undefined {
  const limited = mapRecords(response, (rr) => ({ ...rr, ttl: within(rr.ttl, range) }));
  return keptFor('success', limited, Math.min(...recordsOf(limited).map(({ ttl }) => ttl)));
}

/** RFC 2308 § 5: as long as the SOA says, by its TTL and its MINIMUM; without SOA not at all. */
function keepDenial(response: Response, range: TtlRange): Kept | undefined {
  const soa = response.authority.find(({ type }) => type === 'SOA');
  if (soa === undefined) return undefined;
  const minimum = Number(soa.rdata.split(' ').at(-1));
  const limited = mapRecords(response, (rr) => ({
    ...rr,
    ttl: within(rr === soa ? Math.min(rr.ttl, minimum) : rr.ttl, range),
  }));
  return keptFor('denial', limited, Math.min(...recordsOf(limited).map(({ ttl }) => ttl)));
}

function keptFor(
  kind: Kept['kind'],
  response: Response,
  lifetimeSeconds: number,
): Kept | undefined {
  return lifetimeSeconds > 0 ? { kind, response, lifetimeSeconds } : undefined;
}

function within(ttl: number, { least, most }: TtlRange): number {
  return Math.min(Math.max(ttl, least), most);
}

function recordsOf({ answer, authority, additional }: Response): readonly RR[] {
  return [...answer, ...authority, ...additional];
}

function mapRecords(response: Response, change: (rr: RR) => RR): Response {
  return {
    ...response,
    answer: response.answer.map(change),
    authority: response.authority.map(change),
    additional: response.additional.map(change),
  };
}

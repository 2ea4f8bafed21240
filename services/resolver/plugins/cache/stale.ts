/** Answers that have expired, for clients that would get none otherwise (RFC 8767). */
import { EDE, RCODE } from '../../../../libs/dns/iana.ts';
import { OPTION_EDE } from '../../../../libs/dns/message.ts';
import { withTtl } from '../../answers/keeping.ts';
import type { Response } from '../../response.ts';

export interface StaleOptions {
  /** How long after its expiry an answer is given; 0: not at all. */
  readonly forMs: number;
  /**
   * How long upstream may try first, for as long as it takes if infinite; undefined: the client is
   * answered before it is asked.
   */
  readonly verifyMs: number | undefined;
  /** Of stale answers. */
  readonly ttlSeconds: number;
  /** Upstream that failed is not asked again for so long. */
  readonly recheckMs: number;
  /** A denial does not take the place of an answer, until that is too old to be given. */
  readonly prefersPositive: boolean;
}

/** With an extended error that says so (RFC 8914 § 4.4, § 4.20). */
export function stale(response: Response, ttlSeconds: number): Response {
  const code = response.rcode === RCODE.NXDOMAIN ? EDE.STALE_NXDOMAIN_ANSWER : EDE.STALE_ANSWER;
  const option = { code: OPTION_EDE, data: Uint8Array.of(0, code) };
  return { ...withTtl(response, ttlSeconds), options: [...response.options, option] };
}

/** What it gives, if that is in time. */
export async function answerWithin(
  refresh: Promise<Response | undefined>,
  boundMs: number,
): Promise<Response | undefined> {
  if (boundMs === Number.POSITIVE_INFINITY) return refresh;
  const bound = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => bound.resolve(undefined), boundMs);
  try {
    return await Promise.race([refresh, bound.promise]);
  } finally {
    clearTimeout(timer);
  }
}

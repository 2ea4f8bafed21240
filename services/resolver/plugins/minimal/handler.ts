/** Cuts positive replies down to what was asked. */
import { RCODE } from '../../../../libs/dns/iana.ts';
import type { Plugin } from '../../plugin.ts';
import type { Response } from '../../response.ts';

/** Sent as they are (RFC 5936, RFC 1995). */
const TRANSFERS = new Set(['AXFR', 'IXFR']);

export function createMinimal(): Plugin {
  return {
    name: 'minimal',
    // The table has the addresses of targets with its SRV records.
    seesEveryQuery: true,
    async handle(query, next) {
      const response = await next(query);
      if (TRANSFERS.has(query.question.type) || !isPositive(response)) return response;
      return { ...response, authority: [], additional: [] };
    },
  };
}

/** Neither a failure, nor a denial or a referral: those are told by AUTHORITY (RFC 2308 § 2.2). */
function isPositive({ rcode, answer, authority }: Response): boolean {
  if (rcode !== RCODE.NOERROR) return false;
  return answer.length > 0 || !authority.some(({ type }) => type === 'SOA' || type === 'NS');
}

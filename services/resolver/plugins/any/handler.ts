/** Answers ANY with little (RFC 8482 § 4.2). Readers of the table hand ANY over to the chain. */
import { RCODE } from '../../../../libs/dns/iana.ts';
import type { Plugin } from '../../plugin.ts';
import { emptyResponse } from '../../response.ts';

/** Seconds; long, so that resolvers do not ask again (RFC 8482 § 4.2). CoreDNS's. */
const TTL = 8482;

export function createAny(): Plugin {
  return {
    name: 'any',
    async handle(query, next) {
      const { name, type } = query.question;
      if (type !== 'ANY') return next(query);
      const answer = [{ name, type: 'HINFO', ttl: TTL, rdata: '"RFC8482" ""' }];
      return { ...emptyResponse(RCODE.NOERROR), answer };
    },
  };
}

/** Adds the name of this server to replies whose clients ask for it (RFC 5001). */
import { OPTION_NSID } from '../../../../libs/dns/message.ts';
import type { Plugin } from '../../plugin.ts';

export function createNsid(data: Uint8Array): Plugin {
  return {
    name: 'nsid',
    // The table says the same to all.
    seesEveryQuery: true,
    async handle(query, next) {
      const response = await next(query);
      if (!query.message.edns?.options.some(({ code }) => code === OPTION_NSID)) return response;
      return { ...response, options: [...response.options, { code: OPTION_NSID, data }] };
    },
  };
}

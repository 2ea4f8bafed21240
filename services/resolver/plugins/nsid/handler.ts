/** Adds the name of this server to replies whose clients ask for it (RFC 5001). */
import { OPTION_NSID } from '../../../../libs/dns/message.ts';
import type { Plugin } from '../../plugin.ts';
import type { Query } from '../../query.ts';
import type { Response } from '../../response.ts';

export function createNsid(data: Uint8Array): Plugin {
  const mark = (response: Response, { message }: Query): Response => {
    if (!message.edns?.options.some(({ code }) => code === OPTION_NSID)) return response;
    // The target of an alias may have come through here, too.
    const others = response.options.filter(({ code }) => code !== OPTION_NSID);
    return { ...response, options: [...others, { code: OPTION_NSID, data }] };
  };
  return {
    name: 'nsid',
    // The table says the same to all.
    seesEveryQuery: true,
    mark,
    async handle(query, next) {
      return mark(await next(query), query);
    },
  };
}

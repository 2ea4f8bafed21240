/**
 * Gives queries what the plugins of the server block know of them, on their way down the chain.
 * Values are found out when somebody reads them: what nobody reads costs a function each.
 */
import { isWithin } from '../../../../libs/dns/name.ts';
import type { Plugin } from '../../plugin.ts';
import type { Query } from '../../query.ts';

export function createMetadata(zones: readonly string[]): Plugin {
  let sources: readonly Plugin[] = [];
  const collected = (query: Query) =>
    sources.length > 0 && zones.some((zone) => isWithin(query.name, zone))
      ? new Map(sources.flatMap((plugin) => [...(plugin.metadata?.(query) ?? [])]))
      : undefined;
  return {
    name: 'metadata',
    below: ({ plugins }) => {
      sources = plugins.filter(({ metadata }) => metadata !== undefined);
    },
    collected,
    handle: (query, next) => {
      const metadata = collected(query);
      return next(metadata === undefined ? query : { ...query, metadata });
    },
  };
}

/** The plugins of a server block as one handler: each may answer, or ask the next one. */
import { RCODE } from '../../libs/dns/iana.ts';
import type { Plugin } from './plugin.ts';
import type { Next } from './query.ts';
import { emptyResponse, type Response } from './response.ts';

/** Composes plugins in their order. `end` is who comes after the last one: by default nobody. */
export function compose(plugins: readonly Plugin[], end: Next = nobody): Next {
  return plugins.reduceRight<Next>((next, plugin, i) => {
    const after = plugins.slice(i + 1);
    plugin.below?.({
      ask: next,
      owns: (name) => after.some((other) => other.owns?.(name)),
      plugins: after,
    });
    const handle = plugin.handle?.bind(plugin);
    if (handle === undefined) return next;
    return async (query) => {
      let asked = 0;
      const ask: Next = (query) =>
        asked++ < (plugin.asksMax ?? 1) ? next(query) : Promise.reject(askedAgain(plugin));
      const response = await handle(query, ask);
      return madeBy(plugin.name, asked > 0, response);
    };
  }, end);
}

async function nobody(): Promise<Response> {
  return { ...emptyResponse(RCODE.REFUSED), plugin: '' };
}

/**
 * Says who made the response: the plugin that did not ask the next one (what a cache kept was made
 * by another, once), or that made its own of what the next one said.
 */
function madeBy(name: string, hasAsked: boolean, response: Response): Response {
  return hasAsked && response.plugin !== undefined ? response : { ...response, plugin: name };
}

/** A plugin that asks more often than it says would send queries that no client asked. */
function askedAgain({ name, asksMax = 1 }: Plugin): Error {
  const expected = asksMax === 1 ? 'once' : `${asksMax} times at most`;
  return new Error(`Cannot ask the next plugin again: "${name}" did; expected ${expected}`);
}

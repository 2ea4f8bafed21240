/** The plugins of a server block as one handler: each may answer, or ask the next one. */
import { RCODE } from '../../libs/dns/iana.ts';
import type { Plugin } from './plugin.ts';
import type { Next, Query } from './query.ts';
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
      const asking = new Asking(next, plugin);
      return madeBy(plugin.name, asking, await handle(query, asking.ask));
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
function madeBy(name: string, { asked }: Asking, response: Response): Response {
  return asked > 0 && response.plugin !== undefined ? response : { ...response, plugin: name };
}

/** A plugin that asks more often than it says would send queries that no client asked. */
class Asking {
  asked = 0;
  readonly ask: Next;

  constructor(next: Next, { name, asksMax = 1 }: Plugin) {
    this.ask = async (query: Query) => {
      if (this.asked >= asksMax) {
        const expected = asksMax === 1 ? 'once' : `${asksMax} times at most`;
        throw new Error(`Cannot ask the next plugin again: "${name}" did; expected ${expected}`);
      }
      this.asked++;
      return next(query);
    };
  }
}

/** The plugins of a server block as one handler: each may answer, or ask the next one. */
import { RCODE } from '../../libs/dns/iana.ts';
import type { Next, Plugin, Query } from './plugin.ts';
import { emptyResponse } from './plugin.ts';

/** Composes plugins in their order. `end` is who comes after the last one: by default nobody. */
export function compose(plugins: readonly Plugin[], end: Next = nobody): Next {
  return plugins.reduceRight<Next>((next, plugin) => {
    const handle = plugin.handle?.bind(plugin);
    if (handle === undefined) return next;
    return async (query) => handle(query, once(next, plugin.name));
  }, end);
}

async function nobody() {
  return emptyResponse(RCODE.REFUSED);
}

/** A plugin that asks twice would send queries that no client asked. */
function once(next: Next, name: string): Next {
  let asked = false;
  return async (query: Query) => {
    if (asked) throw new Error(`Cannot ask the next plugin again: "${name}" did; expected once`);
    asked = true;
    return next(query);
  };
}

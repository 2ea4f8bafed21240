/** The shared store as the configuration names it → the adapter; loaded only where it is used. */
import type { Store } from '../../libs/store/store.ts';
import { parseRedisAddress } from '../../libs/store-redis/redis-address.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { FederationOptions } from '../resolver/plugins/federation/options.ts';

/**
 * How long anything waits for the store, in ms: a snapshot of 100,000 facts takes 0.4 s (the cache
 * has a bound of its own).
 */
const TIMEOUT_MS = 2000;

export async function openStore(
  options: FederationOptions | undefined,
  log: Log,
): Promise<Store | undefined> {
  if (options?.store === undefined) return undefined;
  const { openRedisStore } = await import('../../libs/store-redis/redis-store.ts');
  return openRedisStore({
    url: options.store.text,
    federation: options.name,
    timeoutMs: TIMEOUT_MS,
    onTrouble: (text) => log.warning(text),
  });
}

/** Why this can't be a store, in the house sentence; undefined when it can. */
export function checkStore(url: string): string | undefined {
  try {
    parseRedisAddress(url);
    return undefined;
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
}

/** The shared store as the configuration names it → the adapter; loaded only where it is used. */
import type { Place } from '../../libs/corefile/corefile.ts';
import type { OpenAnswerStore, Store } from '../../libs/store/store.ts';
import { parseRedisAddress } from '../../libs/store-redis/redis-address.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import { whyNoTls } from '../../libs/tls/tls-files.ts';
import type { StoreOptions } from '../resolver/plugins/federation/media-options.ts';
import type { FederationOptions } from '../resolver/plugins/federation/options.ts';
import type { RediscOptions } from '../resolver/plugins/redisc/options.ts';
import { withoutPlaces } from './without-places.ts';

/**
 * How long anything waits for the store, in ms: a snapshot of 100,000 facts takes 0.4 s (the cache
 * has a bound of its own).
 */
const TIMEOUT_MS = 2000;

async function openStore(
  options: FederationOptions | undefined,
  log: Log,
): Promise<Store | undefined> {
  if (options?.store === undefined) return undefined;
  const { openRedisStore } = await import('../../libs/store-redis/redis-store.ts');
  return openRedisStore({
    url: options.store.url.text,
    ...(options.store.tls !== undefined && { tls: options.store.tls }),
    federation: options.name,
    timeoutMs: TIMEOUT_MS,
    onTrouble: (text) => log.warning(text),
  });
}

/** What a redisc directive names. */
export async function openAnswers(
  { url, tls, prefix }: RediscOptions,
  log: Log,
): Promise<OpenAnswerStore> {
  const { openRedisAnswers } = await import('../../libs/store-redis/redis-store.ts');
  return openRedisAnswers({
    ...{ url, prefix, timeoutMs: TIMEOUT_MS },
    ...(tls !== undefined && { tls }),
    onTrouble: (text) => log.warning(`redisc: ${text}`),
  });
}

/** A store with what names it. */
export interface NamedStore {
  readonly name: string;
  readonly store: Store | undefined;
}

/** The one of before, where it is named alike. */
export async function storeOf(
  federation: FederationOptions | undefined,
  before: NamedStore | undefined,
  log: Log,
): Promise<NamedStore> {
  const options = federation?.store && [federation.name, federation.store];
  const name = JSON.stringify(options ?? null, withoutPlaces);
  if (before?.name === name) return before;
  return { name, store: await openStore(federation, log) };
}

/** Why this can't be a store, in the house sentence, and where it says so. */
export function whyNoStore({
  url,
  tls,
}: StoreOptions): { readonly at: Place; readonly why: string } | undefined {
  try {
    const { isTls } = parseRedisAddress(url.text);
    if (tls === undefined) return undefined;
    if (!isTls) {
      const is = 'the store is reached without TLS';
      return { at: tls, why: `Cannot use store_tls: ${is}; expected rediss://` };
    }
    const why = whyNoTls(tls);
    return why === undefined ? undefined : { at: tls, why };
  } catch (error) {
    if (error instanceof TypeError) return { at: url, why: error.message };
    throw error;
  }
}

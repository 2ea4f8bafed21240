/**
 * Remembers what upstream said.
 *
 *   query ─► kept here? ─► kept by another resolver? ─► next plugin ─► keep here, and for others
 */
import { isWithin } from '../../../../libs/dns/name.ts';
import type { RR } from '../../../../libs/dns/rrset.ts';
import type { Next, Plugin, Query, Response } from '../../plugin.ts';
import type { CacheMetrics } from './cache-metrics.ts';
import type { KeepOptions, Kept } from './keeping.ts';
import { aged, isCacheable, keep } from './keeping.ts';
import { Lru } from './lru.ts';
import type { SharedAnswers } from './shared-answers.ts';
import { keyOf } from './shared-answers.ts';

export interface CacheOptions extends KeepOptions {
  readonly zones: readonly string[];
  readonly successCapacity: number;
  readonly denialCapacity: number;
}

export interface CacheDependencies {
  /** Of a monotonic clock. */
  readonly nowMs: () => number;
  readonly metrics: CacheMetrics;
  /** Undefined: no second level. */
  readonly shared: SharedAnswers | undefined;
}

interface Entry {
  readonly kept: Kept;
  /** When upstream said it, by the monotonic clock; before this process began, perhaps. */
  readonly saidAtMs: number;
}

/** Text in an answer that counts as one entry; a larger one counts as several. */
const CHARACTERS_PER_ENTRY = 1024;
/** Names that are known to be ours, for which other resolvers need not be asked. */
const OWN_NAMES_MAX = 10_000;

export function createCache(options: CacheOptions, dependencies: CacheDependencies): Plugin {
  const cache = new Cache(options, dependencies);
  return {
    name: 'cache',
    handle: (query, next) =>
      isCacheable(query) && options.zones.some((zone) => isWithin(query.name, zone))
        ? cache.answer(query, next)
        : next(query),
  };
}

class Cache {
  readonly #options: CacheOptions;
  readonly #dependencies: CacheDependencies;
  readonly #success: Lru<Entry>;
  /** Denials and failures. */
  readonly #denial: Lru<Entry>;
  readonly #ownNames = new Lru<true>(OWN_NAMES_MAX, () => 1);

  constructor(options: CacheOptions, dependencies: CacheDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    const { metrics } = dependencies;
    const lru = (capacity: number, type: 'success' | 'denial') =>
      new Lru<Entry>(capacity, weigh, () => metrics.evicted(type));
    this.#success = lru(options.successCapacity, 'success');
    this.#denial = lru(options.denialCapacity, 'denial');
    metrics.followEntries('success', () => this.#success.size);
    metrics.followEntries('denial', () => this.#denial.size);
  }

  async answer(query: Query, next: Next): Promise<Response> {
    const key = keyOf(query);
    const { metrics } = this.#dependencies;
    const known = this.#get(key) ?? (await this.#getShared(query, key));
    if (known !== undefined) {
      metrics.hit(known.kept.kind === 'success' ? 'success' : 'denial');
      return aged(known.kept.response, this.#ageMs(known));
    }
    metrics.miss();
    const response = await next(query);
    if (response.authoritative) this.#ownNames.set(query.name, true);
    else this.#ownNames.delete(query.name);
    const kept = keep(query, response, this.#options);
    if (kept === undefined) return response;
    this.#set(key, { kept, saidAtMs: this.#dependencies.nowMs() });
    // Failures are this resolver's own. TTLs go as upstream said them: each has its own limits.
    if (kept.kind !== 'servfail') {
      this.#dependencies.shared?.write(query, response, kept.lifetimeSeconds);
    }
    return kept.response;
  }

  #get(key: string): Entry | undefined {
    for (const entries of [this.#success, this.#denial]) {
      const entry = entries.get(key);
      if (entry !== undefined && this.#isGood(entry)) return entry;
      entries.delete(key);
    }
    return undefined;
  }

  async #getShared(query: Query, key: string): Promise<Entry | undefined> {
    const { shared, nowMs } = this.#dependencies;
    if (shared === undefined || this.#ownNames.get(query.name) !== undefined) return undefined;
    const found = await shared.read(query);
    if (found === undefined) return undefined;
    const kept = keep(query, found.response, this.#options);
    if (kept === undefined) return undefined;
    const entry = { kept, saidAtMs: nowMs() - found.ageMs };
    if (!this.#isGood(entry)) return undefined;
    this.#set(key, entry);
    return entry;
  }

  #set(key: string, entry: Entry): void {
    const isSuccess = entry.kept.kind === 'success';
    (isSuccess ? this.#success : this.#denial).set(key, entry);
    (isSuccess ? this.#denial : this.#success).delete(key);
  }

  #isGood(entry: Entry): boolean {
    return this.#ageMs(entry) < entry.kept.lifetimeSeconds * 1000;
  }

  #ageMs({ saidAtMs }: Entry): number {
    return this.#dependencies.nowMs() - saidAtMs;
  }
}

function weigh({ kept: { response } }: Entry): number {
  const size = (records: readonly RR[]) =>
    records.reduce((sum, { name, rdata }) => sum + name.length + rdata.length, 0);
  const characters = size(response.answer) + size(response.authority) + size(response.additional);
  return 1 + Math.floor(characters / CHARACTERS_PER_ENTRY);
}

/**
 * Remembers what upstream said.
 *
 *   query ─► kept here? ─► kept by another resolver? ─► next plugin ─► keep here, and for others
 *              │  └─ expired, and stale ones are served: give it, and ask again
 *              └─ popular or in use, and about to expire: ask again, nobody waits
 *
 * Most hits never come here: readers give them from the table (table-mirror.ts).
 */
import { EDE, RCODE } from '../../../../libs/dns/iana.ts';
import { OPTION_EDE } from '../../../../libs/dns/message.ts';
import { isWithin } from '../../../../libs/dns/name.ts';
import type { Log } from '../../../../libs/telemetry/log.ts';
import type { Below, CachedAnswers, Next, Plugin, Query, Response } from '../../plugin.ts';
import { emptyResponse } from '../../plugin.ts';
import { QueryFailure } from '../../query-failure.ts';
import type { CacheMetrics } from './cache-metrics.ts';
import { Entry, type KeptQuestion, keyOf, queryFor, questionOf } from './entry.ts';
import { aheadAtMs, IN_USE_HITS } from './in-use.ts';
import { Inheritance } from './inheritance.ts';
import type { KeepOptions } from './keeping.ts';
import { aged, isCacheable, keep, withTtl } from './keeping.ts';
import { KeptAnswers } from './kept-answers.ts';
import type { PrefetchOptions } from './popularity.ts';
import { nextLookMs, windowMs } from './popularity.ts';
import { Refreshes } from './refreshes.ts';
import type { SharedAnswers } from './shared-answers.ts';
import { TableMirror } from './table-mirror.ts';

export interface StaleOptions {
  /** How long after its expiry an answer is given; 0: not at all. */
  readonly forMs: number;
  /** How long upstream may try first; undefined: the client is answered before it is asked. */
  readonly verifyMs: number | undefined;
  /** Of stale answers. */
  readonly ttlSeconds: number;
  /** Upstream that failed is not asked again for so long. */
  readonly recheckMs: number;
}

export interface CacheOptions extends KeepOptions {
  readonly zones: readonly string[];
  readonly successCapacity: number;
  readonly denialCapacity: number;
  readonly prefetch: PrefetchOptions;
  /** There is no `prefetch` that says which names: those in use are asked for again. */
  readonly refreshesInUse: boolean;
  readonly stale: StaleOptions;
  /** Clients get TTLs as they were kept, not what is left of them. */
  readonly keepsTtl: boolean;
}

export interface CacheDependencies {
  /** Of a monotonic clock. */
  readonly nowMs: () => number;
  /** Since 1970. */
  readonly wallMs: () => number;
  /** Calls `work` every so many milliseconds; gives what ends that. */
  readonly every: (ms: number, work: () => void) => () => void;
  readonly log: Log;
  readonly metrics: CacheMetrics;
  readonly cachedAnswers: CachedAnswers;
  /** Undefined: no second level. */
  readonly shared: SharedAnswers | undefined;
  /** The cache that this one follows. */
  readonly former?: Plugin | undefined;
}

/** How often time is looked at: a window of prefetch is a second at least. */
const TICK_MS = 250;

const caches = new WeakMap<Plugin, Cache>();

export function createCache(options: CacheOptions, dependencies: CacheDependencies): Plugin {
  const { former } = dependencies;
  const cache = new Cache(options, dependencies, former && caches.get(former));
  const stopping = new AbortController();
  let stop = () => {};
  const plugin: Plugin = {
    name: 'cache',
    handle: (query, next) =>
      isCacheable(query) && options.zones.some((zone) => isWithin(query.name, zone))
        ? cache.answer(query, next)
        : next(query),
    below: (below) => {
      cache.below = below;
    },
    async start() {
      stop = dependencies.every(TICK_MS, () => cache.tick());
    },
    opened() {
      void cache.inherit(stopping.signal);
    },
    async stop() {
      stopping.abort();
      stop();
    },
  };
  caches.set(plugin, cache);
  return plugin;
}

class Cache {
  below: Below = {
    ask: async () => emptyResponse(RCODE.SERVFAIL),
    owns: () => false,
    plugins: [],
  };
  readonly #options: CacheOptions;
  readonly #dependencies: CacheDependencies;
  readonly #entries: KeptAnswers;
  readonly #inheritance: Inheritance;
  readonly #refreshes = new Refreshes();
  /** Questions that nothing was kept of, and that a query is asking. */
  readonly #misses = new Map<string, Promise<Response>>();

  constructor(options: CacheOptions, dependencies: CacheDependencies, former?: Cache) {
    this.#options = options;
    this.#dependencies = dependencies;
    const { metrics, nowMs, wallMs, cachedAnswers } = dependencies;
    const { successCapacity, denialCapacity, keepsTtl } = options;
    this.#entries = new KeptAnswers({
      successCapacity,
      denialCapacity,
      staleMs: options.stale.forMs,
      nowMs,
      wallMs,
      mirror: new TableMirror({ cachedAnswers, keepsTtl, nowMs }),
      onEvicted: (type) => metrics.evicted(type),
      onReaderHits: (entry, hits) => this.#addHits(entry, hits),
      nextLookMs: (entry, now) => this.#nextLookMs(entry, now),
      onLook: (entry) => {
        this.#entries.takeHits(entry);
        this.#prefetchIfDue(entry);
      },
    });
    this.#inheritance = new Inheritance(
      former === undefined ? undefined : former.#entries,
      this.#entries,
    );
    metrics.followEntries('success', () => this.#entries.size('success'));
    metrics.followEntries('denial', () => this.#entries.size('denial'));
    metrics.followReaders(cachedAnswers);
  }

  /** All that the one before kept. */
  inherit(signal: AbortSignal): Promise<void> {
    return this.#inheritance.takeAll(signal);
  }

  tick(): void {
    this.#entries.tick();
  }

  async answer(query: Query, next: Next): Promise<Response> {
    const question = questionOf(query);
    const key = keyOf(question);
    const entry = await this.#find(query, question, key);
    if (entry !== undefined) {
      return this.#isGood(entry) ? this.#hit(entry) : this.#serveStale(entry);
    }
    this.#dependencies.metrics.miss();
    return this.#refreshes.get(key) ?? this.#askOnce(query, question, key, next);
  }

  /** What is kept of it is for all who asked meanwhile; what must not be kept is for one. */
  async #askOnce(query: Query, question: KeptQuestion, key: string, next: Next): Promise<Response> {
    const first = this.#misses.get(key);
    const ask = async () => this.#settle(query, question, key, await next(query));
    if (first !== undefined) {
      await first;
      const entry = this.#entries.get(key);
      return entry !== undefined && this.#isGood(entry) ? this.#responseOf(entry) : ask();
    }
    if (this.below.owns(query.name)) return ask();
    const asked = ask();
    this.#misses.set(key, asked);
    try {
      return await asked;
    } finally {
      this.#misses.delete(key);
    }
  }

  /** What is kept here or by another resolver; perhaps it has expired. */
  async #find(query: Query, question: KeptQuestion, key: string): Promise<Entry | undefined> {
    const { shared } = this.#dependencies;
    const entry = this.#entries.get(key) ?? this.#inheritance.take(key);
    if (entry === undefined && shared === undefined) return undefined;
    if (this.below.owns(query.name)) {
      if (entry !== undefined) this.#entries.drop(entry);
      return undefined;
    }
    if (shared === undefined || (entry !== undefined && this.#isGood(entry))) return entry;
    return (await this.#getShared(shared, query, question, key)) ?? this.#entries.get(key);
  }

  #hit(entry: Entry): Response {
    this.#dependencies.metrics.hit(entry.type);
    this.#entries.use(entry);
    this.#addHits(entry, 1);
    this.#prefetchIfDue(entry);
    return this.#responseOf(entry);
  }

  #addHits(entry: Entry, hits: number): void {
    entry.hits += hits;
    entry.popularity.add(hits, this.#dependencies.nowMs(), this.#options.prefetch);
  }

  #responseOf(entry: Entry): Response {
    const { response } = entry.kept;
    if (this.#options.keepsTtl) return response;
    return aged(response, entry.ageSeconds(this.#dependencies.nowMs()));
  }

  async #serveStale(entry: Entry): Promise<Response> {
    const { verifyMs, ttlSeconds } = this.#options.stale;
    const { metrics } = this.#dependencies;
    const refresh = this.#mayAsk(entry) ? this.#refresh(entry) : undefined;
    if (refresh !== undefined && verifyMs !== undefined) {
      const response = await answerWithin(refresh, verifyMs);
      if (response !== undefined) {
        metrics.miss();
        return response;
      }
    }
    metrics.hit(entry.type);
    metrics.servedStale();
    if (this.#entries.has(entry)) this.#entries.use(entry);
    return stale(entry.kept.response, ttlSeconds);
  }

  /** Unless it failed a moment ago, or too much is under way. */
  #mayAsk(entry: Entry): boolean {
    if (this.#refreshes.get(entry.key) !== undefined) return true;
    const { nowMs, metrics } = this.#dependencies;
    if (nowMs() < entry.askAgainAtMs) return false;
    if (this.#refreshes.isFull) metrics.refreshSkipped();
    return !this.#refreshes.isFull;
  }

  #nextLookMs({ key, expiresAtMs, kept, hits }: Entry, nowMs: number): number | undefined {
    const { prefetch, refreshesInUse } = this.#options;
    const { lifetimeSeconds } = kept;
    if (kept.kind === 'servfail') return undefined;
    if (prefetch.amount > 0) return nextLookMs(nowMs, expiresAtMs, lifetimeSeconds, prefetch);
    if (!refreshesInUse) return undefined;
    const aheadMs = aheadAtMs(key, expiresAtMs, lifetimeSeconds);
    if (nowMs < aheadMs) return aheadMs;
    return hits < IN_USE_HITS ? undefined : nowMs + TICK_MS; // perhaps too many were under way
  }

  #prefetchIfDue(entry: Entry): void {
    if (entry.kept.kind === 'servfail' || !this.#isDue(entry)) return;
    if (this.#refreshes.get(entry.key) !== undefined || !this.#mayAsk(entry)) return;
    this.#dependencies.metrics.prefetched();
    void this.#refresh(entry);
  }

  #isDue({ key, expiresAtMs, saidAtMs, popularity, kept, hits }: Entry): boolean {
    const { prefetch, refreshesInUse } = this.#options;
    const nowMs = this.#dependencies.nowMs();
    if (refreshesInUse) {
      return hits >= IN_USE_HITS && nowMs >= aheadAtMs(key, expiresAtMs, kept.lifetimeSeconds);
    }
    const isSoon = expiresAtMs - nowMs <= windowMs(kept.lifetimeSeconds, prefetch);
    return isSoon && popularity.isPopular(nowMs, saidAtMs, prefetch);
  }

  /** What the rest of the chain says now; a failure as undefined. Never rejects. */
  async #refresh(entry: Entry): Promise<Response | undefined> {
    const { key, question } = entry;
    const { nowMs, log } = this.#dependencies;
    const query = queryFor(question);
    try {
      const refresh = this.#refreshes.share(key, async () => {
        const newer = await this.#findNewer(entry, query);
        return newer ?? this.#settle(query, question, key, await this.below.ask(query));
      });
      const response = await refresh;
      if (!isFailure(response)) return response;
    } catch (error) {
      if (!(error instanceof QueryFailure)) {
        log.error(`Cannot refresh ${question.name} ${question.type}: ${String(error)}`);
      }
    }
    entry.askAgainAtMs = nowMs() + this.#options.stale.recheckMs;
    return undefined;
  }

  /** Keeps what was said, if it may be; gives what the client gets. */
  #settle(query: Query, question: KeptQuestion, key: string, response: Response): Response {
    const { nowMs, wallMs, shared } = this.#dependencies;
    const old = this.#entries.get(key);
    const isOwned = response.authoritative || this.below.owns(query.name);
    const kept = isOwned ? undefined : keep(query, response, this.#options);
    if (kept === undefined) {
      // It answers, and must not be kept: nor must what was said before.
      if (old !== undefined && (isOwned || !isFailure(response))) this.#entries.drop(old);
      return response;
    }
    // A failure says nothing of what is still good, or may be served stale.
    if (kept.kind === 'servfail' && old !== undefined && old.kept.kind !== 'servfail') {
      return kept.response;
    }
    if (old !== undefined) this.#entries.takeHits(old);
    const saidAt = { ms: nowMs(), wallMs: wallMs() };
    this.#entries.put(new Entry(key, question, kept, saidAt, old?.popularity));
    // Failures are this resolver's own. TTLs go as upstream said them: each has its own limits.
    // Flags that a plugin changed do not travel.
    if (kept.kind !== 'servfail' && response.flags === undefined)
      shared?.write(query, response, kept.lifetimeSeconds);
    return kept.response;
  }

  /** What another resolver asked meanwhile, of resolvers that all prefetch the same names. */
  async #findNewer(entry: Entry, query: Query): Promise<Response | undefined> {
    const { shared } = this.#dependencies;
    if (shared === undefined || !this.#isGood(entry)) return undefined;
    const newer = await this.#getShared(shared, query, entry.question, entry.key);
    return newer && this.#responseOf(newer);
  }

  /** Keeps what another resolver was told, when that is of use. */
  async #getShared(
    shared: SharedAnswers,
    query: Query,
    question: KeptQuestion,
    key: string,
  ): Promise<Entry | undefined> {
    const { nowMs, wallMs } = this.#dependencies;
    const { prefetch } = this.#options;
    const found = await shared.read(query);
    const kept = found && keep(query, found.response, this.#options);
    if (found === undefined || kept === undefined) return undefined;
    const saidAt = { ms: nowMs() - found.ageMs, wallMs: wallMs() - found.ageMs };
    const old = this.#entries.get(key);
    const entry = new Entry(key, question, kept, saidAt, old?.popularity);
    const leftMs = entry.expiresAtMs - nowMs();
    const leastMs = old && this.#isGood(old) ? windowMs(kept.lifetimeSeconds, prefetch) : 0;
    if (leftMs <= leastMs) return undefined;
    if (old !== undefined) this.#entries.takeHits(old);
    this.#entries.put(entry);
    return entry;
  }

  #isGood({ expiresAtMs }: Entry): boolean {
    return this.#dependencies.nowMs() < expiresAtMs;
  }
}

function isFailure({ rcode }: Response): boolean {
  return rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN;
}

/** RFC 8767, and an extended error that says so (RFC 8914 § 4.4, § 4.20). */
function stale(response: Response, ttlSeconds: number): Response {
  const code = response.rcode === RCODE.NXDOMAIN ? EDE.STALE_NXDOMAIN_ANSWER : EDE.STALE_ANSWER;
  const option = { code: OPTION_EDE, data: Uint8Array.of(0, code) };
  return { ...withTtl(response, ttlSeconds), options: [...response.options, option] };
}

/** What it gives, if that is in time. */
async function answerWithin(
  refresh: Promise<Response | undefined>,
  boundMs: number,
): Promise<Response | undefined> {
  const bound = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => bound.resolve(undefined), boundMs);
  try {
    return await Promise.race([refresh, bound.promise]);
  } finally {
    clearTimeout(timer);
  }
}

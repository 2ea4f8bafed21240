/**
 * Remembers what upstream said.
 *
 *   query ─► kept here? ─► kept by another resolver? ─► next plugin ─► keep here, and for others
 *              │  └─ expired, and stale ones are served: give it, and ask again
 *              └─ popular or in use, and about to expire: ask again, nobody waits
 *
 * Most hits never come here: readers give them from the table (table-mirror.ts).
 */
import { RCODE } from '../../../../libs/dns/iana.ts';
import type { Log } from '../../../../libs/telemetry/log.ts';
import { aged, isAnswered, keep } from '../../answers/keeping.ts';
import { OurZones } from '../../answers/our-zones.ts';
import type { Found, SharedAnswers } from '../../answers/shared-answers.ts';
import type { Below, CachedAnswers } from '../../plugin.ts';
import type { Next, Query } from '../../query.ts';
import { QueryFailure } from '../../query-failure.ts';
import { emptyResponse, type Response } from '../../response.ts';
import type { CacheMetrics } from './cache-metrics.ts';
import type { CacheOptions } from './cache-options.ts';
import { Entry, type KeptQuestion, keyOf, queryFor, questionOf } from './entry.ts';
import { aheadAtMs, IN_USE_HITS } from './in-use.ts';
import { Inheritance } from './inheritance.ts';
import { KeptAnswers } from './kept-answers.ts';
import { OurNames, type Watch } from './our-names.ts';
import { nextLookMs, windowMs } from './popularity.ts';
import { Refreshes } from './refreshes.ts';
import { SecondLevel } from './second-level.ts';
import { answerWithin, stale } from './stale.ts';
import { TableMirror } from './table-mirror.ts';

export interface CacheDependencies {
  /** Of a monotonic clock. */
  readonly nowMs: () => number;
  /** Since 1970. */
  readonly wallMs: () => number;
  readonly log: Log;
  readonly metrics: CacheMetrics;
  readonly cachedAnswers: CachedAnswers;
}

/** How often time is looked at: a window of prefetch is a second at least. */
export const TICK_MS = 250;

const NOTHING_OURS = { ours: [] } as const;

/** What is kept where nobody upstream answered. */
const UNREACHABLE: Response = { ...emptyResponse(RCODE.SERVFAIL), recursionAvailable: true };

export class Cache {
  below: Below = {
    ask: async () => emptyResponse(RCODE.SERVFAIL),
    owns: () => false,
    plugins: [],
  };
  readonly #options: CacheOptions;
  readonly #dependencies: CacheDependencies;
  readonly #zones = new OurZones(
    () => this.below,
    () => this.#dependencies.cachedAnswers.ourZones(),
  );
  readonly #ours = new OurNames(this.#zones);
  readonly #entries: KeptAnswers;
  readonly #inheritance: Inheritance;
  readonly #refreshes = new Refreshes();
  /** Questions that nothing was kept of, and that a query is asking. */
  readonly #misses = new Map<string, Promise<Response>>();
  #shared: SecondLevel | undefined;

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
      ours: this.#ours,
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

  set shared(shared: SharedAnswers | undefined) {
    this.#shared = shared && new SecondLevel(shared, this.#zones);
  }

  /** A name of our own (in lower case) is another now: others' words of it count no more. */
  changed(name: string): void {
    for (const entry of this.#ours.changed(name)) this.#dropEverywhere(entry);
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
      return this.#isGood(entry) ? this.#hit(entry) : this.#serveStale(entry, query, next);
    }
    this.#dependencies.metrics.miss();
    return await (this.#refreshes.get(key) ?? this.#askOnce(query, question, key, next));
  }

  /** What is kept of it is for all who asked meanwhile; what must not be kept is for one. */
  async #askOnce(query: Query, question: KeptQuestion, key: string, next: Next): Promise<Response> {
    const first = this.#misses.get(key);
    const ask = () => this.#ask(query, question, key, next);
    if (first !== undefined) {
      await first;
      const entry = this.#entries.get(key);
      return entry !== undefined && this.#isGood(entry) ? this.#responseOf(entry) : ask();
    }
    if (this.below.owns(query.name)) return await ask();
    const asked = ask();
    this.#misses.set(key, asked);
    try {
      return await asked;
    } finally {
      this.#misses.delete(key);
    }
  }

  async #ask(query: Query, question: KeptQuestion, key: string, next: Next): Promise<Response> {
    const watch = this.#ours.watch();
    try {
      return this.#settle(query, question, key, watch, await next(query));
    } catch (error) {
      // Who can't be reached is left alone for a while, too (RFC 9520 § 3.2).
      if (error instanceof QueryFailure) {
        this.#settle(query, question, key, watch, UNREACHABLE);
      }
      throw error;
    } finally {
      this.#ours.unwatch(watch);
    }
  }

  /** What is kept here or by another resolver; perhaps it has expired. */
  async #find(query: Query, question: KeptQuestion, key: string): Promise<Entry | undefined> {
    const entry = this.#entries.get(key) ?? this.#inheritance.take(key);
    const shared = this.#sharedFor(query);
    if (entry === undefined && shared === undefined) return undefined;
    if (this.#isOurs(query.name, entry)) {
      if (entry !== undefined) this.#dropEverywhere(entry);
      return undefined;
    }
    if (shared === undefined || (entry !== undefined && this.#isGood(entry))) return entry;
    const newer = (await this.#getShared(shared, query, question, key)) ?? this.#entries.get(key);
    if (newer === undefined || !this.#isOurs(query.name, newer)) return newer;
    // It became ours while the store was read.
    this.#dropEverywhere(newer);
    return undefined;
  }

  #sharedFor({ name }: Query): SecondLevel | undefined {
    return this.#shared?.isFor(name) === true ? this.#shared : undefined;
  }

  /** Whether somebody below answers for it, or for a name that an alias of it leads to. */
  #isOurs(name: string, { ours }: Pick<Entry, 'ours'> = NOTHING_OURS): boolean {
    return this.below.owns(name) || ours.some((one) => one !== name && this.below.owns(one));
  }

  #dropEverywhere(entry: Entry): void {
    this.#entries.drop(entry);
    this.#shared?.forget(entry.question);
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

  async #serveStale(entry: Entry, query: Query, next: Next): Promise<Response> {
    const { verifyMs, ttlSeconds } = this.#options.stale;
    const { metrics } = this.#dependencies;
    const refresh = this.#mayAsk(entry) ? this.#refresh(entry) : undefined;
    if (refresh !== undefined && verifyMs !== undefined) {
      const response = await answerWithin(refresh, verifyMs);
      if (response !== undefined || this.#isOurs(query.name, entry)) {
        metrics.miss();
        return response ?? next(query);
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
      const response = await this.#refreshes.share(key, async () => {
        const newer = await this.#findNewer(entry, query);
        return newer ?? this.#ask(query, question, key, this.below.ask);
      });
      if (!isFailure(response) && !this.#isPreferred(entry, response)) return response;
    } catch (error) {
      if (!(error instanceof QueryFailure)) {
        log.error(`Cannot refresh ${question.name} ${question.type}: ${String(error)}`);
      }
    }
    entry.askAgainAtMs = Math.max(entry.askAgainAtMs, nowMs() + this.#options.stale.recheckMs);
    return undefined;
  }

  /** Whether what was said before goes on, since what is said now is no answer. */
  #isPreferred({ kept, question }: Entry, response: Response): boolean {
    if (!this.#options.stale.prefersPositive || kept.kind !== 'success') return false;
    if (response.authoritative) return false;
    const isAnswer = response.rcode === RCODE.NOERROR;
    return !isAnswer || !isAnswered(queryFor(question), response.answer);
  }

  /** Keeps what was said, if it may be; gives what the client gets. `watch`: since it was asked. */
  #settle(
    query: Query,
    question: KeptQuestion,
    key: string,
    watch: Watch,
    response: Response,
  ): Response {
    const { nowMs, wallMs } = this.#dependencies;
    const old = this.#entries.get(key);
    const ours = response.authoritative ? [] : this.#zones.namesIn(query.name, response);
    const isOwned = response.authoritative || this.#isOurs(query.name, { ours });
    // Who said it may not have heard what an alias leads to now.
    const isLate = !isOwned && this.#ours.hasChanged(ours, watch);
    const isOther = isOwned || isLate || this.#zones.leadsElsewhere(query.name, response);
    const kept = isOther ? undefined : keep(query, response, this.#options);
    if (old !== undefined && !isOwned && this.#isPreferred(old, response)) {
      const lifetimeMs = (kept?.lifetimeSeconds ?? 0) * 1000;
      old.askAgainAtMs = Math.max(old.askAgainAtMs, nowMs() + lifetimeMs);
      return response;
    }
    if (kept === undefined) {
      // It answers, and must not be kept: nor may what was said before, here or in the store.
      if (old !== undefined && (isOwned || !isFailure(response))) this.#dropEverywhere(old);
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
    if (kept.kind !== 'servfail' && response.flags === undefined) {
      const staleSeconds = this.#options.stale.forMs / 1000;
      this.#sharedFor(query)?.write(query, response, kept.lifetimeSeconds, staleSeconds);
    }
    return kept.response;
  }

  /** What another resolver asked meanwhile, of resolvers that all prefetch the same names. */
  async #findNewer(entry: Entry, query: Query): Promise<Response | undefined> {
    const shared = this.#sharedFor(query);
    if (shared === undefined || !this.#isGood(entry)) return undefined;
    const newer = await this.#getShared(shared, query, entry.question, entry.key);
    if (newer === undefined || !this.#isOurs(query.name, newer)) {
      return newer && this.#responseOf(newer);
    }
    this.#dropEverywhere(newer);
    return undefined;
  }

  /** Keeps what another resolver was told, when that is of use; perhaps it has expired. */
  #getShared(
    shared: SecondLevel,
    query: Query,
    question: KeptQuestion,
    key: string,
  ): Promise<Entry | undefined> {
    return shared.read(query, (found) => {
      const old = this.#entries.get(key);
      const entry = this.#entryOf(found, query, question, key, old);
      if (entry === undefined || !this.#isOfUse(entry, old)) return undefined;
      if (old !== undefined) this.#entries.takeHits(old);
      this.#entries.put(entry);
      return entry;
    });
  }

  #entryOf(
    { response, ageMs }: Found,
    query: Query,
    question: KeptQuestion,
    key: string,
    old: Entry | undefined,
  ): Entry | undefined {
    const { nowMs, wallMs } = this.#dependencies;
    const kept = keep(query, response, this.#options);
    const saidAt = { ms: nowMs() - ageMs, wallMs: wallMs() - ageMs };
    return kept && new Entry(key, question, kept, saidAt, old?.popularity);
  }

  /** Beside what is kept here: it is good for longer, or at least not as long expired. */
  #isOfUse({ expiresAtMs, kept }: Entry, old: Entry | undefined): boolean {
    const { prefetch, stale } = this.#options;
    const leftMs = expiresAtMs - this.#dependencies.nowMs();
    if (old !== undefined && this.#isPreferred(old, kept.response)) return false;
    if (old !== undefined && this.#isGood(old)) {
      return leftMs > windowMs(kept.lifetimeSeconds, prefetch);
    }
    return (
      leftMs > -stale.forMs &&
      (leftMs > 0 || expiresAtMs > (old?.expiresAtMs ?? Number.NEGATIVE_INFINITY))
    );
  }

  #isGood({ expiresAtMs }: Entry): boolean {
    return this.#dependencies.nowMs() < expiresAtMs;
  }
}

function isFailure({ rcode }: Response): boolean {
  return rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN;
}

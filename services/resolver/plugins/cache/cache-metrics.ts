/** What CoreDNS counts of its cache, under its names, and what the second level does. */
import type { Metrics } from '../../../../libs/telemetry/metrics.ts';
import type { CachedAnswers } from '../../plugin.ts';
import type { EntryType } from './entry.ts';

export interface CacheMetrics {
  hit(type: EntryType): void;
  miss(): void;
  servedStale(): void;
  prefetched(): void;
  /** A refresh that would have been one too many. */
  refreshSkipped(): void;
  evicted(type: EntryType): void;
  /** What was kept was to another question. */
  dropped(): void;
  followEntries(type: EntryType, size: () => number): void;
  /** Hits that readers give from the table. */
  followReaders(cachedAnswers: CachedAnswers): void;
}

export interface CacheLabels {
  readonly server: string;
  readonly view: string;
  readonly zones: readonly string[];
}

export function createCacheMetrics(
  metrics: Metrics,
  { server, view, zones }: CacheLabels,
): CacheMetrics {
  const family = (name: string, help: string, ...labels: readonly string[]) => ({
    name: `coredns_cache_${name}`,
    help,
    labels: ['server', ...labels, 'zones', 'view'],
  });
  const served = zones.join(',');
  const base = [server, served, view];
  const requests = metrics.counter(family('requests_total', 'Queries that the cache looked for.'));
  const hits = metrics.counter(family('hits_total', 'Queries answered by the cache.', 'type'));
  const misses = metrics.counter(family('misses_total', 'Queries that the cache did not have.'));
  const stale = metrics.counter(
    family('served_stale_total', 'Queries answered with what had expired.'),
  );
  const prefetches = metrics.counter(
    family('prefetch_total', 'Popular answers asked for again before they expired.'),
  );
  const drops = metrics.counter(
    family('drops_total', 'Answers not used since they were to another question.'),
  );
  const evictions = metrics.counter(
    family('evictions_total', 'Answers that made room for others.', 'type'),
  );
  const entries = metrics.gauge(family('entries', 'Answers in the cache.', 'type'));
  const skipped = metrics.counter({
    name: 'isthmus_cache_refreshes_skipped_total',
    help: 'Answers not asked for again since too many others were being.',
    labels: ['server'],
  });
  const addRequest = requests.adder(base);
  const addMiss = misses.adder(base);
  const addHit: Readonly<Record<EntryType, () => void>> = {
    success: hits.adder([server, 'success', served, view]),
    denial: hits.adder([server, 'denial', served, view]),
  };
  return {
    hit: (type) => {
      addRequest();
      addHit[type]();
    },
    miss: () => {
      addRequest();
      addMiss();
    },
    servedStale: () => stale.add(base),
    prefetched: () => prefetches.add(base),
    refreshSkipped: () => skipped.add([server]),
    evicted: (type) => evictions.add([server, type, served, view]),
    dropped: () => drops.add(base),
    followEntries: (type, size) => entries.follow([server, type, served, view], size),
    followReaders: (cachedAnswers) => {
      for (const type of ['success', 'denial'] as const) {
        hits.follow([server, type, served, view], () => cachedAnswers.hits()[type]);
        requests.follow(base, () => cachedAnswers.hits()[type]);
      }
    },
  };
}

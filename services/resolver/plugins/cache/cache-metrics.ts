/** What CoreDNS counts of its cache, under its names, and what the second level does. */
import type { Metrics } from '../../../../libs/telemetry/metrics.ts';
import type { SharedOutcome } from './shared-answers.ts';

export type EntryType = 'success' | 'denial';

export interface CacheMetrics {
  hit(type: EntryType): void;
  miss(): void;
  evicted(type: EntryType): void;
  shared(outcome: SharedOutcome): void;
  followEntries(type: EntryType, size: () => number): void;
}

/** Server blocks have no views yet. */
const VIEW = '';

export function createCacheMetrics(
  metrics: Metrics,
  server: string,
  zones: readonly string[],
): CacheMetrics {
  const family = (name: string, help: string, ...labels: readonly string[]) => ({
    name: `coredns_cache_${name}`,
    help,
    labels: ['server', ...labels, 'zones', 'view'],
  });
  const served = zones.join(',');
  const requests = metrics.counter(family('requests_total', 'Queries that the cache looked for.'));
  const hits = metrics.counter(family('hits_total', 'Queries answered by the cache.', 'type'));
  const misses = metrics.counter(family('misses_total', 'Queries that the cache did not have.'));
  const evictions = metrics.counter(
    family('evictions_total', 'Answers that made room for others.', 'type'),
  );
  const entries = metrics.gauge(family('entries', 'Answers in the cache.', 'type'));
  const shared = metrics.counter({
    name: 'isthmus_cache_shared_total',
    help: 'Reads and writes of the store that resolvers share, by what came of them.',
    labels: ['server', 'outcome'],
  });
  return {
    hit: (type) => {
      requests.add([server, served, VIEW]);
      hits.add([server, type, served, VIEW]);
    },
    miss: () => {
      requests.add([server, served, VIEW]);
      misses.add([server, served, VIEW]);
    },
    evicted: (type) => evictions.add([server, type, served, VIEW]),
    shared: (outcome) => shared.add([server, outcome]),
    followEntries: (type, size) => entries.follow([server, type, served, VIEW], size),
  };
}

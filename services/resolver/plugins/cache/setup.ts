import { onlyOne } from '../../../../libs/corefile/arguments.ts';
import type { AnswerStore } from '../../../../libs/store/store.ts';
import type { Setup } from '../../plugin.ts';
import { createCacheMetrics } from './cache-metrics.ts';
import { createCache } from './handler.ts';
import { readOptions } from './options.ts';
import { SharedAnswers } from './shared-answers.ts';

/** The clocks, and the store that resolvers share, where there is one. */
export interface CacheSetupDependencies {
  readonly store: AnswerStore | undefined;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  /** Calls `work` every so many milliseconds; gives what ends that. */
  readonly every: (ms: number, work: () => void) => () => void;
}

export function createCacheSetup(dependencies: CacheSetupDependencies): Setup {
  const { store, nowMs, wallMs, every } = dependencies;
  return (directives, { metrics, server, zones, log, cachedAnswers, former }) => {
    const { sharedMs: readMs, ...options } = readOptions(onlyOne(directives), zones);
    const cacheMetrics = createCacheMetrics(metrics, server, options.zones);
    const onOutcome = cacheMetrics.shared;
    const shared =
      store === undefined
        ? undefined
        : new SharedAnswers({ store, readMs, nowMs, wallMs, onOutcome });
    if (shared !== undefined) {
      metrics
        .gauge({
          name: 'isthmus_cache_shared_open',
          help: '1 while the store that resolvers share is left out, since it fails or is slow.',
          labels: ['server'],
        })
        .follow([server], () => Number(shared.isOpen));
    }
    const clocks = { nowMs, wallMs, every };
    return createCache(options, {
      ...{ ...clocks, log, metrics: cacheMetrics, cachedAnswers, shared, former },
    });
  };
}

import { onlyOne } from '../../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Place, ServerBlock } from '../../../../libs/corefile/corefile.ts';
import type { AnswerStore } from '../../../../libs/store/store.ts';
import { SharedAnswers, type SharedOutcome } from '../../answers/shared-answers.ts';
import { countShared, followShared } from '../../answers/shared-metrics.ts';
import type { Setup } from '../../plugin.ts';
import { createCacheMetrics } from './cache-metrics.ts';
import { createCache } from './handler.ts';
import { readOptions, SHARED_MS_DEFAULT } from './options.ts';

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
  return (directives, context) => {
    const { metrics, server, view, zones, log, cachedAnswers, former, block, origin } = context;
    const { shared: wait, ...options } = readOptions(onlyOne(directives), zones);
    if (wait !== undefined) checkIsUsed(wait.at, block);
    const readMs = wait?.ms ?? SHARED_MS_DEFAULT;
    const cacheMetrics = createCacheMetrics(metrics, { server, view, zones: options.zones });
    const count = countShared(metrics, server);
    const onOutcome = (outcome: SharedOutcome) => {
      count(outcome);
      if (outcome === 'mismatch') cacheMetrics.dropped();
    };
    const shared = store && new SharedAnswers({ store, readMs, nowMs, onOutcome, origin });
    if (shared !== undefined) followShared(metrics, server, shared);
    const clocks = { nowMs, wallMs, every };
    return createCache(options, {
      ...{ ...clocks, log, metrics: cacheMetrics, cachedAnswers, shared, former },
    });
  };
}

/** The wait for a store that another plugin brings is that plugin's to say. */
function checkIsUsed(shared: Place, { directives }: ServerBlock): void {
  if (!directives.some(({ name }) => name === 'redisc')) return;
  throw new ConfigurationError(
    shared,
    'Cannot use "shared": the store is that of redisc; expected "timeout" there',
  );
}

import type { OpenAnswerStore } from '../../../../libs/store/store.ts';
import type { Log } from '../../../../libs/telemetry/log.ts';
import type { Metrics } from '../../../../libs/telemetry/metrics.ts';
import { SharedAnswers, type SharedOutcome } from '../../answers/shared-answers.ts';
import { countShared, followShared } from '../../answers/shared-metrics.ts';
import type { Setup } from '../../plugin.ts';
import { createRedisc } from './handler.ts';
import { type RediscOptions, readOptions } from './options.ts';
import { RediscStore } from './redisc-store.ts';

export interface RediscSetupDependencies {
  /** Opens without waiting for a server. */
  readonly open: (options: RediscOptions, log: Log) => Promise<OpenAnswerStore>;
  /** Of a monotonic clock. */
  readonly nowMs: () => number;
}

export function createRediscSetup({ open, nowMs }: RediscSetupDependencies): Setup {
  return (directives, { log, metrics, server, zones, cachedAnswers, ...context }) => {
    const options = readOptions(directives, zones);
    for (const sentence of options.idle) log.warning(sentence);
    const store = new RediscStore(() => open(options, log));
    const { readMs, limits, upstream } = options;
    const onOutcome = counting(metrics, server);
    const shared = new SharedAnswers({
      ...{ store, readMs, nowMs, onOutcome, limits },
      zones: options.zones,
      // No digest begins so: what the operator named alike is shared by nobody else.
      origin: upstream === undefined ? context.origin : () => `=${upstream}`,
    });
    followShared(metrics, server, shared);
    const ourZones = () => cachedAnswers.ourZones();
    const running = { start: () => store.open(), stop: () => store.close() };
    return createRedisc({ shared, limits, ourZones, ...running });
  };
}

/** What CoreDNS's redisc counts, under its names, and what we do of any such store. */
function counting(metrics: Metrics, server: string): (outcome: SharedOutcome) => void {
  const family = (what: string, help: string) =>
    metrics.counter({ name: `coredns_redisc_${what}_total`, help, labels: ['server'] });
  const hits = family('hits', 'Answers that Redis had.');
  const misses = family('misses', 'Answers that Redis did not have, or not in time.');
  const drops = family('drops', 'Answers of Redis not used since they were to another question.');
  const setErrors = family('set_errors', 'Answers that could not be written to Redis.');
  const families: Readonly<Partial<Record<SharedOutcome, typeof hits>>> = {
    hit: hits,
    miss: misses,
    failure: misses,
    timeout: misses,
    skipped: misses,
    mismatch: drops,
    'write-failure': setErrors,
    'write-refused': setErrors,
    'write-skipped': setErrors,
  };
  const count = countShared(metrics, server);
  return (outcome) => {
    count(outcome);
    families[outcome]?.add([server]);
  };
}

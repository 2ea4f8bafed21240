import {
  argumentsOf,
  cannotRead,
  oneArgument,
  onlyOne,
  readProperties,
  wholeNumber,
  zonesOr,
} from '../../../../libs/corefile/arguments.ts';
import type { Directive, Property } from '../../../../libs/corefile/corefile.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import type { AnswerStore } from '../../../../libs/store/store.ts';
import type { Setup } from '../../plugin.ts';
import { createCacheMetrics } from './cache-metrics.ts';
import type { CacheOptions } from './handler.ts';
import { createCache } from './handler.ts';
import type { TtlRange } from './keeping.ts';
import { SharedAnswers } from './shared-answers.ts';

/** The clocks, and the store that resolvers share, where there is one. */
export interface CacheSetupDependencies {
  readonly store: AnswerStore | undefined;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
}

/** CoreDNS's defaults, but for the least TTL: there 5 s, which keeps what said it must not be. */
const CAPACITY_DEFAULT = 10_000;
const SUCCESS: TtlRange = { least: 0, most: 3600 };
const DENIAL: TtlRange = { least: 0, most: 1800 };
const SERVFAIL_SECONDS = 5;
/**
 * A client waits for the shared store about as long as asking upstream takes; 2 s is a resolver's.
 */
const SHARED_MS = { default: 5, max: 2000 } as const;

/** About 2 GiB. */
const CAPACITY_MAX = 1_000_000;
/** RFC 2181 § 8, and a week, after which RFC 8767 § 4 distrusts a TTL. */
const TTL_SECONDS_MAX = 604_800;
/** RFC 2308 § 7.1: a failure must not be kept for longer than five minutes. */
const SERVFAIL_MS_MAX = 300_000;
const ZONES_MAX = 1000;

/** Of CoreDNS, and not here yet. */
const NOT_YET = ['prefetch', 'serve_stale', 'serve_stale_policy', 'disable', 'keepttl'];

export function createCacheSetup({ store, nowMs, wallMs }: CacheSetupDependencies): Setup {
  return (directives, { metrics, server, zones }) => {
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
    return createCache(options, { nowMs, metrics: cacheMetrics, shared });
  };
}

interface ReadOptions extends CacheOptions {
  readonly sharedMs: number;
}

function readOptions(directive: Directive, blockZones: readonly string[]): ReadOptions {
  const args = argumentsOf(directive, 'perhaps a TTL, and zones', 0, ZONES_MAX);
  // A first argument of digits is the TTL; a zone of digits is written with its dot.
  const [first] = args;
  const ttl =
    first !== undefined && /^\d+$/.test(first.text)
      ? wholeNumber(first, 'TTL', 1, TTL_SECONDS_MAX)
      : undefined;
  let success: Kind = {
    capacity: CAPACITY_DEFAULT,
    ttl: { ...SUCCESS, most: ttl ?? SUCCESS.most },
  };
  let denial: Kind = { capacity: CAPACITY_DEFAULT, ttl: { ...DENIAL, most: ttl ?? DENIAL.most } };
  let servfailSeconds = SERVFAIL_SECONDS;
  let sharedMs: number = SHARED_MS.default;
  readProperties(
    directive,
    {
      success: (property) => {
        success = readKind(property, success);
      },
      denial: (property) => {
        denial = readKind(property, denial);
      },
      servfail: (property) => {
        const token = oneArgument(property, 'a duration');
        servfailSeconds = durationMs(token, 'servfail', 0, SERVFAIL_MS_MAX) / 1000;
      },
      shared: (property) => {
        const token = oneArgument(property, 'a duration');
        sharedMs = durationMs(token, 'shared', 1, SHARED_MS.max);
      },
    },
    NOT_YET,
  );
  return {
    zones: zonesOr(ttl === undefined ? args : args.slice(1), blockZones),
    success: success.ttl,
    denial: denial.ttl,
    servfailSeconds,
    sharedMs,
    successCapacity: success.capacity,
    denialCapacity: denial.capacity,
  };
}

interface Kind {
  readonly capacity: number;
  readonly ttl: TtlRange;
}

function readKind(property: Property, defaults: Kind): Kind {
  const expected = 'a capacity, and perhaps the longest and the shortest TTL';
  const [capacity, most, least] = argumentsOf(property, expected, 1, 3);
  if (capacity === undefined) throw new RangeError(expected);
  const ttl = {
    most: most === undefined ? defaults.ttl.most : wholeNumber(most, 'TTL', 1, TTL_SECONDS_MAX),
    least: least === undefined ? defaults.ttl.least : wholeNumber(least, 'TTL', 0, TTL_SECONDS_MAX),
  };
  if (least !== undefined && ttl.least > ttl.most) {
    throw cannotRead(least, 'shortest TTL', 'it is above the longest', `at most ${ttl.most}`);
  }
  return { capacity: wholeNumber(capacity, 'capacity', 1, CAPACITY_MAX), ttl };
}

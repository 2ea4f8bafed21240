/** The cache directive → options. Defaults and names are CoreDNS's. */
import {
  argumentsOf,
  cannotRead,
  noArguments,
  oneArgument,
  oneOf,
  type PropertyReaders,
  readProperties,
  wholeNumber,
  zonesOr,
} from '../../../../libs/corefile/arguments.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Directive, Place, Property, Token } from '../../../../libs/corefile/corefile.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import { Wrongs } from '../../../../libs/corefile/wrongs.ts';
import type { TtlRange } from '../../answers/keeping.ts';
import type { CacheOptions } from './cache-options.ts';
import type { PrefetchOptions } from './popularity.ts';
import type { StaleOptions } from './stale.ts';

/** CoreDNS's defaults, but for the least TTL: there 5 s, which keeps what said it must not be. */
const CAPACITY_DEFAULT = 10_000;
const SUCCESS: TtlRange = { least: 0, most: 3600 };
const DENIAL: TtlRange = { least: 0, most: 1800 };
const SERVFAIL_SECONDS = 5;
/** A client waits for the shared store no longer than resolvers wait for upstream: 2 s. */
const SHARED_MS_MAX = 2000;

/** About 2 GiB. */
const CAPACITY_MAX = 1_000_000;
/** RFC 2181 § 8, and a week, after which RFC 8767 § 4 distrusts a TTL. */
const TTL_SECONDS_MAX = 604_800;
/** RFC 2308 § 7.1: a failure must not be kept for longer than five minutes. */
const SERVFAIL_MS_MAX = 300_000;
const ZONES_MAX = 1000;

/** Unless it is said: by its own measure (in-use.ts). */
const PREFETCH = { amount: 0, gapMs: 60_000, percentage: 10 } as const;
/** A name that is asked so often in a minute or two is popular by any measure. */
const PREFETCH_AMOUNT_MAX = 100_000;
const PREFETCH_GAP_MS = { least: 1000, most: 86_400_000 } as const;
const STALE_MS = 3_600_000;
/** RFC 8767 § 5: a week, the longest that a stale answer should ever be used. */
const STALE_MS_MAX = 604_800_000;
/**
 * RFC 8767 § 5: before clients give up, which they do after 2 s and more. What asks upstream gives
 * up after some seconds, so more is as good as no bound.
 */
const VERIFY_MS = { default: 1800, most: 3_600_000 } as const;
/** RFC 8767 § 5 recommends 30 s; a client that keeps it for longer is the operator's wish. */
const STALE_TTL_MS_MAX = 3_600_000;
const RECHECK_MS_MAX = 300_000;

export interface ReadOptions extends CacheOptions {
  /** Undefined: not said. */
  readonly shared: { readonly ms: number; readonly at: Place } | undefined;
}

/** How long a query waits for the store, where nothing is said. */
export const SHARED_MS_DEFAULT = 5;

export function readOptions(directive: Directive, blockZones: readonly string[]): ReadOptions {
  const wrongs = new Wrongs();
  const nothing = { ttl: undefined, zones: [] };
  const { ttl, zones } = wrongs.of(() => readArguments(directive, blockZones)) ?? nothing;
  let success: Kind = {
    capacity: CAPACITY_DEFAULT,
    ttl: { ...SUCCESS, most: ttl ?? SUCCESS.most },
  };
  let denial: Kind = { capacity: CAPACITY_DEFAULT, ttl: { ...DENIAL, most: ttl ?? DENIAL.most } };
  let servfailSeconds = SERVFAIL_SECONDS;
  let shared: ReadOptions['shared'];
  let prefetch: PrefetchOptions | undefined;
  let stale: GivenStale | undefined;
  let policy: Property | undefined;
  let keepsTtl = false;
  const disabled: { success: readonly string[]; denial: readonly string[] } = {
    success: [],
    denial: [],
  };
  const readers: PropertyReaders = {
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
      shared = { ms: durationMs(token, 'shared', 1, SHARED_MS_MAX), at: property };
    },
    prefetch: (property) => {
      prefetch = readPrefetch(property);
    },
    serve_stale_policy: (property) => {
      const word = lowerCase(oneArgument(property, 'prefer_positive'));
      if (policy !== undefined) throw again(property, policy);
      oneOf(word, 'policy', ['prefer_positive']);
      policy = property;
    },
    serve_stale: (property) => {
      stale = readStale(property);
    },
    disable: (property) => {
      const [kind, ...disabledZones] = argumentsOf(property, DISABLE, 1, ZONES_MAX);
      if (kind === undefined) throw new RangeError(DISABLE);
      disabled[oneOf(kind, 'kind', ['success', 'denial'])] = zonesOr(disabledZones, zones);
    },
    keepttl: (property) => {
      noArguments(property);
      keepsTtl = true;
    },
  };
  wrongs.of(() => readProperties(directive, readers));
  wrongs.check();
  if (policy !== undefined && stale === undefined) {
    throw new ConfigurationError(
      policy,
      'Cannot use serve_stale_policy: nothing stale is served; expected serve_stale beside it',
    );
  }
  return {
    zones,
    success: success.ttl,
    denial: denial.ttl,
    servfailSeconds,
    disabled,
    prefetch: prefetch ?? PREFETCH,
    refreshesInUse: prefetch === undefined,
    // What fails is left alone as long as a failure is kept.
    stale: {
      ...NO_STALE,
      recheckMs: servfailSeconds * 1000,
      ...stale,
      prefersPositive: policy !== undefined,
    },
    keepsTtl,
    shared,
    successCapacity: success.capacity,
    denialCapacity: denial.capacity,
  };
}

function readArguments(directive: Directive, blockZones: readonly string[]) {
  const args = argumentsOf(directive, 'perhaps a TTL, and zones', 0, ZONES_MAX);
  // A first argument of digits is the TTL; a zone of digits is written with its dot.
  const [first] = args;
  if (first === undefined || !/^\d+$/.test(first.text)) {
    return { ttl: undefined, zones: zonesOr(args, blockZones) };
  }
  const ttl = wholeNumber(first, 'TTL', 1, TTL_SECONDS_MAX);
  return { ttl, zones: zonesOr(args.slice(1), blockZones) };
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
  return { capacity: wholeNumber(capacity, 'capacity', 0, CAPACITY_MAX), ttl };
}

const DISABLE = 'success or denial, and perhaps zones';

function readPrefetch(property: Property): PrefetchOptions {
  const expected = 'an amount, and perhaps a duration and a percentage';
  const [amount, gap, percentage] = argumentsOf(property, expected, 1, 3);
  if (amount === undefined) throw new RangeError(expected);
  const { least, most } = PREFETCH_GAP_MS;
  return {
    amount: wholeNumber(amount, 'amount', 0, PREFETCH_AMOUNT_MAX),
    gapMs: gap === undefined ? PREFETCH.gapMs : durationMs(gap, 'prefetch', least, most),
    percentage: percentage === undefined ? PREFETCH.percentage : readPercentage(percentage),
  };
}

function readPercentage(token: Token): number {
  const expected = '10% to 90%';
  if (!token.text.endsWith('%')) {
    throw cannotRead(token, 'percentage', 'it has no percent sign', expected);
  }
  const number = Number(/^(\d{1,3})%$/.exec(token.text)?.[1]);
  if (number >= 10 && number <= 90) return number;
  throw cannotRead(token, 'percentage', 'it is out of range', expected);
}

const NO_STALE = { forMs: 0, verifyMs: undefined, ttlSeconds: 0 };
type GivenStale = Omit<StaleOptions, 'recheckMs' | 'prefersPositive'> &
  Partial<Pick<StaleOptions, 'recheckMs'>>;

function readStale(property: Property): GivenStale {
  const expected = 'perhaps a duration, a refresh mode, and what that takes';
  const [duration, mode, ...rest] = argumentsOf(property, expected, 0, 5);
  const forMs =
    duration === undefined ? STALE_MS : durationMs(duration, 'serve_stale', 0, STALE_MS_MAX);
  if (mode === undefined) return { ...NO_STALE, forMs };
  const verifies = oneOf(lowerCase(mode), 'refresh mode', ['immediate', 'verify']) === 'verify';
  argumentsOf(property, 'no more arguments', 0, verifies ? 5 : 4);
  const [timeout, ttl, recheck] = verifies ? rest : [undefined, ...rest];
  return {
    forMs,
    verifyMs: verifies ? readTimeout(timeout) : undefined,
    ttlSeconds: ttl === undefined ? 0 : readStaleTtl(ttl),
    ...(recheck && { recheckMs: durationMs(recheck, 'recheck', 0, RECHECK_MS_MAX) }),
  };
}

/** 0: for as long as it takes. */
function readTimeout(token: Token | undefined): number {
  if (token === undefined) return VERIFY_MS.default;
  const timeoutMs = durationMs(token, 'timeout', 0, VERIFY_MS.most);
  return timeoutMs === 0 ? Number.POSITIVE_INFINITY : timeoutMs;
}

function readStaleTtl(token: Token): number {
  const seconds = durationMs(token, 'TTL', 0, STALE_TTL_MS_MAX) / 1000;
  if (Number.isInteger(seconds)) return seconds;
  throw cannotRead(token, 'TTL', 'it is no whole number of seconds', '1s, say');
}

function lowerCase(token: Token): Token {
  return { ...token, text: token.text.toLowerCase() };
}

function again(property: Property, first: Property): ConfigurationError {
  return new ConfigurationError(
    property,
    `Cannot use "${property.name}" again: line ${first.line} has it; expected once a cache`,
  );
}

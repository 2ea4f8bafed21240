/** The redisc directive → options. Names and defaults are those of CoreDNS's redisc, and ours. */
import {
  argumentsOf,
  cannotRead,
  oneArgument,
  onlyOne,
  type PropertyReaders,
  readProperties,
  wholeNumber,
  zonesOr,
} from '../../../../libs/corefile/arguments.ts';
import { besideCorefile } from '../../../../libs/corefile/beside-corefile.ts';
import { ConfigurationError } from '../../../../libs/corefile/configuration-error.ts';
import type { Directive, Place, Property } from '../../../../libs/corefile/corefile.ts';
import { durationMs } from '../../../../libs/corefile/duration.ts';
import { Wrongs } from '../../../../libs/corefile/wrongs.ts';
import { parseRedisAddress } from '../../../../libs/store-redis/redis-address.ts';
import type { TlsFiles } from '../../../../libs/tls/tls-files.ts';
import { whyNoTls } from '../../../../libs/tls/tls-files.ts';
import type { KeepOptions, TtlRange } from '../../answers/keeping.ts';

export interface RediscOptions {
  readonly zones: readonly string[];
  /** See libs/store-redis. It may hold a password. */
  readonly url: string;
  readonly tls: TlsFiles | undefined;
  /** Of all keys. */
  readonly prefix: string;
  /** A word of the operator for where answers come from: in place of what the block says. */
  readonly upstream: string | undefined;
  readonly limits: KeepOptions;
  /** Longest that a client waits for Redis. */
  readonly readMs: number;
  /** What was said, and counts nothing here: a sentence each. */
  readonly idle: readonly string[];
}

const ENDPOINT = 'redis://127.0.0.1:6379';
const PREFIX = 'isthmus';
/** In seconds. */
const TTL = { success: 3600, denial: 1800, max: 604_800 } as const;
/** In ms: about as long as asking upstream takes; 2 s is how long resolvers wait for that. */
const READ = { default: 5, least: 1, most: 2000 } as const;
const CAPACITY_MAX = 1_000_000_000;
const ZONES_MAX = 1000;
/** Nodes by which a Redis Cluster is found. */
const ENDPOINTS_MAX = 16;
/** A number would be a key of CoreDNS's redisc; braces would be the hash slot of all keys. */
const WORD_FORM = /^[A-Za-z][\w.:-]{0,63}$/;

export function readOptions(
  directives: readonly Directive[],
  blockZones: readonly string[],
): RediscOptions {
  const directive = onlyOne(directives);
  const wrongs = new Wrongs();
  const nothing = { ttl: undefined, zones: [] };
  const { ttl, zones } = wrongs.of(() => readArguments(directive, blockZones)) ?? nothing;
  let success: TtlRange = { least: 0, most: ttl ?? TTL.success };
  let denial: TtlRange = { least: 0, most: ttl ?? TTL.denial };
  let endpoint: { readonly url: string; readonly at: Place } = { url: ENDPOINT, at: directive };
  let tls: (TlsFiles & { readonly at: Place }) | undefined;
  let prefix = PREFIX;
  let upstream: string | undefined;
  let readMs: number = READ.default;
  const idle: string[] = [];
  const readers: PropertyReaders = {
    endpoint: (property) => {
      endpoint = { url: readEndpoint(property), at: property };
    },
    success: (property) => {
      success = readTtls(property, success, idle);
    },
    denial: (property) => {
      denial = readTtls(property, denial, idle);
    },
    timeout: (property) => {
      const token = oneArgument(property, 'a duration');
      readMs = durationMs(token, 'timeout', READ.least, READ.most);
    },
    prefix: (property) => {
      prefix = readWord(property);
    },
    upstream: (property) => {
      upstream = readWord(property);
    },
    tls: (property) => {
      tls = { ...tls, ...readTls(property), at: property };
    },
    tls_servername: (property) => {
      const { text } = oneArgument(property, "the name in the server's certificate");
      tls = { at: property, ...tls, serverName: text };
    },
  };
  wrongs.of(() => readProperties(directive, readers));
  wrongs.check();
  check(endpoint, tls);
  const limits = { success, denial, servfailSeconds: 0, disabled: { success: [], denial: [] } };
  const files = tls && { ...tls, at: undefined };
  return { zones, url: endpoint.url, tls: files, prefix, upstream, limits, readMs, idle };
}

function readArguments(directive: Directive, blockZones: readonly string[]) {
  const args = argumentsOf(directive, 'perhaps a TTL, and zones', 0, ZONES_MAX);
  // A first argument of digits is the TTL; a zone of digits is written with its dot.
  const [first] = args;
  if (first === undefined || !/^\d+$/.test(first.text)) {
    return { ttl: undefined, zones: zonesOr(args, blockZones) };
  }
  const ttl = wholeNumber(first, 'TTL', 1, TTL.max);
  return { ttl, zones: zonesOr(args.slice(1), blockZones) };
}

/** A URL, or hosts with ports: several are a Redis Cluster. */
function readEndpoint(property: Property): string {
  const endpoints = argumentsOf(property, 'HOST[:PORT], or a redis:// URL', 1, ENDPOINTS_MAX);
  const url = endpoints.find(({ text }) => text.includes('://'));
  // It may hold a password: it is not shown.
  const odd = endpoints.find(({ text }) => /[@/]/.test(text) && text !== url?.text);
  if (odd !== undefined) {
    const expected = 'HOST[:PORT], or redis://[[user]:password@]host[:port]';
    throw new ConfigurationError(
      odd,
      `Cannot use an endpoint with "@" or "/"; expected ${expected}`,
    );
  }
  if (url === undefined) return `redis://${endpoints.map(({ text }) => text).join()}`;
  if (endpoints.length === 1) return url.text;
  throw new ConfigurationError(
    url,
    `Cannot use one URL of ${endpoints.length} endpoints; expected one alone, with its hosts`,
  );
}

/** `TTL`, as CoreDNS's redisc has it, or `CAPACITY TTL [MINTTL]`, as its cache has. */
function readTtls(property: Property, before: TtlRange, idle: string[]): TtlRange {
  const expected = 'a TTL, or a capacity, a TTL and perhaps the shortest TTL';
  const args = argumentsOf(property, expected, 1, 3);
  const [capacity, most, least] = args.length === 1 ? [undefined, ...args] : args;
  if (capacity !== undefined) {
    const count = wholeNumber(capacity, 'capacity', 1, CAPACITY_MAX);
    idle.push(
      `redisc: the capacity ${count} of ${property.name} counts nothing: ` +
        "it is Redis's maxmemory that bounds what it has",
    );
  }
  const ttl = {
    most: most === undefined ? before.most : wholeNumber(most, 'TTL', 1, TTL.max),
    least: least === undefined ? before.least : wholeNumber(least, 'TTL', 0, TTL.max),
  };
  if (least === undefined || ttl.least <= ttl.most) return ttl;
  throw cannotRead(least, 'shortest TTL', 'it is above the longest', `at most ${ttl.most}`);
}

function readWord(property: Property): string {
  const token = oneArgument(property, 'a word');
  if (WORD_FORM.test(token.text)) return token.text;
  throw cannotRead(token, property.name, 'it is none', 'a letter, then letters, digits, _ . : -');
}

/** `[CERT KEY] [CA]`, as CoreDNS's plugins have it: none, the CA, a pair, or all three. */
function readTls(property: Property): TlsFiles {
  const paths = argumentsOf(property, '[CERT KEY] [CA]', 0, 3);
  const [first, second, third] = paths.map((path) => besideCorefile(path, path.text));
  const ca = paths.length === 1 ? first : third;
  return {
    ...(ca !== undefined && { ca }),
    ...(first !== undefined && second !== undefined && { pair: { cert: first, key: second } }),
  };
}

function check(
  endpoint: { readonly url: string; readonly at: Place },
  tls: (TlsFiles & { readonly at: Place }) | undefined,
): void {
  let isTls: boolean;
  try {
    ({ isTls } = parseRedisAddress(endpoint.url));
  } catch (error) {
    if (error instanceof TypeError) throw new ConfigurationError(endpoint.at, error.message);
    throw error;
  }
  if (tls === undefined) return;
  if (!isTls) {
    throw new ConfigurationError(
      tls.at,
      'Cannot use tls: Redis is reached without TLS; expected "endpoint rediss://HOST:PORT"',
    );
  }
  const why = whyNoTls(tls);
  if (why !== undefined) throw new ConfigurationError(tls.at, why);
}

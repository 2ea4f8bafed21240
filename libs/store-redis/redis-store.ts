/**
 * The store on Redis: one server, a Redis Cluster, or the master that Sentinels name.
 *
 * Facts and answers have connections of their own, so that an answer, which someone waits for,
 * never stands behind 100,000 facts. Opening it does no I/O and does not fail for want of a server.
 */
import type { OpenAnswerStore, Store } from '../store/store.ts';
import type { TlsFiles } from '../tls/tls-files.ts';
import { parseRedisAddress } from './redis-address.ts';
import { RedisAnswers } from './redis-answers.ts';
import { type ConnectionLimits, type OnTrouble, RedisConnection } from './redis-connection.ts';
import { RedisFacts } from './redis-facts.ts';

export interface RedisStoreOptions {
  /** See redis-address.ts. */
  readonly url: string;
  readonly federation: string;
  /** For rediss://. */
  readonly tls?: TlsFiles;
  /** Longest that an operation takes; those on all facts of a cluster have 5 s at least. */
  readonly timeoutMs: number;
  readonly onTrouble?: OnTrouble;
}

/** A connection is given up after this silence, or after four times the bound of an operation. */
const SILENCE_MIN_MS = 1000;
/** All facts of a cluster of 100,000 objects are read within 0.5 s on an idle machine. */
const FACTS_SILENCE_MS = 10_000;
/**
 * Bounds memory in front of a Redis that hangs: facts come 1,000 at a time (0.5 MiB), answers one
 * (64 KiB).
 */
const FACT_OPERATIONS_MAX = 64;
const ANSWER_OPERATIONS_MAX = 1000;

/** Throws a TypeError if the URL is none. */
export function openRedisStore(options: RedisStoreOptions): Store {
  const { url, federation, tls = {}, timeoutMs, onTrouble } = options;
  const place = { address: parseRedisAddress(url), tls };
  const forFacts = new RedisConnection(
    place,
    { timeoutMs, silenceMs: FACTS_SILENCE_MS, operationsMax: FACT_OPERATIONS_MAX },
    onTrouble,
  );
  // Both are lost together: it is said once.
  const forAnswers = new RedisConnection(place, limitsOfAnswers(timeoutMs));
  const facts = new RedisFacts(forFacts, federation);
  const answers = new RedisAnswers(forAnswers, `isthmus:${federation}`);
  return {
    head: (cluster) => facts.head(cluster),
    read: (cluster) => facts.read(cluster),
    advance: (cluster, from, to, changes) => facts.advance(cluster, from, to, changes),
    discard: (cluster, from) => facts.discard(cluster, from),
    get: (key) => answers.get(key),
    set: (key, message, ttlSeconds) => answers.set(key, message, ttlSeconds),
    forget: (key) => answers.forget(key),
    async close() {
      await forFacts.close();
      await forAnswers.close();
    },
  };
}

export interface RedisAnswersOptions extends Omit<RedisStoreOptions, 'federation'> {
  /** Of all keys: others may use the same Redis. */
  readonly prefix: string;
}

/** Answers alone. Throws a TypeError if the URL is none. */
export function openRedisAnswers(options: RedisAnswersOptions): OpenAnswerStore {
  const { url, prefix, tls = {}, timeoutMs, onTrouble } = options;
  const place = { address: parseRedisAddress(url), tls };
  const connection = new RedisConnection(place, limitsOfAnswers(timeoutMs), onTrouble);
  const answers = new RedisAnswers(connection, prefix);
  return {
    get: (key) => answers.get(key),
    set: (key, message, ttlSeconds) => answers.set(key, message, ttlSeconds),
    forget: (key) => answers.forget(key),
    close: () => connection.close(),
  };
}

function limitsOfAnswers(timeoutMs: number): ConnectionLimits {
  const silenceMs = Math.max(SILENCE_MIN_MS, 4 * timeoutMs);
  return { timeoutMs, silenceMs, operationsMax: ANSWER_OPERATIONS_MAX };
}

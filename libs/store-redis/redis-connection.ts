/**
 * A connection to Redis that is never waited for longer than a bound, and never owed more than one.
 *
 *   run ─┬─ ready ──► the operation ─┬─ its outcome
 *        │                           └─ late, or failed ──► StoreUnavailable, with the reason
 *        ├─ the first connection is on its way ──► waits for it, within the same bound
 *        └─ it was tried and can't be had ──► StoreUnavailable at once
 *
 * It is opened at the first use and then tried for ever. What Redis does not answer is dropped with
 * the connection, so that nothing piles up in front of a Redis that hangs.
 */
import { Cluster, type CommonRedisOptions, Redis } from 'ioredis';
import { StoreUnavailable } from '../store/store.ts';
import { TlsContext, type TlsFiles } from '../tls/tls-files.ts';
import { type RedisAddress, showRedisAddress } from './redis-address.ts';

export interface ConnectionLimits {
  /** Longest that an operation takes when its caller says nothing else. */
  readonly timeoutMs: number;
  /** A connection on which nothing comes for so long, though something is due, is dropped. */
  readonly silenceMs: number;
  /** Operations on their way at once; the next one fails. */
  readonly operationsMax: number;
}

export interface RedisPlace {
  readonly address: RedisAddress;
  readonly tls: TlsFiles;
}

/** For people: said when Redis can't be had any more, also for a new reason, and when it can. */
export type OnTrouble = (text: string) => void;

/** Bounds what a connection takes that leads nowhere. */
const CONNECT_TIMEOUT_MS = 2000;
const RECONNECT_FIRST_MS = 50;
/** After an outage of any length, Redis is found again within this. */
const RECONNECT_MAX_MS = 1000;
/** MOVED and ASK answers followed for one operation. */
const REDIRECTIONS_MAX = 4;

export class RedisConnection {
  readonly #where: string;
  readonly #limits: ConnectionLimits;
  readonly #redis: Redis | Cluster;
  #operations = 0;
  #isClosed = false;
  /** The first connection, while it is on its way. */
  #opening: Promise<void> | undefined;
  /** Why there is no connection; undefined while none was tried, or there is one. */
  #why: string | undefined;

  constructor(place: RedisPlace, limits: ConnectionLimits, onTrouble: OnTrouble = () => {}) {
    this.#where = showRedisAddress(place.address);
    this.#limits = limits;
    this.#redis = connect(place, limits, onTrouble);
    const is = (why: string | undefined) => {
      if (why === this.#why) return;
      this.#why = why;
      const text = why === undefined ? `The store "${this.#where}" answers` : this.#sentence(why);
      if (!this.#isClosed) onTrouble(text);
    };
    if (this.#redis instanceof Redis) hearLateErrors(this.#redis);
    else this.#redis.on('+node', hearLateErrors);
    this.#redis.on('ready', () => is(undefined));
    this.#redis.on('error', (error: unknown) => is(reasonOf(error)));
    this.#redis.on('close', () => is(this.#why ?? 'the connection was closed'));
  }

  async run<T>(
    operation: (redis: Redis | Cluster) => Promise<T>,
    timeoutMs = this.#limits.timeoutMs,
  ): Promise<T> {
    const { operationsMax } = this.#limits;
    if (this.#operations >= operationsMax) {
      throw this.#unavailable(`${operationsMax} operations wait already`);
    }
    this.#operations++;
    const running = this.#ready().then(() => operation(this.#redis));
    const done = () => {
      this.#operations--;
    };
    running.then(done, done);
    try {
      return await within(timeoutMs, running);
    } catch (error) {
      throw this.#unavailable(reasonOf(error), isReply(error));
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#redis.disconnect();
  }

  /** Throws if it is known that there is none now. */
  async #ready(): Promise<void> {
    const redis = this.#redis;
    // What fails here fails in an 'error', too, and is tried again.
    if (redis.status === 'wait') redis.connect().catch(() => {});
    if (redis.status === 'ready') return;
    if (this.#why !== undefined) throw new Error(this.#why);
    this.#opening ??= this.#opened().finally(() => {
      this.#opening = undefined;
    });
    await this.#opening;
  }

  #opened(): Promise<void> {
    const redis = this.#redis;
    return new Promise((resolve, reject) => {
      const settle = () => {
        redis.off('ready', settle).off('close', settle);
        if (redis.status === 'ready') resolve();
        else reject(new Error(this.#why));
      };
      redis.on('ready', settle).on('close', settle);
    });
  }

  #unavailable(why: string, isRefusal = false): StoreUnavailable {
    return new StoreUnavailable(this.#sentence(why), isRefusal);
  }

  #sentence(why: string): string {
    return `Cannot use the store "${this.#where}": ${why}; expected a Redis that answers in time`;
  }
}

function connect(
  { address, tls: files }: RedisPlace,
  { silenceMs }: ConnectionLimits,
  onTrouble: OnTrouble,
): Redis | Cluster {
  const { nodes, isCluster, isTls, sentinel, username, password, db } = address;
  const tls = isTls ? tlsOptions(new TlsContext(files, onTrouble)) : undefined;
  const options = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined ? {} : { tls }),
    db,
    // Replies of scripts are lists and octets in both protocols; this one needs no negotiation.
    protocol: 2,
    lazyConnect: true,
    disableClientInfo: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: silenceMs,
    // What was on its way when a connection broke fails: whoever asked has a bound, and asks again.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // A server that became a replica is not the one to write to any more.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  } satisfies CommonRedisOptions & { readonly tls?: object };
  if (isCluster) {
    return new Cluster([...nodes], {
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: reconnectMs,
      maxRedirections: REDIRECTIONS_MAX,
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
      // With TLS, certificates are for names: leave them to the connection.
      dnsLookup: (host, found) => found(null, host),
      redisOptions: options,
    });
  }
  const offline = { enableOfflineQueue: false, retryStrategy: reconnectMs };
  if (sentinel === undefined) return new Redis({ ...options, ...nodes[0], ...offline });
  return new Redis({
    ...options,
    ...offline,
    sentinels: [...nodes],
    name: sentinel.master,
    ...(sentinel.username === undefined ? {} : { sentinelUsername: sentinel.username }),
    ...(sentinel.password === undefined ? {} : { sentinelPassword: sentinel.password }),
    ...(tls === undefined ? {} : { sentinelTLS: tls, enableTLSForSentinelMode: true }),
    sentinelRetryStrategy: reconnectMs,
    // A master that was replaced is left when it refuses to write, or cuts us off. What it took
    // meanwhile is found out by the positions.
    sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
  });
}

/**
 * The client hears one error of a socket. One that comes after it, or after the socket was left
 * (an alert of TLS, say), would be nobody's and end the process.
 */
function hearLateErrors(redis: Redis): void {
  const hear = () => redis.stream?.on('error', () => {});
  // The socket is made after it says so, and before anything can come from the network.
  redis.on('connecting', () => setImmediate(hear)).on('connect', hear);
}

/** The client copies these at each connection, which is when the context is asked for. */
function tlsOptions(context: TlsContext) {
  const { serverName } = context;
  return {
    ...(serverName !== undefined && { servername: serverName }),
    get secureContext() {
      return context.now;
    },
  };
}

function reconnectMs(attempt: number): number {
  const most = Math.min(RECONNECT_MAX_MS, RECONNECT_FIRST_MS * 2 ** Math.min(attempt - 1, 10));
  return most * (0.5 + Math.random() / 2);
}

/** The outcome, or an error when it is not there in time. */
async function within<T>(timeoutMs: number, outcome: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`no answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    return await Promise.race([outcome, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Redis answered, with an error: it is full, or a replica, or does not let us. */
function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

/** In words. Never the command: an AUTH has the password in it. */
function reasonOf(error: unknown): string {
  // The client's own words for this are advice on its options.
  if (error instanceof Error && /max retries per request|Stream isn't writ/.test(error.message)) {
    return 'the connection broke';
  }
  if (!(error instanceof Error) || error.message === '') return 'it failed';
  // How long it waits differs from time to time: the same would be told again and again.
  return error.message.replace(/ Retrying from scratch after [\d.]+ms\./, '');
}

/**
 * One connection to NATS that is there for ever: made when it can be, made again when it is lost.
 *
 *   connect ─► ready ─► (lost ─► the client reconnects ─► ready)* ─► (given up ─► connect …)
 *
 * Who uses it waits for `ready`, and is told of each new connection by `onReady`: what a server was
 * asked for over the old one is gone with that.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection, PermissionViolationError } from 'nats';
import { LogUnavailable } from '../log/log.ts';
import { Wakeup } from '../log/wakeup.ts';
import type { LogAccess } from './access.ts';
import { clientOptions } from './client-options.ts';
import { Denials, denialOf } from './denials.ts';
import type { ServerUrls } from './server-urls.ts';

/** Between two attempts; a tenth more or less, so that many processes don't come at once. */
const RECONNECT_MS = 250;
const RECONNECT_JITTER_MS = 50;
/** For one attempt: to a host that is gone, packets vanish. */
const CONNECT_TIMEOUT_MS = 2000;
/** A server that is silent to this many pings, at this distance, is left. */
const PING_INTERVAL_MS = 2000;
const PINGS_OUT_MAX = 2;
/** A server's answer to one request of ours; on loopback it takes 0.2 ms, see append.ts. */
export const REQUEST_TIMEOUT_MS = 1000;

/** Closing is waited for this long; what is left ends by itself. */
const CLOSE_WITHIN_MS = 1000;

export interface Nats {
  readonly nc: NatsConnection;
  readonly manager: JetStreamManager;
  readonly inboxPrefix: string;
}

/** Who somebody is that is no watcher and no resolver. */
export const OPERATOR = '_operator';

/** Where replies to this user come to; users are kept out of each other's. */
export function inboxOf(federation: string, who: string): string {
  return `_INBOX.isthmus.${federation}.${who}`;
}

export interface ConnectionOptions {
  readonly urls: ServerUrls;
  readonly access: LogAccess;
  /** What the subjects of replies to us begin with: no other user may subscribe to them. */
  readonly inboxPrefix: string;
  readonly domain: string | undefined;
}

export interface ConnectionEvents {
  /** For people: what it waits for, and why. */
  onTrouble(text: string): void;
  onConnected(server: string): void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  readonly #denials: Denials;
  readonly #client: ReturnType<typeof clientOptions>;
  readonly #changed = new Wakeup();
  readonly #listeners = new Set<() => void>();
  readonly #followers = new Set<() => void>();
  readonly #ended = new AbortController();
  readonly #run: Promise<void>;
  #nats: Nats | undefined;
  #isConnected = false;
  #why = 'not connected yet';

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
    const { urls, access } = options;
    this.#client = clientOptions(urls, access, (text) => events.onTrouble(text));
    this.#denials = new Denials(options.inboxPrefix, (text) => events.onTrouble(text));
    this.#run = this.#keepConnected();
  }

  /** The connection, now or within the time; otherwise LogUnavailable, with the reason. */
  async ready(withinMs: number, signal?: AbortSignal): Promise<Nats> {
    const now = this.#usable();
    if (now !== undefined) return now;
    const wake = () => this.#changed.notify();
    // Timers may fire early by the clock that deadlines are taken from, so the timer decides.
    let isExpired = false;
    const timer = setTimeout(() => {
      isExpired = true;
      wake();
    }, withinMs);
    signal?.addEventListener('abort', wake);
    try {
      while (!this.isClosed && !signal?.aborted && !isExpired) {
        const nats = this.#usable();
        if (nats !== undefined) return nats;
        await this.#changed.wait();
      }
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
    }
    throw this.unavailable(this.isClosed ? 'it is closed' : this.#why);
  }

  /**
   * What the server forbids, if that is what the error came of: not worth the patience that waits
   * for servers.
   */
  forbidden(error: unknown): LogUnavailable | undefined {
    const denial = denialOf(error);
    return denial && new LogUnavailable(this.#denials.sentence(denial), { cause: error });
  }

  unavailable(why: string, cause?: unknown): LogUnavailable {
    const text = `Cannot use the log at "${this.#options.urls.shown}": ${why}`;
    return new LogUnavailable(`${text}; expected a NATS server with JetStream`, { cause });
  }

  /** Calls back at each new connection; returns what ends that. */
  onReady(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls back when a connection is there, and when it is lost; returns what ends that. */
  onChange(follower: () => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** The connection, if there is one now. */
  get now(): Nats | undefined {
    return this.#usable();
  }

  get isClosed(): boolean {
    return this.#ended.signal.aborted;
  }

  async close(): Promise<void> {
    this.#ended.abort();
    this.#changed.notify();
    for (const listener of this.#listeners) listener();
    const closed = Promise.all([this.#nats?.nc.close(), this.#run]);
    // The client may still be dialling, which it does not give up at once.
    await Promise.race([closed, delay(CLOSE_WITHIN_MS, undefined, { ref: false })]);
  }

  #usable(): Nats | undefined {
    return this.#isConnected && !this.isClosed ? this.#nats : undefined;
  }

  async #keepConnected(): Promise<void> {
    while (!this.isClosed) {
      try {
        await this.#connectOnce();
      } catch (error) {
        this.#lost(this.#reasonOf(error));
      }
      const options = { signal: this.#ended.signal };
      await delay(RECONNECT_MS, undefined, options).catch(() => {});
    }
  }

  /** Ends when the client has given up, which it does for nothing but our close. */
  async #connectOnce(): Promise<void> {
    const { urls, inboxPrefix } = this.#options;
    const nc = await connect({
      name: 'isthmus',
      ...this.#client,
      inboxPrefix,
      servers: [...urls.addresses],
      timeout: CONNECT_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      reconnectJitter: RECONNECT_JITTER_MS,
      reconnectJitterTLS: RECONNECT_JITTER_MS,
      pingInterval: PING_INTERVAL_MS,
      maxPingOut: PINGS_OUT_MAX,
      ignoreAuthErrorAbort: true,
      noAsyncTraces: true,
    });
    const domain = this.#options.domain === undefined ? {} : { domain: this.#options.domain };
    const timeout = REQUEST_TIMEOUT_MS;
    // Without checkAPI: a cluster that has no leader yet must not fail the connection.
    const manager = await jetstreamManager(nc, { ...domain, timeout, checkAPI: false });
    this.#nats = { nc, manager, inboxPrefix };
    if (this.isClosed) return nc.close();
    this.#connected(nc.getServer());
    for await (const status of nc.status()) {
      if (status.type === 'disconnect') this.#lost('the connection was lost');
      else if (status.type === 'reconnect') this.#connected(status.server);
      else if (status.type === 'error') this.#refused(status.error);
    }
    const error = await nc.closed();
    if (error !== undefined) throw error;
  }

  /** The client does not hear why a server ends TLS, and waits for it in vain. */
  #reasonOf(error: unknown): string {
    const text = error instanceof Error ? error.message : String(error);
    const { tls } = this.#options.access;
    if (text !== 'timeout' || tls === undefined || tls.pair !== undefined) return text;
    return 'no reply, as from one that wants a certificate of ours';
  }

  #connected(server: string): void {
    this.#isConnected = true;
    this.#denials.forget();
    this.#events.onConnected(server);
    this.#changed.notify();
    for (const listener of this.#listeners) listener();
    for (const follower of this.#followers) follower();
  }

  /** A server tells of what it forbids beside whatever that was; the connection goes on. */
  #refused(error: Error): void {
    if (error instanceof PermissionViolationError) this.#denials.tell(error);
    else this.#why = error.message;
  }

  #lost(why: string): void {
    this.#isConnected = false;
    this.#why = why;
    for (const follower of this.#followers) follower();
    if (!this.isClosed) this.#events.onTrouble(`Waiting for ${this.#options.urls.shown}: ${why}`);
  }
}

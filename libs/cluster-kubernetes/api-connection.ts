/**
 * Requests to one API server, all over one HTTP/2 connection (or few kept-alive ones, where the
 * server has no HTTP/2): the library's own client opens a TLS connection for each.
 *
 *   get(path) ─ credentials ─► limits ─► undici Agent of this cluster ─► status, body
 *
 * HTTP/1.1 and HTTP/2 take the same time from write to watch notification (measured); HTTP/2 can
 * tell with a PING that a silent connection is dead.
 */
import type { RequestOptions } from 'node:https';
import type { Dispatcher } from 'undici';
import request from 'undici/lib/api/api-request.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import type { KubernetesAccess } from './access.ts';
import { ApiUnreachable, causeOf } from './api-unreachable.ts';
import type { Clock } from './clock.ts';
import { Credentials, type Ticket } from './credentials.ts';
import { RequestGate, type RequestLimits } from './request-limits.ts';
import type { RequestObserver } from './request-observer.ts';

export interface ApiReply {
  readonly status: number;
  /** What Retry-After asked for, 0 if nothing. */
  readonly retryAfterMs: number;
  readonly body: AsyncIterable<unknown>;
}

/** How long to wait for a server that says nothing. */
export interface Patience {
  /** Until the reply begins. */
  readonly headersMs: number;
  /** Between two chunks of its body. */
  readonly bodyMs: number;
}

/** A connection that opens takes round trips, not seconds; a longer one is tried anew. */
const CONNECT_MS = 3000;
/**
 * A PING unanswered for so long ends the connection: half-dead ones are known within twice this.
 */
export const PING_MS = 3000;

/** A watch is under way until it is answered, a list until all of it is there. */
export type Verb = 'list' | 'watch';

export interface ConnectionOptions {
  readonly pingMs: number;
  readonly clock: Clock;
  /** Without it requests go as they come. */
  readonly limits?: RequestLimits | undefined;
  readonly observer?: RequestObserver | undefined;
}

export class ApiConnection {
  readonly #clock: Clock;
  readonly #gate: RequestGate | undefined;
  readonly #observer: RequestObserver | undefined;
  readonly #pingMs: number;
  readonly #credentials: Credentials;
  #agent: Dispatcher | undefined;
  /** What the agent was made of; another one is made when it changes (rotated certificates). */
  #agentKey = '';

  constructor(access: KubernetesAccess, { pingMs, clock, limits, observer }: ConnectionOptions) {
    this.#clock = clock;
    this.#gate = limits && new RequestGate(limits, clock);
    this.#observer = observer;
    this.#pingMs = pingMs;
    this.#credentials = new Credentials(access);
  }

  /** Throws ApiUnreachable. */
  async get(verb: Verb, path: string, patience: Patience, signal: AbortSignal): Promise<ApiReply> {
    const ticket = await this.#credentials.take();
    const { host } = new URL(ticket.server);
    const cameAtMs = this.#clock.nowMs();
    const leave = this.#gate && (await this.#gate.enter(signal));
    const wentAtMs = this.#clock.nowMs();
    this.#observer?.waited(host, (wentAtMs - cameAtMs) / 1000);
    const end = () => {
      leave?.();
      const seconds = (this.#clock.nowMs() - wentAtMs) / 1000;
      if (verb === 'list') this.#observer?.took(host, seconds);
    };
    try {
      const reply = await this.#ask(ticket, path, patience, signal);
      this.#observer?.replied(host, String(reply.status));
      if (verb === 'list') return { ...reply, body: untilRead(reply.body, end) };
      end();
      return reply;
    } catch (error) {
      if (!signal.aborted) this.#observer?.replied(host, '<error>');
      end();
      throw error;
    }
  }

  async #ask(
    { server, proxyUrl, options }: Ticket,
    path: string,
    patience: Patience,
    signal: AbortSignal,
  ): Promise<ApiReply> {
    try {
      const { origin, pathname } = new URL(server);
      const { statusCode, headers, body } = await request.call(
        await this.#agentOf(options, proxyUrl),
        {
          method: 'GET',
          origin,
          path: pathname === '/' ? path : `${pathname}${path}`,
          headers: { accept: 'application/json', 'user-agent': 'isthmus', ...headersOf(options) },
          signal,
          headersTimeout: patience.headersMs,
          bodyTimeout: patience.bodyMs,
        },
      );
      if (statusCode === 401) this.#credentials.doubt();
      return { status: statusCode, retryAfterMs: retryAfterMs(headers['retry-after']), body };
    } catch (error) {
      throw new ApiUnreachable(
        `Cannot reach the API server "${server}": ${causeOf(error)}; expected an answer`,
      );
    }
  }

  close(): void {
    void this.#agent?.destroy().catch(() => {});
    this.#agent = undefined;
  }

  async #agentOf(options: RequestOptions, proxyUrl: string | undefined): Promise<Dispatcher> {
    const { ca, cert, key, servername, rejectUnauthorized } = options;
    const agentKey = JSON.stringify([ca, cert, key, servername, rejectUnauthorized, proxyUrl]);
    if (this.#agent !== undefined && agentKey === this.#agentKey) return this.#agent;
    void this.#agent?.close().catch(() => {}); // ends when the requests on it have
    const tls = {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(servername && { servername }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    };
    const http2 = { allowH2: true, h2Options: { pingInterval: this.#pingMs } };
    this.#agentKey = agentKey;
    this.#agent = new Agent({ ...http2, connect: { ...tls, timeout: CONNECT_MS } });
    if (proxyUrl !== undefined) {
      const { default: ProxyAgent } = await import('undici/lib/dispatcher/proxy-agent.js');
      this.#agent = new ProxyAgent({ uri: proxyUrl, requestTls: tls, ...http2 });
    }
    return this.#agent;
  }
}

/** The first `octetsMax` octets of a body as text; undefined when there are more. */
export async function bodyText(reply: ApiReply, octetsMax: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let octets = 0;
  for await (const chunk of reply.body) {
    if (!(chunk instanceof Uint8Array)) continue;
    octets += chunk.length;
    if (octets > octetsMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The body; `end` is called when it was read, or is left. */
async function* untilRead(body: AsyncIterable<unknown>, end: () => void): AsyncGenerator<unknown> {
  try {
    yield* body;
  } finally {
    end();
  }
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (value !== undefined) all[name.toLowerCase()] = String(value);
  }
  if (auth) all.authorization = `Basic ${Buffer.from(auth).toString('base64')}`;
  return all;
}

/** Seconds, or a date (RFC 9110 § 10.2.3). */
function retryAfterMs(header: string | string[] | undefined): number {
  if (typeof header !== 'string') return 0;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

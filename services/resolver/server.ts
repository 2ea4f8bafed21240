/**
 * One packet in, one packet out, or a stream of them: all of DNS that is no plugin's business.
 *
 *   packet ─accept─► query ─routeOf─► server block ─admit─► query ─chain─► response
 *   response ─reply, encode, seal─► packet
 *
 * Sockets are elsewhere: whoever has a packet that the table did not answer asks here.
 */
import { encode } from '../../libs/dns/encode.ts';
import { CLASS_CH, RCODE } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { TCP_OCTETS_MAX, UDP_OCTETS_PLAIN, udpLimit } from '../../libs/dns/message.ts';
import { lowerName } from '../../libs/dns/name.ts';
import type { RR } from '../../libs/dns/rrset.ts';
import type { TcpResponse } from '../../libs/socket/tcp-connection.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import { accept } from './accept.ts';
import type { Listener, Route } from './block.ts';
import { routeOf } from './block.ts';
import type { Cookies } from './cookies.ts';
import type { Admission, Answered, Plugin, Seal } from './plugin.ts';
import type { Client, Next, Query } from './query.ts';
import { QueryFailure } from './query-failure.ts';
import { QueryMetrics } from './query-metrics.ts';
import { replyTo } from './reply.ts';
import { emptyResponse, type Response } from './response.ts';

/**
 * Queries in flight on one listener. An upstream that is silent for its 5 s holds so many at 2,000
 * queries a second; more are dropped, which clients try again.
 */
const QUERIES_MAX = 10_000;

/**
 * Questions that plugins ask of the whole listener for one query, such as aliases from one server
 * block to another, and back: as many as one block follows by itself.
 */
const ASKED_WITHIN_MAX = 10;

export interface ServerDependencies {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
  /** Without them a COOKIE is an option like those that we do not know. */
  readonly cookies?: Cookies;
}

interface Asked {
  readonly response: Response;
  readonly seal?: Seal | undefined;
}

interface Replied {
  readonly rcode: number;
  readonly octets: number;
  readonly startedMs: number;
  readonly plugin?: string | undefined;
}

export class Server {
  readonly #listener: Listener;
  readonly #place: NonNullable<Query['server']>;
  readonly #log: Log;
  readonly #nowMs: () => number;
  readonly #metrics: QueryMetrics;
  readonly #cookies: Cookies | undefined;
  #inFlight = 0;
  #whenIdle: (() => void)[] = [];

  constructor(listener: Listener, { log, metrics, nowMs, cookies }: ServerDependencies) {
    this.#listener = listener;
    this.#log = log;
    this.#nowMs = nowMs;
    this.#cookies = cookies;
    this.#place = { address: listener.host, port: listener.port };
    this.#metrics = new QueryMetrics(metrics, listener.server);
    for (const [zone, blocks] of listener.blocks) {
      for (const { plugins, view } of blocks) {
        const names = plugins.map(({ name }) => name);
        this.#metrics.enabled(zone, view?.name ?? '', names);
      }
    }
  }

  /** Resolves as soon as no query is under way. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /** The reply as one packet: all of it, but for a zone transfer. */
  async answerPacket(packet: Uint8Array, client: Client): Promise<Uint8Array | undefined> {
    const reply = await this.answer(packet, client);
    return reply === undefined || reply instanceof Uint8Array ? reply : reply.first;
  }

  /** The reply to a packet; undefined when it gets none. Never rejects. */
  async answer(packet: Uint8Array, client: Client): Promise<TcpResponse> {
    const startedMs = this.#nowMs();
    const accepted = accept(packet);
    if (accepted.kind === 'ignored') return undefined;
    if (accepted.kind === 'rejected') {
      const { rcode, reply } = accepted;
      this.#count(packet, client, undefined, { rcode, octets: reply.length, startedMs });
      return reply;
    }
    if (accepted.kind === 'cookie') {
      const rcode = this.#cookies?.rcodeOf(accepted.message, client) ?? RCODE.FORMERR;
      return this.#refuse(packet, client, { ...accepted, rcode }, startedMs);
    }
    if (accepted.kind === 'refused') return this.#refuse(packet, client, accepted, startedMs);
    if (accepted.kind === 'otherClass') {
      const reply = this.#answerOtherClass(packet, client, accepted, startedMs);
      if (reply !== undefined) return reply;
    }
    if (this.#inFlight >= QUERIES_MAX) {
      this.#metrics.overload();
      return undefined;
    }
    const { message, question } = accepted;
    const name = lowerName(question.name);
    const asked = { message, question, name, client, askServer: this.#askServer() };
    const query: Query = { ...asked, octets: packet.length, server: this.#place };
    const route = routeOf(this.#listener.blocks, query);
    this.#inFlight++;
    try {
      const { response, seal } = await this.#ask(query, packet, route);
      if (response.silent === true) return undefined;
      const { reply, octets } = this.#write(query, response, { route, seal });
      const { rcode } = reply;
      const { plugin } = response;
      const durationMs = this.#nowMs() - startedMs;
      const counted = { rcode, octets: octets.length, startedMs, plugin };
      this.#count(packet, client, route, counted, message);
      const [queryOctets, replyOctets] = [packet.length, octets.length];
      const answered = { query, reply, queryOctets, replyOctets, durationMs };
      tell(route?.block.plugins ?? [], answered);
      if (response.more === undefined || client.transport === 'udp') return octets;
      return { first: octets, more: this.#stream(reply, response.more, seal) };
    } finally {
      if (--this.#inFlight === 0) for (const told of this.#whenIdle.splice(0)) told();
    }
  }

  /** What no plugin is asked. */
  #refuse(
    packet: Uint8Array,
    client: Client,
    { message, rcode }: { readonly message: Message; readonly rcode: number },
    startedMs: number,
  ): Uint8Array {
    const query = { message, name: message.question?.name ?? '.', client };
    const by = { route: undefined, seal: undefined };
    const { octets } = this.#write(query, emptyResponse(rcode), by);
    this.#count(packet, client, undefined, { rcode, octets: octets.length, startedMs });
    return octets;
  }

  /**
   * A plugin answers for class CH at once. Undefined: the chain gets the query, for a plugin that
   * makes it one of class IN.
   */
  #answerOtherClass(
    packet: Uint8Array,
    client: Client,
    { message, question }: Pick<Query, 'message' | 'question'>,
    startedMs: number,
  ): Uint8Array | undefined {
    const name = lowerName(question.name);
    const query = { message, question, name, client, server: this.#place };
    const route = routeOf(this.#listener.blocks, query);
    const plugins = route?.block.plugins ?? [];
    const answered = question.class === CLASS_CH ? chaosOf(plugins, query) : undefined;
    const isTaken = plugins.some(({ takesClasses }) => takesClasses?.has(question.class) === true);
    if (answered === undefined && isTaken) return undefined;
    const response = answered ?? emptyResponse(RCODE.REFUSED);
    // Nobody recurses in other classes: without an answer they are refused.
    const of = answered === undefined ? undefined : route;
    const { reply, octets } = this.#write(query, response, { route: of, seal: undefined });
    const { plugin } = response;
    const counted = { rcode: reply.rcode, octets: octets.length, startedMs, plugin };
    if (of === undefined) this.#count(packet, client, undefined, counted);
    else {
      this.#count(packet, client, of, counted, message);
      const durationMs = this.#nowMs() - startedMs;
      const [queryOctets, replyOctets] = [packet.length, octets.length];
      tell(plugins, { query, reply, queryOctets, replyOctets, durationMs });
    }
    return octets;
  }

  /** How plugins ask the whole listener: as if the client did, but nobody counts or writes it. */
  #askServer(): Next {
    let left = ASKED_WITHIN_MAX;
    const ask: Next = async (query) => {
      const route = routeOf(this.#listener.blocks, query);
      if (left === 0) return emptyResponse(RCODE.SERVFAIL);
      left--;
      if (route === undefined) return emptyResponse(RCODE.REFUSED);
      return route.block.chain({ ...query, askServer: ask });
    };
    return ask;
  }

  async #ask(query: Query, packet: Uint8Array, route: Route | undefined): Promise<Asked> {
    if (route === undefined) return { response: emptyResponse(RCODE.REFUSED) };
    let seal: Seal | undefined;
    try {
      const admission = admit(route.block.plugins, query, packet);
      seal = admission?.seal;
      const outcome = admission?.outcome ?? { query };
      if ('response' in outcome) return { response: outcome.response, seal };
      return { response: await route.block.chain(outcome.query), seal };
    } catch (error) {
      if (!(error instanceof QueryFailure)) this.#metrics.panic();
      return { response: emptyResponse(RCODE.SERVFAIL), seal };
    }
  }

  #write(
    query: Pick<Query, 'message' | 'name' | 'client'>,
    response: Response,
    { route, seal }: { readonly route: Route | undefined; readonly seal: Seal | undefined },
  ): { readonly reply: Message; readonly octets: Uint8Array } {
    const most = query.client.transport === 'tcp' ? TCP_OCTETS_MAX : udpMost(query.message, route);
    const limit = most - (seal?.octets ?? 0);
    const recursion = route?.block.recursion ?? false;
    // An option of a version that we do not know may be anything.
    const isKnown = response.rcode !== RCODE.BADVERS;
    const cookie = isKnown ? this.#cookies?.replyTo(query.message, query.client) : undefined;
    const sealed = (response: Response) => {
      const reply = replyTo(query.message, response, recursion, cookie?.option);
      const octets = encode(reply, limit);
      return { reply, octets: seal?.seal(octets) ?? octets };
    };
    try {
      return sealed(response);
    } catch (error) {
      // No plugin is left to write that down.
      this.#cannotEncode(query.name, error);
      return sealed(emptyResponse(RCODE.SERVFAIL));
    }
  }

  /** The messages after the first (RFC 5936 § 2.2): its header, and nothing but answers. */
  *#stream(
    first: Message,
    more: Iterable<readonly RR[]>,
    seal: Seal | undefined,
  ): Generator<Uint8Array> {
    const rest = { question: undefined, authority: [], additional: [], edns: undefined };
    const limit = TCP_OCTETS_MAX - (seal?.octets ?? 0);
    try {
      for (const answer of more) {
        const octets = encode({ ...first, ...rest, answer }, limit);
        yield seal?.seal(octets) ?? octets;
      }
    } catch (error) {
      this.#cannotEncode(first.question?.name ?? '.', error);
      throw error; // a client must not take a part for the whole
    }
  }

  /** A plugin made records that are none. */
  #cannotEncode(name: string, error: unknown): void {
    this.#metrics.panic();
    this.#log.error(`Cannot encode the response to ${name}: ${String(error)}`);
  }

  #count(
    packet: Uint8Array,
    client: Client,
    route: Route | undefined,
    reply: Replied,
    message?: Message,
  ): void {
    this.#metrics.count({
      zone: route?.zone,
      view: route?.block.view?.name ?? '',
      client,
      type: message?.question?.type ?? '',
      dnssecOk: message?.edns?.dnssecOk ?? false,
      rcode: reply.rcode,
      plugin: reply.plugin ?? '',
      requestOctets: packet.length,
      responseOctets: reply.octets,
      durationMs: this.#nowMs() - reply.startedMs,
    });
  }
}

/** Never less than what every client can receive. */
function udpMost(message: Message, route: Route | undefined): number {
  const { udpOctetsMax = Number.POSITIVE_INFINITY } = route?.block ?? {};
  return Math.min(udpLimit(message), Math.max(udpOctetsMax, UDP_OCTETS_PLAIN));
}

/** What the first plugin says that has a say. */
function admit(
  plugins: readonly Plugin[],
  query: Query,
  packet: Uint8Array,
): Admission | undefined {
  for (const plugin of plugins) {
    const admission = plugin.admit?.(query, packet);
    if (admission !== undefined) return admission;
  }
  return undefined;
}

/** What the first plugin answers in class CH that does. */
function chaosOf(plugins: readonly Plugin[], query: Query): Response | undefined {
  for (const plugin of plugins) {
    const response = plugin.chaos?.(query.question, query);
    if (response === undefined) continue;
    const marked = plugins.reduce((said, { mark }) => mark?.(said, query) ?? said, response);
    return { ...marked, plugin: plugin.name };
  }
  return undefined;
}

function tell(plugins: readonly Plugin[], answered: Answered): void {
  for (const plugin of plugins) plugin.answered?.(answered);
}

/**
 * One packet in, one packet out: all of DNS that is no plugin's business.
 *
 *   packet ─accept─► query ─routeOf─► server block ─chain─► response ─reply, encode─► packet
 *
 * Sockets are elsewhere: whoever has a packet that the table did not answer asks here.
 */
import { encode } from '../../libs/dns/encode.ts';
import { RCODE } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { TCP_OCTETS_MAX, udpLimit } from '../../libs/dns/message.ts';
import { lowerName } from '../../libs/dns/name.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import { accept } from './accept.ts';
import type { Listener, Route } from './block.ts';
import { routeOf } from './block.ts';
import type { Client, Query, Response } from './plugin.ts';
import { emptyResponse } from './plugin.ts';
import { QueryFailure } from './query-failure.ts';
import { QueryMetrics } from './query-metrics.ts';
import { replyTo } from './reply.ts';

/**
 * Queries in flight on one listener. An upstream that is silent for its 5 s holds so many at 2,000
 * queries a second; more are dropped, which clients try again.
 */
const QUERIES_MAX = 10_000;

export interface ServerDependencies {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
}

interface Replied {
  readonly rcode: number;
  readonly octets: number;
  readonly startedMs: number;
  readonly plugin?: string | undefined;
}

export class Server {
  readonly #listener: Listener;
  readonly #log: Log;
  readonly #nowMs: () => number;
  readonly #metrics: QueryMetrics;
  #inFlight = 0;

  constructor(listener: Listener, { log, metrics, nowMs }: ServerDependencies) {
    this.#listener = listener;
    this.#log = log;
    this.#nowMs = nowMs;
    this.#metrics = new QueryMetrics(metrics, listener.server);
    for (const [zone, { plugins }] of listener.blocks) {
      const names = plugins.map(({ name }) => name);
      this.#metrics.enabled(zone, names);
    }
  }

  /** The reply to a packet; undefined when it gets none. Never rejects. */
  async answerPacket(packet: Uint8Array, client: Client): Promise<Uint8Array | undefined> {
    const startedMs = this.#nowMs();
    const accepted = accept(packet);
    if (accepted.kind === 'ignored') return undefined;
    if (accepted.kind === 'rejected') {
      const { rcode, reply } = accepted;
      this.#count(packet, client, undefined, { rcode, octets: reply.length, startedMs });
      return reply;
    }
    if (this.#inFlight >= QUERIES_MAX) {
      this.#metrics.overload();
      return undefined;
    }
    const { message, question } = accepted;
    const query: Query = { message, question, name: lowerName(question.name), client };
    const route = routeOf(this.#listener.blocks, query.name, question.type);
    this.#inFlight++;
    try {
      const response = await this.#ask(query, route);
      const { reply, octets } = this.#write(query, response, route);
      const { rcode } = reply;
      const { plugin } = response;
      const durationMs = this.#nowMs() - startedMs;
      const counted = { rcode, octets: octets.length, startedMs, plugin };
      this.#count(packet, client, route, counted, message);
      for (const plugin of route?.block.plugins ?? []) {
        plugin.answered?.({
          query,
          reply,
          queryOctets: packet.length,
          replyOctets: octets.length,
          durationMs,
        });
      }
      return octets;
    } finally {
      this.#inFlight--;
    }
  }

  async #ask(query: Query, route: Route | undefined): Promise<Response> {
    if (route === undefined) return emptyResponse(RCODE.REFUSED);
    try {
      return await route.block.chain(query);
    } catch (error) {
      if (!(error instanceof QueryFailure)) this.#metrics.panic();
      return emptyResponse(RCODE.SERVFAIL);
    }
  }

  #write(
    query: Query,
    response: Response,
    route: Route | undefined,
  ): { readonly reply: Message; readonly octets: Uint8Array } {
    const limit = query.client.transport === 'tcp' ? TCP_OCTETS_MAX : udpLimit(query.message);
    const recursion = route?.block.recursion ?? false;
    const reply = replyTo(query.message, response, recursion);
    try {
      return { reply, octets: encode(reply, limit) };
    } catch (error) {
      // A plugin made records that are none. No plugin is left to write that down.
      this.#metrics.panic();
      this.#log.error(`Cannot encode the response to ${query.name}: ${String(error)}`);
      const failed = replyTo(query.message, emptyResponse(RCODE.SERVFAIL), recursion);
      return { reply: failed, octets: encode(failed, limit) };
    }
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

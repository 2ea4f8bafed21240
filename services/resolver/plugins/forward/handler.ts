/**
 * Asks upstream servers for what nobody below knows.
 *
 *   query ─► same question in flight? ─► upstreams in the policy's order ─► reply, in bailiwick
 */
import { RCODE } from '../../../../libs/dns/iana.ts';
import type { Message } from '../../../../libs/dns/message.ts';
import { OPTION_EDE, UDP_OCTETS_MAX } from '../../../../libs/dns/message.ts';
import { isWithin } from '../../../../libs/dns/name.ts';
import type { Plugin, Query, Response } from '../../plugin.ts';
import { emptyResponse } from '../../plugin.ts';
import { QueryFailure } from '../../query-failure.ts';
import { withinBailiwick } from './bailiwick.ts';
import type { Exchange } from './exchange.ts';
import { ExchangeFailure } from './exchange.ts';
import type { ForwardMetrics } from './forward-metrics.ts';
import { InFlight } from './in-flight.ts';
import type { Policy } from './policy.ts';
import type { Upstream } from './upstream.ts';

/** One directive, ready to use. */
export interface Forwarder {
  /** As it was written, for messages. */
  readonly fromText: string;
  readonly from: readonly string[];
  readonly except: readonly string[];
  readonly upstreams: readonly Upstream[];
  readonly policy: Policy;
  /** Undefined: as the client came. */
  readonly transport: 'udp' | 'tcp' | undefined;
  readonly readTimeoutMs: number;
  readonly attemptsMax: number;
  readonly concurrentMax: number;
  /** With all upstreams down: fail at once, instead of trying one. */
  readonly failsFast: boolean;
}

export interface ForwardDependencies {
  readonly exchange: Exchange;
  /** From 0 up to 1, unpredictable. */
  readonly random: () => number;
  readonly nowMs: () => number;
  readonly metrics: ForwardMetrics;
}

/** All that one query may take, in milliseconds: clients give up after this long. CoreDNS's. */
const BUDGET_MS = 5000;

export function createForward(
  forwarders: readonly Forwarder[],
  dependencies: ForwardDependencies,
): Plugin {
  const chain = forwarders.map((each) => new Forwarding(each, dependencies));
  return {
    name: 'forward',
    async handle(query, next) {
      const forwarding = chain.find((each) => each.takes(query.name));
      return forwarding === undefined ? next(query) : forwarding.answer(query);
    },
    async stop() {
      for (const { upstreams } of forwarders) for (const upstream of upstreams) upstream.stop();
    },
  };
}

class Forwarding {
  readonly #forwarder: Forwarder;
  readonly #dependencies: ForwardDependencies;
  readonly #inFlight = new InFlight<Response>();
  #waiting = 0;

  constructor(forwarder: Forwarder, dependencies: ForwardDependencies) {
    this.#forwarder = forwarder;
    this.#dependencies = dependencies;
  }

  /** Its own name is forwarded also where `except` names it. */
  takes(name: string): boolean {
    const { from, except } = this.#forwarder;
    if (from.includes(name)) return true;
    return (
      from.some((zone) => isWithin(name, zone)) && !except.some((zone) => isWithin(name, zone))
    );
  }

  async answer(query: Query): Promise<Response> {
    if (this.#waiting >= this.#forwarder.concurrentMax) {
      this.#dependencies.metrics.rejected();
      return emptyResponse(RCODE.REFUSED);
    }
    const { flags, edns } = query.message;
    // All that the upstream query is made of. Not the transport: both give the whole answer.
    const bits = [flags.recursionDesired, flags.checkingDisabled, edns?.dnssecOk ?? false];
    const key = `${query.name} ${query.question.type} ${bits.map(Number).join('')}`;
    this.#waiting++;
    try {
      return await this.#inFlight.share(key, () => this.#ask(query));
    } finally {
      this.#waiting--;
    }
  }

  async #ask(query: Query): Promise<Response> {
    const { upstreams, policy, attemptsMax, fromText } = this.#forwarder;
    const { nowMs } = this.#dependencies;
    const endMs = nowMs() + BUDGET_MS;
    const order = policy(upstreams);
    const failures: string[] = [];
    for (let turn = 0; failures.length < attemptsMax; turn++) {
      const leftMs = endMs - nowMs();
      const upstream = this.#next(order, turn);
      if (leftMs <= 0 || upstream === undefined) break;
      try {
        const reply = await this.#exchange(query, upstream, leftMs);
        return responseOf(query, reply);
      } catch (error) {
        if (!(error instanceof ExchangeFailure)) throw error;
        upstream.failed();
        failures.push(`${upstream.text}: ${error.message}`);
      }
    }
    const why = failures.at(-1) ?? 'all are down';
    throw new QueryFailure(`no upstream of "${fromText}" answered: ${why}`);
  }

  /**
   * Who is asked at this turn: down ones are left out. When all are down, any: the probes may be
   * wrong.
   */
  #next(order: readonly Upstream[], turn: number): Upstream | undefined {
    const up = order.filter(({ isDown }) => !isDown);
    if (up.length > 0) return up[turn % up.length];
    this.#dependencies.metrics.allDown();
    if (this.#forwarder.failsFast) return undefined;
    return order[Math.floor(this.#dependencies.random() * order.length)];
  }

  async #exchange(query: Query, upstream: Upstream, leftMs: number): Promise<Message> {
    const { exchange, random, nowMs, metrics } = this.#dependencies;
    const transport = this.#forwarder.transport ?? query.client.transport;
    const timeoutMs = Math.min(this.#forwarder.readTimeoutMs, leftMs);
    const id = Math.floor(random() * 65_536);
    const asked = upstreamQuery(query, id);
    const startedMs = nowMs();
    let reply = await exchange(asked, upstream.to, transport, timeoutMs);
    if (reply.rcode === RCODE.FORMERR && reply.edns === undefined) {
      // A server from before EDNS (RFC 6891 § 7).
      const rest = Math.max(1, timeoutMs - (nowMs() - startedMs));
      reply = await exchange({ ...asked, edns: undefined }, upstream.to, transport, rest);
    }
    upstream.succeeded();
    metrics.answered(upstream.text, reply.rcode, nowMs() - startedMs);
    return reply;
  }
}

/** Options of the client are for us, not for others. AD asks whether the data is authentic. */
function upstreamQuery({ message, question, name }: Query, id: number): Message {
  const { recursionDesired, checkingDisabled } = message.flags;
  return {
    ...message,
    id,
    question: { ...question, name },
    flags: { ...message.flags, recursionDesired, checkingDisabled, authenticData: true },
    answer: [],
    authority: [],
    additional: [],
    edns: {
      udpSize: UDP_OCTETS_MAX,
      version: 0,
      dnssecOk: message.edns?.dnssecOk ?? false,
      options: [],
    },
  };
}

function responseOf(query: Query, reply: Message): Response {
  return {
    ...emptyResponse(reply.rcode),
    // Whatever the upstream is, it is not us who has authority.
    authoritative: false,
    recursionAvailable: true,
    authenticData: reply.flags.authenticData,
    ...withinBailiwick(query.name, reply),
    options: reply.edns?.options.filter(({ code }) => code === OPTION_EDE) ?? [],
  };
}

/**
 * One directive at work.
 *
 *   query ─► same question in flight? ─► upstreams in the policy's order ─► reply, in bailiwick
 *                                              ▲                    │
 *                                              └─ none, or failover ┘
 */
import { OPCODE, RCODE } from '../../../../libs/dns/iana.ts';
import type { EdnsOption, Message } from '../../../../libs/dns/message.ts';
import { NO_FLAGS, OPTION_EDE, UDP_OCTETS_MAX } from '../../../../libs/dns/message.ts';
import { isWithin } from '../../../../libs/dns/name.ts';
import { ExchangeFailure } from '../../../../libs/upstream/upstream-server.ts';
import type { Query } from '../../query.ts';
import { QueryFailure } from '../../query-failure.ts';
import { emptyResponse, type Response } from '../../response.ts';
import { withinBailiwick } from './bailiwick.ts';
import type { ForwardMetrics } from './forward-metrics.ts';
import { InFlight } from './in-flight.ts';
import type { Policy } from './policy.ts';
import type { Upstream } from './upstream.ts';
import type { UpstreamList } from './upstream-list.ts';

/** One directive, ready to use. */
export interface Forwarder {
  /** As it was written, for messages. */
  readonly fromText: string;
  readonly from: readonly string[];
  readonly except: readonly string[];
  readonly upstreams: UpstreamList;
  readonly policy: Policy;
  /** Undefined: as the client came. */
  readonly transport: 'udp' | 'tcp' | undefined;
  readonly readTimeoutMs: number;
  /** Undefined: twice as many as there are upstreams. */
  readonly attemptsMax: number | undefined;
  readonly concurrentMax: number;
  /** With all upstreams down: fail at once, instead of trying one. */
  readonly failsFast: boolean;
  /** Response codes after which the next upstream is asked. */
  readonly failover: ReadonlySet<number>;
  /** Response codes after which the next directive is asked. */
  readonly next: ReadonlySet<number>;
  readonly nextOnNodata: boolean;
}

export interface ForwardDependencies {
  /** From 0 up to 1, unpredictable. */
  readonly random: () => number;
  readonly nowMs: () => number;
  readonly metrics: ForwardMetrics;
}

/** `upstream`: who was asked last. */
export type Outcome =
  | { readonly kind: 'response'; readonly response: Response; readonly upstream: string }
  | { readonly kind: 'failed'; readonly failure: QueryFailure; readonly upstream: string };

/**
 * All that one query may take, in milliseconds: clients give up after this long. CoreDNS's. A
 * longer `read_timeout` makes it longer.
 */
const BUDGET_MS = 5000;

export class Forwarding {
  readonly #forwarder: Forwarder;
  readonly #dependencies: ForwardDependencies;
  readonly #inFlight = new InFlight<Outcome>();
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

  /** Whether the next directive that takes the name is to be asked as well. */
  handsOn({ rcode, answer }: Response): boolean {
    const { next, nextOnNodata } = this.#forwarder;
    const isNodata = rcode === RCODE.NOERROR && answer.length === 0;
    return next.has(rcode) || (nextOnNodata && isNodata);
  }

  async answer(query: Query): Promise<Outcome | 'rejected'> {
    if (this.#waiting >= this.#forwarder.concurrentMax) {
      this.#dependencies.metrics.rejected();
      return 'rejected';
    }
    this.#waiting++;
    try {
      return await this.#inFlight.share(keyOf(query), () => this.#ask(query));
    } finally {
      this.#waiting--;
    }
  }

  async #ask(query: Query): Promise<Outcome> {
    const { upstreams, policy, failover, fromText, readTimeoutMs } = this.#forwarder;
    const { nowMs } = this.#dependencies;
    const endMs = nowMs() + Math.max(BUDGET_MS, readTimeoutMs);
    const order = policy(await upstreams.some(endMs - nowMs()));
    const attemptsMax = this.#forwarder.attemptsMax ?? 2 * order.length;
    let last: { readonly reply: Message; readonly upstream: string } | undefined;
    let [asked, why] = ['', this.#whyNobody(order)];
    let failures = 0;
    let failovers = 0;
    for (let turn = 0; failures < attemptsMax && nowMs() < endMs; turn++) {
      const upstream = this.#next(order, turn);
      if (upstream === undefined) break;
      asked = upstream.text;
      try {
        const reply = await this.#exchange(query, upstream, { endMs, isLast: attemptsMax === 1 });
        last = { reply, upstream: asked };
        if (!failover.has(reply.rcode) || ++failovers >= order.length) break;
      } catch (error) {
        if (!(error instanceof ExchangeFailure)) throw error;
        upstream.failed();
        failures++;
        why = `${asked}: ${error.message}`;
      }
    }
    if (last !== undefined) {
      return { kind: 'response', response: responseOf(query, last.reply), upstream: last.upstream };
    }
    const failure = new QueryFailure(`no upstream of "${fromText}" answered: ${why}`);
    return { kind: 'failed', failure, upstream: asked };
  }

  #whyNobody(order: readonly Upstream[]): string {
    if (order.length > 0) return 'all are down';
    return `no address of ${this.#forwarder.upstreams.unknown.join(', ')} is known`;
  }

  /**
   * Who is asked at this turn: down ones are left out. When all are down, any: the probes may be
   * wrong.
   */
  #next(order: readonly Upstream[], turn: number): Upstream | undefined {
    if (order.length === 0) return undefined;
    const up = order.filter(({ isDown }) => !isDown);
    if (up.length > 0) return up[turn % up.length];
    this.#dependencies.metrics.allDown();
    if (this.#forwarder.failsFast) return undefined;
    return order[Math.floor(this.#dependencies.random() * order.length)];
  }

  async #exchange(
    query: Query,
    upstream: Upstream,
    { endMs, isLast }: { readonly endMs: number; readonly isLast: boolean },
  ): Promise<Message> {
    const { nowMs, metrics } = this.#dependencies;
    const { readTimeoutMs, transport } = this.#forwarder;
    const asked = upstreamQuery(query);
    const startedMs = nowMs();
    const leftMs = endMs - startedMs;
    // A connection that does not open leaves time to try another.
    const dialTimeoutMs = isLast ? leftMs : leftMs / 2;
    const via = transport ?? query.client.transport;
    const asking = { via, dialTimeoutMs, readTimeoutMs, endMs };
    let reply = await upstream.ask(asked, asking);
    if (isBeforeEdns(reply)) reply = await upstream.ask({ ...asked, edns: undefined }, asking);
    upstream.succeeded();
    metrics.answered(upstream.text, reply.rcode, nowMs() - startedMs);
    return reply;
  }
}

/** What servers say that do not know EDNS, without an OPT (RFC 6891 § 7, RFC 2671 § 5.3). */
const REFUSALS_OF_EDNS: ReadonlySet<number> = new Set([
  RCODE.FORMERR,
  RCODE.SERVFAIL,
  RCODE.NOTIMP,
]);

function isBeforeEdns({ rcode, edns }: Message): boolean {
  return edns === undefined && REFUSALS_OF_EDNS.has(rcode);
}

/** All that the upstream query is made of. Not the transport: both give the whole answer. */
function keyOf({ message, question, name, upstreamOptions = [] }: Query): string {
  const { flags, edns } = message;
  const bits = [flags.recursionDesired, flags.checkingDisabled, edns?.dnssecOk ?? false];
  return [name, question.type, bits.map(Number).join(''), ...upstreamOptions.map(optionText)].join(
    ' ',
  );
}

function optionText({ code, data }: EdnsOption): string {
  return `${code}:${Buffer.from(data).toString('hex')}`;
}

/** Options of the client are for us, not for others. AD asks whether the data is authentic. */
function upstreamQuery({ message, question, name, upstreamOptions = [] }: Query): Message {
  const { recursionDesired, checkingDisabled } = message.flags;
  return {
    id: 0,
    opcode: OPCODE.QUERY,
    rcode: RCODE.NOERROR,
    question: { ...question, name },
    // The other flags are of replies: whatever a client sets, others may share the query.
    flags: { ...NO_FLAGS, recursionDesired, checkingDisabled, authenticData: true },
    answer: [],
    authority: [],
    additional: [],
    edns: {
      udpSize: UDP_OCTETS_MAX,
      version: 0,
      dnssecOk: message.edns?.dnssecOk ?? false,
      options: upstreamOptions,
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
    options: reply.edns?.options.filter(({ code }) => isGiven(code, query)) ?? [],
  };
}

/** Extended errors, and what the operator asked for: the plugin that did so says who gets it. */
function isGiven(code: number, { upstreamOptions = [] }: Query): boolean {
  return code === OPTION_EDE || upstreamOptions.some((option) => option.code === code);
}

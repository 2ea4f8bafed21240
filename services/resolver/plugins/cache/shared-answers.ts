/**
 * The second level: answers that other resolvers had from upstream. A helper only: reads are
 * bounded, writes come behind, and what is broken or slow is left out until it heals.
 */
import { decode } from '../../../../libs/dns/decode.ts';
import { encode } from '../../../../libs/dns/encode.ts';
import { CLASS_IN, RCODE } from '../../../../libs/dns/iana.ts';
import type { Message } from '../../../../libs/dns/message.ts';
import { NO_FLAGS, UDP_OCTETS_MAX } from '../../../../libs/dns/message.ts';
import { lowerName } from '../../../../libs/dns/name.ts';
import type { AnswerStore, SharedAnswer } from '../../../../libs/store/store.ts';
import type { Query, Response } from '../../plugin.ts';
import { emptyResponse } from '../../plugin.ts';
import { Circuit } from './circuit.ts';

export interface SharedAnswersDependencies {
  readonly store: AnswerStore;
  /** Longest that a client waits for the store. */
  readonly readMs: number;
  /** Of a monotonic clock. */
  readonly nowMs: () => number;
  /** Since 1970: what resolvers share. */
  readonly wallMs: () => number;
  readonly onOutcome: (outcome: SharedOutcome) => void;
}

/** What came of a read or a write, for metrics. */
export type SharedOutcome =
  | 'hit'
  | 'miss'
  /** The stored answer was to another question, or unreadable. */
  | 'mismatch'
  | 'failure'
  | 'timeout'
  /** Not tried: the circuit is open, or too much is in flight. */
  | 'skipped'
  | 'written';

export interface Found {
  readonly response: Response;
  readonly ageMs: number;
}

/** Calls under way at the same time, also those that nobody waits for any more. */
const CALLS_MAX = 1000;

export class SharedAnswers {
  readonly #dependencies: SharedAnswersDependencies;
  readonly #circuit: Circuit;
  #calls = 0;

  constructor(dependencies: SharedAnswersDependencies) {
    this.#dependencies = dependencies;
    this.#circuit = new Circuit(dependencies.nowMs);
  }

  get isOpen(): boolean {
    return this.#circuit.isOpen;
  }

  /** What the store has for this question. Never rejects, and takes no longer than its bound. */
  async read(query: Query): Promise<Found | undefined> {
    const { store, readMs, onOutcome, wallMs } = this.#dependencies;
    const outcome = await this.#call(() => store.get(storeKeyOf(query)), readMs);
    if (outcome.kind !== 'done') {
      onOutcome(outcome.kind);
      return undefined;
    }
    if (outcome.value === undefined) {
      onOutcome('miss');
      return undefined;
    }
    const response = readAnswer(query, outcome.value);
    onOutcome(response === undefined ? 'mismatch' : 'hit');
    if (response === undefined) return undefined;
    // Clocks of two machines differ a little: no answer comes from the future.
    return { response, ageMs: Math.max(0, wallMs() - outcome.value.storedAtMs) };
  }

  /** Stores it behind: nobody waits. */
  write(query: Query, response: Response, ttlSeconds: number): void {
    const { store, onOutcome, wallMs } = this.#dependencies;
    const answer = { message: encode(messageOf(query, response)), storedAtMs: wallMs() };
    const work = () => store.set(storeKeyOf(query), answer, ttlSeconds);
    this.#call(work, undefined).then(
      ({ kind }) => onOutcome(kind === 'done' ? 'written' : kind),
      () => onOutcome('failure'),
    );
  }

  async #call<T>(work: () => Promise<T>, boundMs: number | undefined): Promise<Call<T>> {
    if (this.#calls >= CALLS_MAX || !this.#circuit.allows()) return { kind: 'skipped' };
    const call = this.#run(work);
    const outcome = await (boundMs === undefined ? call : withinMs(call, boundMs));
    if (outcome.kind === 'done') this.#circuit.succeeded();
    else this.#circuit.failed();
    return outcome;
  }

  /** Counts as under way until it ends, also when nobody waits for it any more. */
  async #run<T>(work: () => Promise<T>): Promise<Call<T>> {
    this.#calls++;
    try {
      return { kind: 'done', value: await work() };
    } catch {
      return { kind: 'failure' };
    } finally {
      this.#calls--;
    }
  }
}

type Call<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failure' | 'timeout' | 'skipped' };

async function withinMs<T>(call: Promise<Call<T>>, boundMs: number): Promise<Call<T>> {
  const bound = Promise.withResolvers<Call<T>>();
  const timer = setTimeout(() => bound.resolve({ kind: 'timeout' }), boundMs);
  try {
    return await Promise.race([call, bound.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The full question: name, type, class, DO, CD. */
export function storeKeyOf({ name, question, message }: Query): string {
  const bits = [message.edns?.dnssecOk ?? false, message.flags.checkingDisabled];
  return `${name} ${question.type} ${question.class} ${bits.map(Number).join('')}`;
}

/** The whole question goes with the answer, DO and CD too, to be compared on read. */
function messageOf(query: Query, response: Response): Message {
  const { rcode, authenticData, answer, authority, additional, options } = response;
  return {
    id: 0,
    opcode: 0,
    rcode,
    flags: {
      ...NO_FLAGS,
      response: true,
      recursionDesired: true,
      recursionAvailable: true,
      authenticData,
      checkingDisabled: query.message.flags.checkingDisabled,
    },
    question: { ...query.question, name: query.name },
    answer,
    authority,
    additional,
    edns: {
      udpSize: UDP_OCTETS_MAX,
      version: 0,
      dnssecOk: query.message.edns?.dnssecOk ?? false,
      options,
    },
  };
}

/** The response that is stored; undefined when it is not to this question, or not whole. */
function readAnswer(query: Query, { message: octets }: SharedAnswer): Response | undefined {
  const decoded = decode(octets);
  if (decoded.kind === 'malformed') return undefined;
  const { question, flags, edns, rcode, answer, authority, additional } = decoded.message;
  const isTheSame =
    lowerName(question?.name ?? '') === query.name &&
    question?.type === query.question.type &&
    question.class === CLASS_IN &&
    flags.checkingDisabled === query.message.flags.checkingDisabled &&
    edns?.dnssecOk === (query.message.edns?.dnssecOk ?? false);
  if (!isTheSame || !flags.response || flags.truncated || flags.authoritative) return undefined;
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return undefined;
  return {
    ...emptyResponse(rcode),
    recursionAvailable: true,
    authenticData: flags.authenticData,
    answer,
    authority,
    additional,
    options: edns?.options ?? [],
  };
}

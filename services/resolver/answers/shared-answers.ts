/**
 * The second level: answers that other resolvers had from upstream. A helper only: reads are
 * bounded, writes come behind, and what is broken or slow is left out until it heals.
 *
 *   read ──► circuit of reads ──► store, within the bound ──► the question compared ──► found
 *   write ─► circuit of writes ─► store, behind; one that is full is read all the same
 */
import { decode } from '../../../libs/dns/decode.ts';
import { encode } from '../../../libs/dns/encode.ts';
import { CLASS_IN, RCODE } from '../../../libs/dns/iana.ts';
import type { Message } from '../../../libs/dns/message.ts';
import { NO_FLAGS, UDP_OCTETS_MAX } from '../../../libs/dns/message.ts';
import { isWithin, lowerName } from '../../../libs/dns/name.ts';
import type { AnswerStore, SharedAnswer } from '../../../libs/store/store.ts';
import { StoreUnavailable } from '../../../libs/store/store.ts';
import type { Query } from '../query.ts';
import { emptyResponse, type Response } from '../response.ts';
import { Circuit } from './circuit.ts';
import { type KeepOptions, keep } from './keeping.ts';

export interface SharedAnswersOptions {
  readonly store: AnswerStore;
  /** Longest that a client waits for the store. */
  readonly readMs: number;
  /** Of a monotonic clock. */
  readonly nowMs: () => number;
  readonly onOutcome: (outcome: SharedOutcome) => void;
  /** Names at or below these; undefined: all. */
  readonly zones?: readonly string[];
  /** Where the answers come from: a word without spaces. Those of elsewhere are no answers here. */
  readonly origin: () => string;
  /** Which answers are written, and with which TTLs; undefined: as whoever writes them says. */
  readonly limits?: KeepOptions;
}

/** What came of a read or a write, for metrics. */
export type SharedOutcome =
  | 'hit'
  /** Nothing was stored, or nothing of use any more. */
  | 'miss'
  /** The stored answer was to another question, or unreadable. */
  | 'mismatch'
  | 'failure'
  | 'timeout'
  /** Not tried: the circuit is open, or too much is in flight. */
  | 'skipped'
  | 'written'
  | 'forgotten'
  | 'write-failure'
  /** The store answered that it would not: it is full, or a replica. */
  | 'write-refused'
  | 'write-skipped';

export interface Found {
  readonly response: Response;
  readonly ageMs: number;
}

/**
 * Calls under way at the same time, also those that nobody waits for any more; reads and writes
 * each. A message has 64 KiB at most, and mostly less than 200 octets.
 */
const CALLS_MAX = 500;

export class SharedAnswers {
  readonly #options: SharedAnswersOptions;
  readonly #reads: Lane;
  readonly #writes: Lane;
  /** By their keys. */
  readonly #getting = new Map<string, Promise<Call<SharedAnswer | undefined>>>();

  constructor(options: SharedAnswersOptions) {
    this.#options = options;
    this.#reads = new Lane(options.nowMs);
    this.#writes = new Lane(options.nowMs);
  }

  /** Whether reads are left out now, since the store fails or is slow. */
  get isOpen(): boolean {
    return this.#reads.isOpen;
  }

  /** Whether it may have, and is told, answers for this name (in lower case). */
  isFor(name: string): boolean {
    const { zones } = this.#options;
    return zones === undefined || zones.some((zone) => isWithin(name, zone));
  }

  /**
   * What `use` makes of what the store has for this question; that may be of no use any more. Never
   * rejects, and takes no longer than its bound.
   */
  async read<T>(query: Query, use: (found: Found) => T | undefined): Promise<T | undefined> {
    if (!this.isFor(query.name)) return undefined;
    const { onOutcome } = this.#options;
    const outcome = await this.#getOnce(this.#keyOf(query));
    if (outcome.kind !== 'done') {
      onOutcome(outcome.kind === 'refused' ? 'failure' : outcome.kind);
      return undefined;
    }
    const { value } = outcome;
    const response = value && readAnswer(query, value);
    if (value !== undefined && response === undefined) onOutcome('mismatch');
    if (value === undefined) onOutcome('miss');
    if (value === undefined || response === undefined) return undefined;
    const used = use({ response, ageMs: value.ageMs });
    onOutcome(used === undefined ? 'miss' : 'hit');
    return used;
  }

  /** Who asks the same meanwhile waits for the same reply. */
  #getOnce(key: string): Promise<Call<SharedAnswer | undefined>> {
    const { store, readMs } = this.#options;
    const known = this.#getting.get(key);
    if (known !== undefined) return known;
    const call = this.#reads
      .call(() => store.get(key), readMs)
      .finally(() => this.#getting.delete(key));
    this.#getting.set(key, call);
    return call;
  }

  /** Stores it behind: nobody waits. `staleSeconds`: how much longer it may be of use. */
  write(query: Query, response: Response, lifetimeSeconds: number, staleSeconds: number): void {
    if (!this.isFor(query.name)) return;
    const { store, limits } = this.#options;
    const kept =
      limits === undefined ? { response, lifetimeSeconds } : keep(query, response, limits);
    if (kept === undefined) return;
    const seconds = Math.min(lifetimeSeconds, kept.lifetimeSeconds) + staleSeconds;
    const message = encode(messageOf(query, kept.response));
    this.#write('written', () => store.set(this.#keyOf(query), message, seconds));
  }

  /** Behind, too: what was written before is gone. */
  forget(query: Query): void {
    if (!this.isFor(query.name)) return;
    this.#write('forgotten', () => this.#options.store.forget(this.#keyOf(query)));
  }

  #keyOf(query: Query): string {
    return storeKeyOf(this.#options.origin(), query);
  }

  #write(what: 'written' | 'forgotten', work: () => Promise<void>): void {
    const { onOutcome } = this.#options;
    const told = (kind: Call<void>['kind']) => onOutcome(kind === 'done' ? what : WRITES[kind]);
    this.#writes.call(work, undefined).then(
      ({ kind }) => told(kind),
      () => told('failure'),
    );
  }
}

const WRITES = {
  failure: 'write-failure',
  timeout: 'write-failure',
  refused: 'write-refused',
  skipped: 'write-skipped',
} as const;

/** Calls of one kind: so many at once, and none while they fail. */
class Lane {
  readonly #circuit: Circuit;
  #calls = 0;

  constructor(nowMs: () => number) {
    this.#circuit = new Circuit(nowMs);
  }

  get isOpen(): boolean {
    return this.#circuit.isOpen;
  }

  async call<T>(work: () => Promise<T>, boundMs: number | undefined): Promise<Call<T>> {
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
    } catch (error) {
      return { kind: error instanceof StoreUnavailable && error.isRefusal ? 'refused' : 'failure' };
    } finally {
      this.#calls--;
    }
  }
}

type Call<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failure' | 'refused' | 'timeout' | 'skipped' };

async function withinMs<T>(call: Promise<Call<T>>, boundMs: number): Promise<Call<T>> {
  const bound = Promise.withResolvers<Call<T>>();
  const late = () => bound.resolve({ kind: 'timeout' });
  // What came while this process was busy is read first: then it was not the store that was slow.
  const timer = setTimeout(() => setImmediate(late), boundMs);
  try {
    return await Promise.race([call, bound.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Where it comes from, and the full question: name, type, class, DO, CD. */
export function storeKeyOf(origin: string, { name, question, message }: Query): string {
  const bits = [message.edns?.dnssecOk ?? false, message.flags.checkingDisabled];
  return `${origin} ${name} ${question.type} ${question.class} ${bits.map(Number).join('')}`;
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

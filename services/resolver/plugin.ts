/**
 * A plugin of the resolver: a folder under plugins/ with its README.md (syntax, examples), setup.ts
 * (Corefile → plugin), handler.ts and tests. The order of the chain is data: plugin-order.ts.
 */
import type { Directive } from '../../libs/corefile/corefile.ts';
import type { EdnsOption, Message, Question } from '../../libs/dns/message.ts';
import type { RR } from '../../libs/dns/rrset.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';

/**
 * What a client asked: one question of class IN, opcode QUERY. Other messages were answered before
 * the chain.
 */
export interface Query {
  readonly message: Message;
  /** As it was asked, in the client's case. */
  readonly question: Question;
  /** The name asked, in lower case. */
  readonly name: string;
  readonly client: Client;
}

export interface Client {
  readonly address: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
}

/**
 * What a plugin answers. The server makes the message of it: id, question, flags of the query,
 * EDNS, size.
 */
export interface Response {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly answer: readonly RR[];
  readonly authority: readonly RR[];
  readonly additional: readonly RR[];
  /** EDNS options to send when the client speaks EDNS: an extended error, say. */
  readonly options: readonly EdnsOption[];
}

/** A response with empty sections; authoritative ones set that themselves. */
export function emptyResponse(rcode: number): Response {
  return {
    rcode,
    authoritative: false,
    recursionAvailable: false,
    authenticData: false,
    answer: [],
    authority: [],
    additional: [],
    options: [],
  };
}

/** The rest of the chain. At its end nobody answers: REFUSED. */
export type Next = (query: Query) => Promise<Response>;

export interface Plugin {
  readonly name: string;
  /** Absent for a plugin that only configures. */
  handle?(query: Query, next: Next): Promise<Response>;
  /** What it still waits for, a phrase each; empty when it can serve. Absent: always ready. */
  waitingFor?(): readonly string[];
  /** Before the listeners open. Must not wait for anything outside of this process. */
  start?(): Promise<void>;
  /** After the listeners closed. Within 5 s. */
  stop?(): Promise<void>;
}

/** What a plugin's setup may use. */
export interface SetupContext {
  readonly log: Log;
  readonly metrics: Metrics;
  /**
   * The zones of its server block, lower-case and absolute: the default of directives that take
   * zones.
   */
  readonly zones: readonly string[];
}

/**
 * Makes the plugin from all occurrences of its directive in one server block, in file order. Does
 * no I/O. Throws ConfigurationError (libs/corefile), with file and line, for what it does not
 * understand.
 */
export type Setup = (directives: readonly Directive[], context: SetupContext) => Plugin;

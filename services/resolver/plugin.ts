/**
 * A plugin of the resolver: a folder under plugins/ with its README.md (syntax, examples), setup.ts
 * (Corefile → plugin), handler.ts and tests. The order of the chain is data: plugin-order.ts.
 */
import type { Directive, ServerBlock } from '../../libs/corefile/corefile.ts';
import type { Message, Question } from '../../libs/dns/message.ts';
import type { TsigKey } from '../../libs/dns/tsig.ts';
import type { ConnectionLimits, HttpLimits } from '../../libs/socket/tcp-limits.ts';
import type { Security } from '../../libs/socket/tls-acceptor.ts';
import type { TableAnswer } from '../../libs/table/table-answer.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import type { ZoneSource } from '../../libs/transfer/zone-source.ts';
import type { SharedAnswers } from './answers/shared-answers.ts';
import type { ChainNames } from './chain-names.ts';
import type { HttpPages } from './http-listeners.ts';
import type { Client, Metadata, Next, Query } from './query.ts';
import type { Response } from './response.ts';

/** Some of the queries: of some clients, say. */
export interface View {
  readonly name: string;
  /** Asked before any plugin is, for each query of the zone. Must not throw. */
  takes(query: Query): boolean;
}

/** Who asks, found out before the chain: by a signature, say. */
export interface Admission {
  /** The query as the chain gets it, or the response that it has already. */
  readonly outcome: { readonly query: Query } | { readonly response: Response };
  readonly seal?: Seal;
}

/** What is done to each message of the reply last, in the order in which they are sent. */
export interface Seal {
  /** By how much a message may grow. */
  readonly octets: number;
  seal(message: Uint8Array): Uint8Array;
}

/** A query of the chain, and what was sent to the client. */
export interface Answered {
  readonly query: Query;
  readonly reply: Message;
  /** Sizes on the wire. */
  readonly queryOctets: number;
  readonly replyOctets: number;
  readonly durationMs: number;
}

/** What comes after a plugin in its chain, for more than to hand queries on. */
export interface Below {
  /** Asks a question that no client waits for: a refresh of what is about to expire. */
  readonly ask: Next;
  /** Whether somebody there answers for this name (in lower case) with authority now. */
  owns(name: string): boolean;
  /** In the order of the chain. */
  readonly plugins: readonly Plugin[];
}

export interface Plugin {
  readonly name: string;
  /** Absent for a plugin that only configures. */
  handle?(query: Query, next: Next): Promise<Response>;
  /** How many questions it may ask the next one for a query. Absent: one. */
  readonly asksMax?: number;
  /** Answers a question of class CH, about this server. Undefined: it has no say. */
  chaos?(question: Question, query: Query): Response | undefined;
  /** What it adds to the answer of another plugin's `chaos`, which is not handed through it. */
  mark?(response: Response, query: Query): Response;
  /** Classes other than IN whose queries it makes queries of IN: its chain gets them then. */
  readonly takesClasses?: ReadonlySet<number>;
  /** Judges a query by the octets of its packet, before the chain. Undefined: it has no say. */
  admit?(query: Query, packet: Uint8Array): Admission | undefined;
  /** Told once, before the first query, what comes after it. */
  below?(below: Below): void;
  /**
   * Whether it answers for this name (in lower case) with authority now: what others said of it
   * before counts no more.
   */
  owns?(name: string): boolean;
  /** After each reply of the chain was made: for who writes or counts. Must not throw. */
  answered?(answered: Answered): void;
  /** True: the table must not answer for this server block, since each query goes through here. */
  readonly seesEveryQuery?: boolean;
  /** Names that it answers itself, and that the table must not have. */
  readonly chainNames?: ChainNames;
  /** True: what does not exist is not denied by the table, since this plugin may know better. */
  readonly seesEveryDenial?: boolean;
  /** True: failures of upstream that are cached are not answered by the table. */
  readonly seesEveryFailure?: boolean;
  /**
   * The search path of the pod that asks for this name (in lower case), absolute names, the first
   * one first; undefined when it is not known which pod asks, or the name is in none of its zones.
   */
  searchPath?(name: string, client: Client): readonly string[] | undefined;
  /** All facts that its chain knows of a query, in its zones: the plugin `metadata` says them. */
  collected?(query: Query): Metadata | undefined;
  /** Facts of a query, by label; called before the chain, where the `metadata` plugin is. */
  metadata?(query: Query): Iterable<readonly [label: string, value: () => string]>;
  /**
   * What it shares with other resolvers, for a plugin above that keeps answers: who takes it looks
   * there itself for the queries of which `takes` is true, and this plugin passes them on.
   */
  shareAnswers?(takes: (query: Query) => boolean): SharedAnswers;
  /** A zone that it can hand out whole; undefined: it has none of this name (in lower case). */
  zoneSource?(zone: string): ZoneSource | undefined;
  /** The names of all of these. */
  sourceZones?(): readonly string[];
  /** Where relative paths of the plugins after it begin. */
  readonly root?: string;
  /** Where its server block listens, instead of on all addresses. */
  readonly listenOn?: readonly string[];
  /** Its server block serves only the queries of this view. */
  readonly view?: View;
  /** A UDP reply has no more octets than this, whatever its client can receive. */
  readonly udpOctetsMax?: number;
  /** Servers that it asks, as its setup found them: a text each. */
  readonly servers?: readonly string[];
  /** How many sockets, hence threads, read UDP there. Absent: as many as cores. */
  readonly sockets?: number;
  /** What a TCP connection to its server block may take, where that is not the usual. */
  readonly connectionLimits?: Partial<ConnectionLimits>;
  /** Who we are to clients of its server block that encrypt, and which of them we take. */
  readonly security?: Security;
  /** What HTTPS to its server block may take, where that is not the usual. */
  readonly httpLimits?: Partial<HttpLimits>;
  /** What it still waits for, a phrase each; empty when it can serve. Absent: always ready. */
  waitingFor?(): readonly string[];
  /** What people should know of it although it serves, a phrase each. */
  notes?(): readonly string[];
  /** Before the listeners open. Must not wait for anything outside of this process. */
  start?(): Promise<void>;
  /** Once the listeners are open: for who asks this process over the network. */
  opened?(): void;
  /**
   * Before the listeners close, all still answering: how long a load balancer needs to look away.
   */
  drain?(): Promise<void>;
  /** After the listeners closed. Within 5 s. */
  stop?(): Promise<void>;
}

/**
 * Answers of others in the table, as far as the plugins of one server block may write them: readers
 * give them until they expire. Nothing happens where no table answers for the block.
 */
export interface CachedAnswers {
  /**
   * Replaces what is kept of this name (in lower case) and the answer's type. False: no reader has
   * it.
   */
  keep(name: string, answer: TableAnswer): boolean;
  forget(name: string, type: string): void;
  /** How often readers gave it since the last call; 255 may be more. */
  takeHits(name: string, type: string): number;
  /** Of our clusters, in all server blocks. */
  ourZones(): readonly string[];
  /** Tells names (in lower case) of the block's own that are others now; gives what ends that. */
  follow(changed: (name: string) => void): () => void;
  /** How often readers gave any, since the start. */
  hits(): { readonly success: number; readonly denial: number };
}

/** What a plugin's setup may use. */
export interface SetupContext {
  readonly log: Log;
  readonly metrics: Metrics;
  /** The label of its server block's first listener in metrics: `dns://:53`. */
  readonly server: string;
  /** The name of its server block's view, the label in metrics; empty: it has none. */
  readonly view: string;
  /** Pages to serve over HTTP. */
  readonly http: HttpPages;
  readonly resolver: ResolverState;
  readonly cachedAnswers: CachedAnswers;
  /** Ends the process: what the error says must be mended before it can serve. */
  readonly fail: (error: Error) => void;
  /**
   * Of this server block, by name in lower case: the plugin `tsig` fills it before the setup of
   * those that sign.
   */
  readonly tsigKeys: Map<string, TsigKey>;
  /**
   * The zones of its server block, lower-case and absolute: the default of directives that take
   * zones.
   */
  readonly zones: readonly string[];
  /** Where relative paths of the block begin; undefined: at the Corefile. `root` says it. */
  readonly root?: string | undefined;
  /**
   * Who did the same in the server block before, where both say the same, and so does all below
   * that others might remember: what it knows is still true.
   */
  readonly former?: Plugin | undefined;
  /** Its server block as it is written: what else is in it. */
  readonly block: ServerBlock;
  /**
   * A word for where the answers come from that the block has from others, the same in all
   * resolvers where it is the same. Known once all plugins of the block are set up.
   */
  readonly origin: () => string;
}

/** How the whole resolver is; true once all plugins are set up. */
export interface ResolverState {
  /** What the plugins of all server blocks wait for: `federation: the log of east`. */
  waitingFor(): readonly string[];
  /** What they serve without, in the same form. */
  notes(): readonly string[];
  /** From the signal to stop on. */
  isDraining(): boolean;
}

/**
 * Makes the plugin from all occurrences of its directive in one server block, in file order. Does
 * no I/O but to read files that the directive names. Throws ConfigurationError (libs/corefile),
 * with file and line, for what it does not understand.
 */
export type Setup = (directives: readonly Directive[], context: SetupContext) => Plugin;

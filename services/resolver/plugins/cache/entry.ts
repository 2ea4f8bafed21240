/** What is kept of one question, and what the cache has to know of it. */
import { NO_FLAGS, queryMessage, UDP_OCTETS_MAX } from '../../../../libs/dns/message.ts';
import type { RR } from '../../../../libs/dns/rrset.ts';
import type { Kept } from '../../answers/keeping.ts';
import type { Query } from '../../query.ts';
import { Popularity } from './popularity.ts';

export type EntryType = 'success' | 'denial';

/** Text in an answer that counts as one entry; a larger one counts as several. */
const CHARACTERS_PER_ENTRY = 1024;

/** What answers are kept under; class is always IN. */
export interface KeptQuestion {
  /** In lower case. */
  readonly name: string;
  readonly type: string;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
}

export interface SaidAt {
  /** By the monotonic clock; before this process began, perhaps. */
  readonly ms: number;
  /** By the wall clock, which readers go by. */
  readonly wallMs: number;
}

export class Entry {
  readonly key: string;
  readonly question: KeptQuestion;
  readonly kept: Kept;
  readonly type: EntryType;
  readonly weight: number;
  readonly saidAtMs: number;
  readonly popularity: Popularity;
  /** Since it was said, by the chain and by readers, as far as these were looked at. */
  hits: number;
  /** Changes when the wall clock is set. */
  saidAtWallMs: number;
  /** Whether a reader may give it. */
  isInTable: boolean;
  /** When it was last tried to put it there. */
  mirroredAtMs: number;
  /** Upstream failed, and is left alone until then. */
  askAgainAtMs: number;
  /** Of the due queue: the bucket that it is in. */
  bucket: number | undefined;
  /** Names in our zones that it says something of, and where OurNames lists it. */
  ours: readonly string[];
  listedUnder: readonly string[];
  /** In the order of use. */
  older: Entry | undefined;
  newer: Entry | undefined;

  constructor(
    key: string,
    question: KeptQuestion,
    kept: Kept,
    saidAt: SaidAt,
    popularity = new Popularity(),
  ) {
    this.key = key;
    this.question = question;
    this.kept = kept;
    this.type = kept.kind === 'success' ? 'success' : 'denial';
    this.weight = weightOf(kept);
    this.saidAtMs = saidAt.ms;
    this.popularity = popularity;
    this.hits = 0;
    this.saidAtWallMs = saidAt.wallMs;
    this.isInTable = false;
    this.mirroredAtMs = Number.NEGATIVE_INFINITY;
    this.askAgainAtMs = saidAt.ms;
    this.bucket = undefined;
    this.ours = [];
    this.listedUnder = [];
    this.older = undefined;
    this.newer = undefined;
  }

  /**
   * When readers hand it over: they go by whole seconds of the wall clock. If it were good for the
   * rest of that second here, all queries for it would come here just then.
   */
  get expiresAtMs(): number {
    return this.saidAtMs + this.kept.lifetimeSeconds * 1000 - (this.saidAtWallMs % 1000);
  }

  /**
   * Whole seconds of the wall clock since it was said, as readers count them: up to one more than
   * have gone by.
   */
  ageSeconds(nowMs: number): number {
    const wallMs = this.saidAtWallMs + (nowMs - this.saidAtMs);
    return Math.floor(wallMs / 1000) - Math.floor(this.saidAtWallMs / 1000);
  }
}

export function questionOf({ name, question, message }: Query): KeptQuestion {
  return {
    name,
    type: question.type,
    dnssecOk: message.edns?.dnssecOk ?? false,
    checkingDisabled: message.flags.checkingDisabled,
  };
}

/** The full question: name, type, DO, CD. */
export function keyOf({ name, type, dnssecOk, checkingDisabled }: KeptQuestion): string {
  return `${name} ${type} ${Number(dnssecOk)}${Number(checkingDisabled)}`;
}

/** A query for it that no client sent. */
export function queryFor({ name, type, dnssecOk, checkingDisabled }: KeptQuestion): Query {
  const question = { name, type, class: 1 };
  return {
    message: queryMessage(name, type, {
      flags: { ...NO_FLAGS, recursionDesired: true, checkingDisabled },
      edns: dnssecOk ? { udpSize: UDP_OCTETS_MAX, version: 0, dnssecOk, options: [] } : undefined,
    }),
    question,
    name,
    client: { address: '127.0.0.1', port: 0, transport: 'udp' },
  };
}

function weightOf({ response }: Kept): number {
  const size = (records: readonly RR[]) =>
    records.reduce((sum, { name, rdata }) => sum + name.length + rdata.length, 0);
  const characters = size(response.answer) + size(response.authority) + size(response.additional);
  return 1 + Math.floor(characters / CHARACTERS_PER_ENTRY);
}

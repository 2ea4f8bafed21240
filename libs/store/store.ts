/**
 * The ports to what resolvers share. All of it is a cache of the logs or of upstream servers: it
 * can be deleted at any time.
 *
 *   FactStore     the facts of each cluster at a position: a resolver starts without a replay
 *   AnswerStore   answers from upstream (the L2 cache): what one resolver asked the others know
 *
 * Adapters: memory.ts and ../store-redis; the laws they obey are in contract.ts. Nothing that a
 * client asks waits for them longer than the caller's bound.
 */
import type { Head } from '../log/log.ts';

/**
 * The facts of one cluster: the last entry of each subject, at a place in its log. What is gone has
 * none.
 */
export interface FactSnapshot {
  readonly head: Head;
  readonly facts: ReadonlyMap<string, Uint8Array>;
}

export interface FactChange {
  readonly subject: string;
  /** Undefined: there is none any more. */
  readonly data: Uint8Array | undefined;
}

export type AdvanceOutcome =
  | { readonly kind: 'advanced' }
  /**
   * The store is not where the caller thought; undefined when it has nothing of this cluster.
   * Nothing was changed.
   */
  | { readonly kind: 'conflict'; readonly head: Head | undefined };

export interface FactStore {
  /** Where the store is; undefined when it has nothing of this cluster. Throws StoreUnavailable. */
  head(cluster: string): Promise<Head | undefined>;
  /** All facts with the position they are at, of one moment. Throws StoreUnavailable. */
  read(cluster: string): Promise<FactSnapshot | undefined>;
  /**
   * Moves the store from where the caller read it to a later place, with all changes or none. Any
   * resolver may try: one wins, and the content is the same whoever does. From undefined: replaces
   * whatever there is, when there is nothing. Another mark is another place. Throws
   * StoreUnavailable.
   */
  advance(
    cluster: string,
    from: Head | undefined,
    to: Head,
    changes: readonly FactChange[],
  ): Promise<AdvanceOutcome>;
  /**
   * Deletes all of this cluster when the store is still there (of another incarnation, say). Throws
   * StoreUnavailable.
   */
  discard(cluster: string, from: Head): Promise<AdvanceOutcome>;
}

/** An answer from upstream with its age. */
export interface SharedAnswer {
  /** The whole DNS message. */
  readonly message: Uint8Array;
  /** How long ago it was set, by the medium's own clock: those of resolvers differ. */
  readonly ageMs: number;
}

export interface AnswerStore {
  /**
   * Undefined when there is none. Throws StoreUnavailable, at the latest after the adapter's bound.
   */
  get(key: string): Promise<SharedAnswer | undefined>;
  /** Keeps a DNS message for so long; less than 1 s is not at all. Throws StoreUnavailable. */
  set(key: string, message: Uint8Array, ttlSeconds: number): Promise<void>;
  /** Throws StoreUnavailable. */
  forget(key: string): Promise<void>;
}

/** Answers alone on a medium. */
export interface OpenAnswerStore extends AnswerStore {
  close(): Promise<void>;
}

/** Both on one medium. */
export interface Store extends FactStore, OpenAnswerStore {}

/** The store can't be reached, did not answer in time, or refused. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  /** It answered, that it would not: it is full, say, or a replica. */
  readonly isRefusal: boolean;

  constructor(message: string, isRefusal = false) {
    super(message);
    this.isRefusal = isRefusal;
  }
}

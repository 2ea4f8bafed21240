/**
 * The port to the log: per cluster an append-only sequence of entries, each with a subject and
 * opaque data.
 *
 *   watcher ── append(expected position, entries) ──► log ── read(from) ──► whoever folds it
 *
 * The position is the only coordination. Every append names the position that it follows; of two
 * writers exactly one goes on and the other meets a conflict, which is a value. Adapters:
 * memory.ts, ../log-sqlite, ../log-jetstream; the laws they all obey are in contract.ts.
 */

import type { Heartbeats } from './heartbeats.ts';

/**
 * A place in a log: that of its last entry, 0 for an empty log. Positions grow, and may have gaps.
 */
export type Position = number;

export interface Entry {
  readonly subject: string;
  readonly data: Uint8Array;
  /**
   * Unique to this entry for ever: by it a writer knows its own again when an acknowledgement was
   * lost.
   */
  readonly id: string;
  /** It is the mark of what is forgotten up to this position: see EventLog.forget. */
  readonly forgets?: Position;
}

export interface StoredEntry {
  readonly position: Position;
  readonly subject: string;
  readonly data: Uint8Array;
}

export type AppendOutcome =
  /** All are stored, at these positions, in order. */
  | { readonly kind: 'appended'; readonly positions: readonly Position[] }
  /**
   * Another writer was there. `positions` are those of the first of the entries, which had been
   * stored before it came (none of them where the log stores a batch as one).
   */
  | { readonly kind: 'conflict'; readonly positions: readonly Position[]; readonly head: Position };

/** A subject of which nothing need be known any more. */
export interface Outdated {
  readonly subject: string;
  /** Of its last entry, which says that there is nothing. */
  readonly position: Position;
}

/** What a log is at one moment. */
export interface Head {
  /**
   * Changes when the log is deleted and made anew: positions of another incarnation mean nothing.
   */
  readonly incarnation: string;
  readonly position: Position;
  /**
   * Of the entry there, where it is known (mark.ts): a log that lost its end may have gone on, and
   * have reached the position again.
   */
  readonly mark?: string;
}

export type Delivery =
  | { readonly kind: 'entries'; readonly entries: readonly StoredEntry[] }
  /**
   * All that was in the log when reading began has been delivered. Said once, then again after each
   * 'restarted'.
   */
  | { readonly kind: 'caught-up'; readonly position: Position }
  /**
   * The log is another one than before, or has lost its tail, or has forgotten since what the
   * reader had yet to read: forget what was read of it. What follows is the last entry of each
   * subject, from the beginning.
   */
  | { readonly kind: 'restarted'; readonly head: Head };

/** Where to read from. */
export type ReadFrom =
  /**
   * The last entry of each subject, in the order of their positions, then all that comes after.
   * From a copy that lags, a replicated log may give an older entry of a subject before its last:
   * to a fold of last states that is the same.
   */
  | { readonly kind: 'last-per-subject' }
  /**
   * All entries after this position of this incarnation; 'restarted' comes first if the log is not
   * that one any more, or if another entry stands there than the mark says.
   */
  | { readonly kind: 'after'; readonly head: Head };

/** One cluster's log. */
export interface EventLog {
  readonly cluster: string;
  head(): Promise<Head>;
  /**
   * Appends the entries after `expected`, in order. Settles itself when an acknowledgement is lost,
   * by reading back what stands at the next position; so calling it again with the same arguments
   * stores nothing twice. Throws LogUnavailable when the outcome can't be known now.
   *
   * `incarnation`: of the log that the position is of. Another one is a conflict: its head may well
   * be at that position. A server is known to have another as soon as its state was asked for.
   *
   * `mark`: of the entry that the writer knows at `expected`. Another one there is a conflict. A
   * server is asked for it when it was connected to anew: else it has lost nothing.
   */
  append(
    expected: Position,
    entries: readonly Entry[],
    incarnation?: string,
    mark?: string,
  ): Promise<AppendOutcome>;
  /**
   * Forgets of each of these subjects all entries up to the position given; later ones stay. A mark
   * is in the log before, an entry that says up to where: a reader who goes on from before that
   * position may have missed that something is gone, and is told 'restarted'. What could not be
   * done may be tried again. Throws LogUnavailable.
   */
  forget(outdated: readonly Outdated[]): Promise<void>;
  /**
   * The entry at this position, for who follows the history of a subject back; undefined where
   * there is none, or history has lost it. Throws LogUnavailable.
   */
  entryAt(position: Position): Promise<StoredEntry | undefined>;
  /**
   * The last entry of this subject, for who needs no other: undefined where there is none. Throws
   * LogUnavailable.
   */
  lastOf(subject: string): Promise<StoredEntry | undefined>;
  /**
   * Delivers until the signal aborts, and then ends without an error. Without gap, duplicate or
   * change of order, whatever happens to servers and connections meanwhile: the adapter retries for
   * ever. Entries come in batches, as they are there.
   */
  read(from: ReadFrom, signal: AbortSignal): AsyncIterable<Delivery>;
}

/** All the logs of one federation, on one medium. */
export interface Logs {
  /**
   * The log of this cluster, or the control log (CONTROL_LOG in check.ts), made if there is none.
   * Does no I/O that fails for want of a server: that comes with its use.
   */
  open(cluster: string): EventLog;
  /** Names of the clusters that have a log, now. Throws LogUnavailable. */
  clusters(): Promise<readonly string[]>;
  /** What watchers say beside their logs. */
  readonly heartbeats: Heartbeats;
  close(): Promise<void>;
}

/** The medium can't be reached, or did not answer in time. Worth a retry. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
}

/** Most entries that one delivery carries: bounds what a slow reader holds. */
export const DELIVERY_ENTRIES_MAX = 1000;
/** Most octets of data in one delivery of several entries, for the same reason. */
export const DELIVERY_OCTETS_MAX = 4 * 1024 * 1024;
/**
 * Largest data of one entry, in octets: an EndpointSlice of 1,000 dual-stack endpoints takes 150
 * KiB. NATS allows 1 MiB.
 */
export const ENTRY_OCTETS_MAX = 900 * 1024;
/** How the subject of a mark ends; `isthmus.<federation>.<cluster>` stands before it. */
export const MARK_TAIL = '.watcher._.forgotten';
/** Subjects forgotten at once: a server takes two requests for each of their entries. */
export const OUTDATED_MAX = 200;
/** Entries kept per subject: the history depth. */
export const HISTORY_PER_SUBJECT = 64;

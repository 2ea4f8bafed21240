/**
 * What happened in a cluster, in the past tense: the closed union of events that a cluster's log
 * holds.
 *
 *   WatchStarted, NamespaceObserved, ServiceObserved, …, Synced     a watcher's first start
 *   WatchStarted, Synced                                           its restart, nothing changed
 */
import type { ClusterObject, ObjectKind, ObjectRef } from './object.ts';

/** On the log the kinds read ServiceObserved, ServiceRemoved, … : see codec.ts. */
export type Event =
  | ObjectObserved
  | ObjectRemoved
  | WatchStarted
  | Synced
  | RemovalsHeld
  | RemovalsReleased
  | Forgotten;

/** The object is there, and this is its whole state. */
export interface ObjectObserved {
  readonly kind: 'observed';
  readonly object: ClusterObject;
}

/** The object is gone: its removal was seen, or a complete list did not have it. */
export interface ObjectRemoved {
  readonly kind: 'removed';
  readonly ref: ObjectRef;
}

/**
 * A watcher took over the log. Appending this is the whole take-over: the writer before it meets a
 * conflict.
 */
export interface WatchStarted {
  readonly kind: 'watch-started';
  /** Names one run of one watcher. */
  readonly writer: string;
  /** The position it took over from. */
  readonly previous: number;
}

/**
 * All that the API had at these resource versions is in the log: from here on absence means that
 * there is none.
 */
export interface Synced {
  readonly kind: 'synced';
  readonly writer: string;
  /** Per kind, of the complete list; '' where a source has none. */
  readonly resourceVersions: Readonly<Partial<Record<ObjectKind, string>>>;
  /** Objects per kind. */
  readonly counts: Readonly<Partial<Record<ObjectKind, number>>>;
  /** Of the keys of all objects, in any order: see key-sum.ts. */
  readonly hash: string;
}

/**
 * Lists would have removed most of a cluster: of `of` objects `count` stay until someone confirms.
 */
export interface RemovalsHeld {
  readonly kind: 'removals-held';
  readonly count: number;
  readonly of: number;
}

/**
 * Nothing is held any more. From the operator it is an order: what is held, and what lists remove
 * until Synced, is believed. Of the same subject as RemovalsHeld: the last of both counts.
 */
export interface RemovalsReleased {
  readonly kind: 'removals-released';
  readonly by: 'watcher' | 'operator';
}

/**
 * Objects that were gone for long are forgotten, so that the log does not grow for ever: their
 * subjects have no entry any more, or soon none.
 */
export interface Forgotten {
  readonly kind: 'forgotten';
  /** All that were gone by this position are, or will be when the writer gets to them. */
  readonly upTo: number;
}

/** An event with what is known of its making. */
export type Envelope = EnvelopeOf<Event>;

export interface EnvelopeOf<E> {
  readonly event: E;
  /** When the source was seen to say so, RFC 3339. For people and metrics; decides nothing. */
  readonly observedAt: string;
  /** resourceVersion of the object, where the source has one. */
  readonly resourceVersion?: string;
  /** Position of this subject's previous event, 0 if there was none: history is a linked list. */
  readonly prev: number;
}

/**
 * The port to a cluster: a source of observations, kind by kind.
 *
 *   listing(Service) · found · found · … · listed(Service) · found · gone · found …
 *   then perhaps listing(Service) again
 *
 * What a list does not name between 'listing' and 'listed' is gone; silence means nothing.
 * Adapters: manifests.ts (files) and ../cluster-kubernetes (an API server); the laws they obey are
 * in contract.ts.
 */
import {
  type ClusterObject,
  OBJECT_KINDS,
  type ObjectKind,
  type ObjectRef,
} from '../event/object.ts';

export type Observation =
  /**
   * A complete list of this kind begins. One that never ends (the next 'listing' comes first)
   * proves no absence.
   */
  | { readonly kind: 'listing'; readonly of: ObjectKind }
  /** The list is complete. `resourceVersion` is '' where the source has none. */
  | { readonly kind: 'listed'; readonly of: ObjectKind; readonly resourceVersion: string }
  /** The object exists, and this is its whole state. */
  | { readonly kind: 'found'; readonly object: ClusterObject; readonly resourceVersion?: string }
  /** The object's removal was observed. */
  | { readonly kind: 'gone'; readonly ref: ObjectRef }
  /**
   * The source does not have this kind (its CRD is not installed): known to be empty, until a
   * 'listing' of it says otherwise.
   */
  | { readonly kind: 'unserved'; readonly of: ObjectKind }
  /**
   * The source was not asked for this kind: nothing is known of it, and what was known of it once
   * counts no more.
   */
  | { readonly kind: 'unwatched'; readonly of: ObjectKind }
  /**
   * Nothing can be learnt of this kind at present; what was known of it stays as it is. `why` is
   * for people. It is passing where the cluster itself is away or starts: not for want of rights.
   */
  | {
      readonly kind: 'trouble';
      readonly of: ObjectKind;
      readonly why: string;
      readonly isPassing?: boolean;
    };

export interface ClusterSource {
  /**
   * Observes until the signal aborts, and then ends without an error. Restarts itself for ever
   * after whatever failure: it never throws for one outside of this process.
   */
  observe(signal: AbortSignal): AsyncIterable<Observation>;
  /**
   * Whether the cluster replies now, to who observes it: only then what is known of it can be as it
   * is. Takes five seconds at most, and never throws.
   */
  replies(signal: AbortSignal): Promise<boolean>;
}

/** What a source says before all else of the kinds that it was not asked for. */
export function unwatchedBut(kinds: readonly ObjectKind[]): readonly Observation[] {
  return OBJECT_KINDS.filter((kind) => !kinds.includes(kind)).map((of) => ({
    kind: 'unwatched',
    of,
  }));
}

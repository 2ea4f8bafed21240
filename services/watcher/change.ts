/** What a watcher has to tell its log: how the ledger says it, and the outbox keeps it. */
import type { ObjectObserved, ObjectRemoved } from '../../libs/event/event.ts';

export type Change =
  | {
      readonly kind: 'object';
      readonly subject: string;
      readonly event: ObjectObserved | ObjectRemoved;
      readonly resourceVersion?: string;
    }
  /** Synced is due: once everything before it has been told. */
  | { readonly kind: 'synced'; readonly subject: string }
  /** What is held has changed, or nothing is any more. */
  | { readonly kind: 'removals'; readonly subject: string }
  /** Objects went so long ago that they are to be forgotten. */
  | { readonly kind: 'forgotten'; readonly subject: string };

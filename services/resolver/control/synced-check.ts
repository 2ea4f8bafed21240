/**
 * Whether what was folded of a log is what its watcher says stands there: Synced counts the objects
 * of each kind, and has a hash of their keys.
 *
 *   entries ─► tally, kept up with each object that comes or goes ─► Synced: the same, or different
 *
 * Only where the fold is the log's state at that position. While a log is read by the last entry of
 * each subject, it is so for a Synced that no object's entry follows; facts of a store come in no
 * order; and from when all was read on it is so always. Who can't read an entry can't compare.
 */
import type { Event, Synced } from '../../../libs/event/event.ts';
import { KeyTally } from '../../../libs/event/key-sum.ts';
import { OBJECT_KINDS } from '../../../libs/event/object.ts';
import { isOfWatcher } from '../../../libs/event/subject.ts';
import { type ClusterState, hasObject } from '../../../libs/federation/cluster-state.ts';
import type { Position, StoredEntry } from '../../../libs/log/log.ts';

export type Verdict =
  | { readonly kind: 'same' }
  /** `why`: "Service 3, expected 4". */
  | { readonly kind: 'different'; readonly why: string };

/** For one reading of a log, from its beginning or from a store. */
export class SyncedCheck {
  readonly #tally = new KeyTally();
  /** Subjects whose last entry could not be read. */
  readonly #unread = new Set<string>();
  #position: Position = 0;
  #isOrdered = true;
  #isCaughtUp = false;
  /** Of a Synced that no object's entry has followed yet. */
  #last: Verdict | undefined;

  /** Before the event is folded into the state. Undefined: nothing can be said. */
  read(state: ClusterState, { subject, position }: StoredEntry, event: Event): Verdict | undefined {
    if (position <= this.#position) this.#isOrdered = false;
    this.#position = position;
    if (this.#unread.size > 0) this.#unread.delete(subject);
    switch (event.kind) {
      case 'observed':
        this.#last = undefined;
        if (!hasObject(state, event.object)) this.#tally.add(event.object);
        return undefined;
      case 'removed':
        this.#last = undefined;
        if (hasObject(state, event.ref)) this.#tally.remove(event.ref);
        return undefined;
      case 'synced':
        this.#last = this.#compare(event);
        return this.#isCaughtUp ? this.#last : undefined;
      default:
        return undefined;
    }
  }

  skipped({ subject }: StoredEntry): void {
    if (isOfWatcher(subject)) return;
    this.#last = undefined;
    this.#unread.add(subject);
  }

  /** All that was in the log has been read. */
  caughtUp(): Verdict | undefined {
    this.#isCaughtUp = true;
    return this.#isOrdered ? this.#last : undefined;
  }

  #compare({ counts, hash }: Synced): Verdict | undefined {
    if (hash === '' || this.#unread.size > 0) return undefined;
    const kinds = OBJECT_KINDS.filter((kind) => counts[kind] !== undefined);
    const mine = this.#tally.of(kinds);
    const other = kinds.find((kind) => mine.counts[kind] !== counts[kind]);
    if (other !== undefined) {
      return {
        kind: 'different',
        why: `${other} ${mine.counts[other]}, expected ${counts[other]}`,
      };
    }
    if (mine.hash === hash) return { kind: 'same' };
    return { kind: 'different', why: 'as many objects as expected, and not the same ones' };
  }
}

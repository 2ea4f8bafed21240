/**
 * The operator's word on removals that a watcher holds back: it stands in the cluster's own log,
 * where the watcher hears it, also one that begins later.
 *
 *   last entry per subject ─► RemovalsHeld, as the last word ─► RemovalsReleased at the end
 *                                         └─ what came meanwhile ◄──┘ conflict
 */
import { decodeEntry, encodeEnvelope } from '../../libs/event/codec.ts';
import type { RemovalsHeld, RemovalsReleased } from '../../libs/event/event.ts';
import { subjectOf } from '../../libs/event/subject.ts';
import type { EventLog, Position, StoredEntry } from '../../libs/log/log.ts';

export type Release =
  | { readonly kind: 'released'; readonly held: RemovalsHeld; readonly position: Position }
  | { readonly kind: 'nothing-held' };

export interface ReleaseOptions {
  readonly federation: string;
  readonly log: EventLog;
  readonly nowMs: number;
  /** Unique for ever. */
  readonly id: string;
  readonly signal: AbortSignal;
}

/** Undefined if the signal aborts before. Throws LogUnavailable. */
export async function releaseRemovals(options: ReleaseOptions): Promise<Release | undefined> {
  const { federation, log, signal } = options;
  const event: RemovalsReleased = { kind: 'removals-released', by: 'operator' };
  const subject = subjectOf(federation, log.cluster, event);
  let { incarnation } = await log.head();
  let last: StoredEntry | undefined;
  let position = 0;
  let isCaughtUp = false;
  const done = new AbortController();
  try {
    const either = AbortSignal.any([signal, done.signal]);
    for await (const delivery of log.read({ kind: 'last-per-subject' }, either)) {
      if (delivery.kind === 'restarted') {
        incarnation = delivery.head.incarnation;
        [last, position, isCaughtUp] = [undefined, 0, false];
        continue;
      }
      if (delivery.kind === 'entries') {
        last = delivery.entries.findLast((entry) => entry.subject === subject) ?? last;
        position = delivery.entries.at(-1)?.position ?? position;
      } else {
        isCaughtUp = true;
        position = Math.max(position, delivery.position);
      }
      if (!isCaughtUp) continue;
      const held = heldBy(last);
      if (last === undefined || held === undefined) return { kind: 'nothing-held' };
      const observedAt = new Date(options.nowMs).toISOString();
      const data = encodeEnvelope({ event, observedAt, prev: last.position });
      const outcome = await log.append(position, [{ subject, data, id: options.id }], incarnation);
      const [stored] = outcome.positions;
      if (stored !== undefined) return { kind: 'released', held, position: stored };
    }
  } finally {
    done.abort();
  }
  return undefined;
}

function heldBy(entry: StoredEntry | undefined): RemovalsHeld | undefined {
  const decoded = entry && decodeEntry(entry.data);
  if (decoded?.kind !== 'event') return undefined;
  const { event } = decoded.envelope;
  return event.kind === 'removals-held' ? event : undefined;
}

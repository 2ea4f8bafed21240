/**
 * The objects that are gone by the log's last word, in the order in which they went: each leaves a
 * subject behind, with up to 64 entries, and pods come and go by the thousand. Those that went long
 * ago are to be forgotten (janitor.ts).
 *
 * Of a removal that the log has, the time is that of the event, but never later than now: a clock
 * that was wrong once must not hold up the others for ever.
 */
import { OUTDATED_MAX, type Outdated, type Position } from '../../libs/log/log.ts';

/**
 * Readers who come back later than this read the log anew, which takes a second or two: a resolver,
 * a Redis or a disk that was away for a night need not.
 */
export const FORGET_AFTER_MS = 24 * 3_600_000;

interface Removal {
  readonly position: Position;
  readonly atMs: number;
}

export class Gone {
  /** By subject. Positions grow, as they are read and written. */
  readonly #removals = new Map<string, Removal>();
  #markedUpTo: Position = 0;

  /** Its removal stands in the log. */
  went(subject: string, position: Position, atMs: number): void {
    this.#removals.delete(subject);
    this.#removals.set(subject, { position, atMs });
  }

  /** It is there, or is forgotten. */
  delete(subject: string): void {
    this.#removals.delete(subject);
  }

  /** A mark in the log says that what was gone by then is forgotten. */
  marked(upTo: Position): void {
    this.#markedUpTo = Math.max(this.#markedUpTo, upTo);
  }

  get markedUpTo(): Position {
    return this.#markedUpTo;
  }

  /** What went long ago, the oldest first, as many as are forgotten at once. */
  outdated(nowMs: number): readonly Outdated[] {
    const outdated: Outdated[] = [];
    for (const [subject, { position, atMs }] of this.#removals) {
      if (atMs > nowMs - FORGET_AFTER_MS || outdated.length === OUTDATED_MAX) break;
      outdated.push({ subject, position });
    }
    return outdated;
  }

  /** Up to where there is something to mark; undefined when all that is outdated is marked. */
  toMark(nowMs: number): Position | undefined {
    const upTo = this.outdated(nowMs).at(-1)?.position ?? 0;
    return upTo > this.#markedUpTo ? upTo : undefined;
  }

  /** All that went by this position. */
  upTo(position: Position): readonly Outdated[] {
    const outdated: Outdated[] = [];
    for (const [subject, removal] of this.#removals) {
      if (removal.position > position) break;
      outdated.push({ subject, position: removal.position });
    }
    return outdated;
  }
}

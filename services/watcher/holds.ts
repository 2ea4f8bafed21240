/**
 * Removals that are too many to be believed at once: an API server that was restored empty, or is
 * another cluster's, lists nothing of what was there, and every name would be denied.
 *
 *   a list lacks most ──► held ─┬─ a list that begins a minute later lacks the same ──► removed
 *                               ├─ a list, or the watch, has all of them again ──► given up
 *                               └─ the operator's word ──► removed
 *
 * Each object that comes back begins the minute anew: a cluster that is being filled again may take
 * long, and what is not back yet will be.
 *
 * Kind by kind, since each is listed by itself, and of every kind: what is held of one costs a
 * minute, and a name needs its Namespace, its Service and its EndpointSlices. Without I/O; the time
 * is given. Removals that were observed one by one are no matter of this.
 */
import type { ObjectKind } from '../../libs/event/object.ts';

/** A list begun so much later, in ms, proves what the one before it said. */
export const CONFIRM_MS = 60_000;
/**
 * Fewer removals are believed: in a small cluster half of all goes with one application. While
 * another kind is held, the same list of disasters is likely, and none are too few.
 */
export const REMOVALS_MIN = 20;

/** What a list says of the objects that were there before it. */
export interface Absence {
  readonly missing: readonly string[];
  /** Of the kind itself. */
  readonly lack: Lack;
  /** Of what can't be seen without it. */
  readonly behind: Lack | undefined;
  /** False also of an API that just starts, or whose CRDs are being replaced. */
  readonly isServed: boolean;
  readonly begunMs: number;
}

/** Of `of` objects, a list lacks so many. */
export interface Lack {
  readonly missing: number;
  readonly of: number;
}

/** Of `of` objects that there were, so many stay although a list lacks them. */
export interface Held {
  readonly count: number;
  readonly of: number;
}

interface Hold {
  /** When it began, or when the last object came back. */
  sinceMs: number;
  readonly of: number;
  /** Of the objects that stay. */
  readonly subjects: Set<string>;
}

export class Holds {
  readonly #byKind = new Map<ObjectKind, Hold>();

  /** Whether they are gone of which a list knows nothing; if not, they are held. */
  believes(kind: ObjectKind, absence: Absence, nowMs: number): boolean {
    const { missing, lack, behind, isServed, begunMs } = absence;
    const hold = this.#byKind.get(kind);
    const isSame = hold !== undefined && missing.every((subject) => hold.subjects.has(subject));
    const isTooMany = !isServed || [lack, behind].some((one) => one && this.#isTooMany(kind, one));
    if (hold === undefined ? !isTooMany : isSame && begunMs >= hold.sinceMs + CONFIRM_MS) {
      this.#byKind.delete(kind);
      return true;
    }
    if (isSame) return false;
    this.#byKind.set(kind, { sinceMs: nowMs, of: lack.of, subjects: new Set(missing) });
    return false;
  }

  #isTooMany(kind: ObjectKind, { missing, of }: Lack): boolean {
    if (missing * 2 <= of) return false;
    return missing >= REMOVALS_MIN || [...this.#byKind.keys()].some((held) => held !== kind);
  }

  /** The object is there. */
  cameBack(kind: ObjectKind, subject: string, nowMs: number): void {
    const hold = this.#byKind.get(kind);
    if (hold?.subjects.has(subject) !== true) return;
    hold.sinceMs = nowMs;
    this.forget(kind, subject);
  }

  /** Its removal is known. */
  forget(kind: ObjectKind, subject: string): void {
    const hold = this.#byKind.get(kind);
    if (hold?.subjects.delete(subject) === true && hold.subjects.size === 0) this.end(kind);
  }

  /** Whatever is held of this kind. */
  end(kind: ObjectKind): void {
    this.#byKind.delete(kind);
  }

  has(kind: ObjectKind, subject: string): boolean {
    return this.#byKind.get(kind)?.subjects.has(subject) === true;
  }

  /** Everything that was held is held no more. */
  takeAll(): readonly string[] {
    const subjects = [...this.#byKind.values()].flatMap((hold) => [...hold.subjects]);
    this.#byKind.clear();
    return subjects;
  }

  /** In sum; undefined when nothing is held. */
  get held(): Held | undefined {
    if (this.#byKind.size === 0) return undefined;
    let [count, of] = [0, 0];
    for (const hold of this.#byKind.values()) {
      count += hold.subjects.size;
      of += hold.of;
    }
    return { count, of };
  }

  /** From when on a new list could confirm something that is held, by kind. */
  confirmableAtMs(): ReadonlyMap<ObjectKind, number> {
    return new Map([...this.#byKind].map(([kind, { sinceMs }]) => [kind, sinceMs + CONFIRM_MS]));
  }
}

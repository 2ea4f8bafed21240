/**
 * Which kinds of objects are known completely, and so when Synced is due.
 *
 *   listing … listed      known             listing … listing      as before: that list was cut off
 *   unserved              known to be empty  trouble                not known, if it was not before
 *   unwatched             left out: Synced does not wait for it, and does not speak of it
 *
 * Synced is due when the last kind becomes known, and again after a list that changed something: so
 * that readers can check their count where it matters. A list that changed nothing is not worth an
 * event.
 */
import type { Synced } from '../../libs/event/event.ts';
import { OBJECT_KINDS, type ObjectKind } from '../../libs/event/object.ts';

/**
 * Kinds that a cluster may keep from us (no right to list them) without becoming unknown as a
 * whole: Synced then names the kinds it speaks of, and leaves these out. Names of a cluster's own
 * zone need only the other kinds.
 */
const DISPENSABLE: ReadonlySet<ObjectKind> = new Set([
  'Node',
  'Pod',
  'ServiceExport',
  'ServiceImport',
]);

interface Listing {
  /** Grows with each list that begins. */
  number: number;
  running: boolean;
  /** When it began, in ms. */
  begunMs: number;
  /** Objects that there were before it. */
  before: number;
  /** A list was complete; undefined before. */
  resourceVersion: string | undefined;
  troubled: boolean;
  leftOut: boolean;
  changed: boolean;
}

export class Listings {
  readonly #byKind = new Map<ObjectKind, Listing>();
  #due = false;
  /** Kinds that the last Synced says something of. */
  #spokenOf: Synced['counts'] = {};

  /** `there`: objects of this kind, as far as is known. */
  begin(kind: ObjectKind, there: number, nowMs: number): void {
    const listing = this.#of(kind);
    listing.number++;
    listing.leftOut = false;
    listing.begunMs = nowMs;
    // One that was cut off may have named new ones.
    if (!listing.running) listing.before = there;
    listing.running = true;
  }

  /** An object of this kind changed: matters to Synced only while a list runs. */
  changed(kind: ObjectKind): void {
    const listing = this.#of(kind);
    if (listing.running) listing.changed = true;
  }

  complete(kind: ObjectKind, resourceVersion: string): void {
    const listing = this.#of(kind);
    if (listing.changed || listing.resourceVersion === undefined) this.#due = true;
    listing.running = false;
    listing.changed = false;
    listing.resourceVersion = resourceVersion;
  }

  /** What the log's Synced speaks of is not left out of the next one for a moment's trouble. */
  trouble(kind: ObjectKind, isPassing: boolean): void {
    if (!isPassing || this.#spokenOf[kind] === undefined) this.#of(kind).troubled = true;
  }

  /** The log has this Synced. */
  synced(counts: Synced['counts']): void {
    this.#spokenOf = counts;
  }

  /** Nobody watches this kind. */
  leaveOut(kind: ObjectKind): void {
    const listing = this.#of(kind);
    listing.leftOut = true;
    listing.running = false;
    listing.resourceVersion = undefined;
    this.#due = true;
  }

  /** Number of the list that runs, or ran last. 0 before the first. */
  number(kind: ObjectKind): number {
    return this.#of(kind).number;
  }

  begun(kind: ObjectKind): { readonly atMs: number; readonly before: number } {
    const { begunMs, before } = this.#of(kind);
    return { atMs: begunMs, before };
  }

  isRunning(kind: ObjectKind): boolean {
    return this.#of(kind).running;
  }

  isKnown(kind: ObjectKind): boolean {
    return this.#of(kind).resourceVersion !== undefined;
  }

  isLeftOut(kind: ObjectKind): boolean {
    return this.#of(kind).leftOut;
  }

  known(): readonly ObjectKind[] {
    return OBJECT_KINDS.filter((kind) => this.isKnown(kind));
  }

  get isComplete(): boolean {
    return OBJECT_KINDS.every((kind) => {
      const { leftOut, troubled } = this.#of(kind);
      return leftOut || this.isKnown(kind) || (troubled && DISPENSABLE.has(kind));
    });
  }

  /** It is due without a change as well: what held it back is over. */
  syncIsDue(): void {
    this.#due = true;
  }

  /** True once each time that Synced becomes due. */
  takeSyncDue(): boolean {
    if (!this.#due || !this.isComplete) return false;
    this.#due = false;
    return true;
  }

  resourceVersions(): Readonly<Partial<Record<ObjectKind, string>>> {
    const versions: Partial<Record<ObjectKind, string>> = {};
    for (const [kind, { resourceVersion }] of this.#byKind) {
      if (resourceVersion !== undefined) versions[kind] = resourceVersion;
    }
    return versions;
  }

  #of(kind: ObjectKind): Listing {
    const known = this.#byKind.get(kind);
    if (known !== undefined) return known;
    const listing: Listing = {
      number: 0,
      running: false,
      begunMs: 0,
      before: 0,
      resourceVersion: undefined,
      troubled: false,
      leftOut: false,
      changed: false,
    };
    this.#byKind.set(kind, listing);
    return listing;
  }
}

/**
 * What the log was told of each object, beside what the source says of it now. What differs is to
 * be told.
 *
 *   entries of the log ──► read ────┐
 *                                   ├─► a line per subject {told, now} ─► changes to tell
 *   observations of the source ─────┘
 *
 * Without I/O or clock. An object is gone when its removal was observed, or when a complete list
 * did not name it; a list that was cut off proves nothing. It has a line for every subject in the
 * log, also for objects that are gone, since their next event points to the last one (`prev`):
 * about 200 octets each. Which object it is, its subject says.
 */
import type { Observation } from '../../libs/cluster/source.ts';
import { decodeEntry } from '../../libs/event/codec.ts';
import type { Event, ObjectObserved, ObjectRemoved, Synced } from '../../libs/event/event.ts';
import type { ClusterObject, ObjectKind, ObjectRef } from '../../libs/event/object.ts';
import { refKey } from '../../libs/event/object.ts';
import { refOfSubject, subjectOf } from '../../libs/event/subject.ts';
import type { Position, StoredEntry } from '../../libs/log/log.ts';
import { factHash, KeySum } from './fact-hash.ts';
import { Listings } from './listings.ts';

export type Change =
  | {
      readonly kind: 'object';
      readonly subject: string;
      readonly event: ObjectObserved | ObjectRemoved;
      readonly resourceVersion?: string;
    }
  /** Synced is due: once everything before it has been told. */
  | { readonly kind: 'synced'; readonly subject: string };

interface Line {
  readonly kind: ObjectKind;
  /** Of its last event, 0 if it has none. */
  position: Position;
  /** Hash of the fact as the log has it, and as the source has it. */
  told: string;
  now: string;
  /** The source has spoken of this object; until then the log's word is all there is. */
  observed: boolean;
  /** Number of the last list that named it. */
  listing: number;
}

/** Instead of a hash: there is no such object. */
const ABSENT = '';
/**
 * Instead of a hash: the log has an entry that this program can't read. Differs from every fact, so
 * it is told anew.
 */
const UNREADABLE = '?';

export class Ledger {
  readonly #federation: string;
  readonly #cluster: string;
  readonly #lines = new Map<string, Line>();
  /** Of events that are of no object. */
  readonly #positions = new Map<string, Position>();
  readonly #listings = new Listings();
  readonly #counts: Partial<Record<ObjectKind, number>> = {};
  /** Of the objects that the log has. */
  readonly #told = new Map<ObjectKind, { count: number; readonly keys: KeySum }>();
  readonly #syncedSubject: string;
  #isSynced = false;

  constructor(federation: string, cluster: string) {
    this.#federation = federation;
    this.#cluster = cluster;
    this.#syncedSubject = this.subject(this.syncedEvent(''));
  }

  subject(event: Event): string {
    return subjectOf(this.#federation, this.#cluster, event);
  }

  /**
   * Takes in an entry of the log, whoever wrote it. Gives the event, if this program can read it.
   */
  read({ subject, data, position }: StoredEntry): Event | undefined {
    const decoded = decodeEntry(data);
    const event = decoded.kind === 'event' ? decoded.envelope.event : undefined;
    const ref = refOfSubject(subject);
    if (event !== undefined) {
      this.stored(subject, event, position);
    } else if (ref === undefined) {
      this.#positions.set(subject, position);
    } else {
      this.#tell(ref, subject, UNREADABLE, position);
    }
    const line = this.#lines.get(subject);
    if (line !== undefined && !this.#isOurs(line)) this.#setNow(line, line.told);
    return event;
  }

  /**
   * The source's word counts, not the log's. Of kinds that are not watched here another writer may
   * say what it likes: two watchers that do not want the same must not undo each other's work.
   */
  #isOurs({ kind, observed }: Line): boolean {
    if (this.#listings.isLeftOut(kind)) return false;
    return observed || this.#listings.isKnown(kind);
  }

  /** Notes that this event stands in the log. */
  stored(subject: string, event: Event, position: Position): void {
    switch (event.kind) {
      case 'observed':
        this.#tell(event.object, subject, factHash(event.object), position);
        return;
      case 'removed':
        this.#tell(event.ref, subject, ABSENT, position);
        return;
      case 'synced':
        this.#isSynced = true;
        break;
      case 'watch-started':
        this.#isSynced = false;
    }
    this.#positions.set(subject, position);
  }

  /** What an observation makes worth telling. It stays so only as long as `differs` says so. */
  observe(observation: Observation): readonly Change[] {
    switch (observation.kind) {
      case 'found':
        return this.#found(observation.object, observation.resourceVersion);
      case 'gone':
        return this.#gone(observation.ref);
      case 'listing':
        this.#listings.begin(observation.of);
        return [];
      case 'listed':
        return this.#listed(observation.of, observation.resourceVersion);
      case 'unserved':
        this.#listings.begin(observation.of);
        return this.#listed(observation.of, '');
      case 'unwatched':
        this.#listings.leaveOut(observation.of);
        return [...this.#removeAllBut(observation.of, undefined), ...this.#syncedIfDue()];
      case 'trouble':
        this.#listings.trouble(observation.of);
        return this.#syncedIfDue();
    }
  }

  /** Whether the log says of this object something else than the source. */
  differs(subject: string): boolean {
    const line = this.#lines.get(subject);
    return line !== undefined && line.told !== line.now;
  }

  /** Position of the subject's last event, 0 if it has none. */
  previous(subject: string): Position {
    return this.#lines.get(subject)?.position ?? this.#positions.get(subject) ?? 0;
  }

  /** Synced, of what has been told up to here. Speaks only of kinds that are known completely. */
  syncedEvent(writer: string): Synced {
    const counts: Partial<Record<ObjectKind, number>> = {};
    const hash = new KeySum();
    for (const kind of this.#listings.known()) {
      const told = this.#toldOf(kind);
      counts[kind] = told.count;
      hash.plus(told.keys);
    }
    const resourceVersions = this.#listings.resourceVersions();
    return { kind: 'synced', writer, resourceVersions, counts, hash: hash.toString() };
  }

  /**
   * Synced, as a change to tell, if every kind is known: for who finds that it is missing in the
   * log.
   */
  syncedAgain(): readonly Change[] {
    return this.#listings.isComplete ? [{ kind: 'synced', subject: this.#syncedSubject }] : [];
  }

  /** Synced stands in the log since the last WatchStarted. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Objects that the source has now, by kind. */
  counts(): Readonly<Partial<Record<ObjectKind, number>>> {
    return { ...this.#counts };
  }

  #found(object: ClusterObject, resourceVersion: string | undefined): readonly Change[] {
    const event: ObjectObserved = { kind: 'observed', object };
    const subject = this.subject(event);
    const line = this.#line(subject, object.kind);
    line.listing = this.#listings.number(object.kind);
    if (!this.#moves(line, factHash(object))) return [];
    const change = { kind: 'object', subject, event } as const;
    return [resourceVersion === undefined ? change : { ...change, resourceVersion }];
  }

  #gone({ kind, namespace, name }: ObjectRef): readonly Change[] {
    const event: ObjectRemoved = { kind: 'removed', ref: { kind, namespace, name } };
    const subject = this.subject(event);
    const line = this.#lines.get(subject);
    if (line === undefined || !this.#moves(line, ABSENT)) return [];
    return [{ kind: 'object', subject, event }];
  }

  /**
   * True if there is something to tell: also when it came back to what was told, for another state
   * may be on its way.
   */
  #moves(line: Line, now: string): boolean {
    const moved = line.now !== now || line.told !== now;
    this.#setNow(line, now);
    line.observed = true;
    if (moved) this.#listings.changed(line.kind);
    return moved;
  }

  #setNow(line: Line, now: string): void {
    const count = (this.#counts[line.kind] ?? 0) - (line.now === ABSENT ? 0 : 1);
    this.#counts[line.kind] = count + (now === ABSENT ? 0 : 1);
    line.now = now;
  }

  #listed(kind: ObjectKind, resourceVersion: string): readonly Change[] {
    const removed = this.#removeAllBut(kind, this.#listings.number(kind));
    this.#listings.complete(kind, resourceVersion);
    return [...removed, ...this.#syncedIfDue()];
  }

  /** All of the kind are gone that the list of this number did not name. */
  #removeAllBut(kind: ObjectKind, listing: number | undefined): readonly Change[] {
    const removed: Change[] = [];
    for (const [subject, line] of this.#lines) {
      if (line.kind !== kind || line.listing === listing) continue;
      const ref = refOfSubject(subject);
      if (ref !== undefined) removed.push(...this.#gone(ref));
    }
    return removed;
  }

  #syncedIfDue(): readonly Change[] {
    return this.#listings.takeSyncDue() ? this.syncedAgain() : [];
  }

  #tell(ref: ObjectRef, subject: string, told: string, position: Position): void {
    const line = this.#line(subject, ref.kind);
    if ((line.told === ABSENT) !== (told === ABSENT)) {
      const all = this.#toldOf(ref.kind);
      all.count += told === ABSENT ? -1 : 1;
      if (told === ABSENT) all.keys.remove(refKey(ref));
      else all.keys.add(refKey(ref));
    }
    line.told = told;
    line.position = position;
  }

  #toldOf(kind: ObjectKind): { count: number; readonly keys: KeySum } {
    const known = this.#told.get(kind);
    if (known !== undefined) return known;
    const none = { count: 0, keys: new KeySum() };
    this.#told.set(kind, none);
    return none;
  }

  #line(subject: string, kind: ObjectKind): Line {
    const known = this.#lines.get(subject);
    if (known !== undefined) return known;
    const line = { kind, position: 0, told: ABSENT, now: ABSENT, observed: false, listing: 0 };
    this.#lines.set(subject, line);
    return line;
  }
}

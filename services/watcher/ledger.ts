/**
 * What the log was told of each object, beside what the source says of it now. What differs is to
 * be told.
 *
 *   entries of the log ──► read ────┐
 *                                   ├─► a line per subject {told, now} ─► changes to tell
 *   observations of the source ─────┘
 *
 * Without I/O; the time is given. An object is gone when its removal was observed, or when a
 * complete list did not name it; a list that was cut off proves nothing, and one that lacks most of
 * a cluster has to be confirmed (holds.ts). It has a line for every subject in the log, also for
 * objects that are gone until they are forgotten, since their next event points to the last one
 * (`prev`): about 200 octets each. Which object it is, its subject says.
 */
import type { Clock } from '../../libs/clock/clock.ts';
import type { Observation } from '../../libs/cluster/source.ts';
import { decodeEntry } from '../../libs/event/codec.ts';
import type {
  Event,
  ObjectObserved,
  ObjectRemoved,
  RemovalsHeld,
  RemovalsReleased,
  Synced,
} from '../../libs/event/event.ts';
import { KeyTally } from '../../libs/event/key-sum.ts';
import type { ClusterObject, ObjectKind, ObjectRef } from '../../libs/event/object.ts';
import { refOfSubject, subjectOf } from '../../libs/event/subject.ts';
import type { Outdated, Position, StoredEntry } from '../../libs/log/log.ts';
import type { Change } from './change.ts';
import { factHash } from './fact-hash.ts';
import { Gone } from './gone.ts';
import { type Held, Holds, type Lack } from './holds.ts';
import { Listings } from './listings.ts';

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
  readonly #holds = new Holds();
  readonly gone = new Gone();
  readonly #clock: Clock;
  readonly #counts: Partial<Record<ObjectKind, number>> = {};
  /** Of the objects that the log has. */
  readonly #told = new KeyTally();
  readonly #syncedSubject: string;
  readonly #removalsSubject: string;
  #isSynced = false;
  /** Removals that are held by the log's last word. */
  #heldTold: Held | undefined;
  /** The operator has said that lists are to be believed, until Synced. */
  #isReleased = false;

  constructor(federation: string, cluster: string, clock: Clock) {
    this.#federation = federation;
    this.#cluster = cluster;
    this.#clock = clock;
    this.#syncedSubject = this.subject(this.syncedEvent(''));
    this.#removalsSubject = this.subject({ kind: 'removals-held', count: 0, of: 0 });
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
    if (decoded.kind === 'event') {
      const nowMs = this.#clock.nowMs();
      const atMs = Date.parse(decoded.envelope.observedAt) || nowMs;
      this.stored(subject, decoded.envelope.event, position, Math.min(atMs, nowMs));
    } else if (ref === undefined) {
      this.#positions.set(subject, position);
    } else {
      this.#tell(ref, subject, UNREADABLE, position);
    }
    const line = this.#lines.get(subject);
    if (line !== undefined && !this.#isOurs(line, subject)) {
      this.#setNow(line, line.told);
      if (line.told === ABSENT) this.#holds.forget(line.kind, subject);
    }
    return event;
  }

  /**
   * The source's word counts, not the log's. Of kinds that are not watched here another writer may
   * say what it likes: two watchers that do not want the same must not undo each other's work. What
   * is held is the log's as well: the source has not said that it is there.
   */
  #isOurs({ kind, observed }: Line, subject: string): boolean {
    if (this.#listings.isLeftOut(kind) || this.#holds.has(kind, subject)) return false;
    return observed || this.#listings.isKnown(kind);
  }

  /** Notes that this event stands in the log. */
  stored(subject: string, event: Event, position: Position, atMs = this.#clock.nowMs()): void {
    switch (event.kind) {
      case 'observed':
        this.#tell(event.object, subject, factHash(event.object), position);
        return;
      case 'removed':
        this.#tell(event.ref, subject, ABSENT, position);
        this.gone.went(subject, position, atMs);
        return;
      case 'forgotten':
        this.gone.marked(event.upTo);
        break;
      case 'synced':
        this.#isSynced = true;
        this.#listings.synced(event.counts);
        this.#isReleased = false;
        break;
      case 'watch-started':
        this.#isSynced = false;
        break;
      case 'removals-held':
        this.#isSynced = false;
        this.#heldTold = { count: event.count, of: event.of };
        this.#isReleased = false;
        break;
      case 'removals-released':
        this.#heldTold = undefined;
        this.#isReleased = event.by === 'operator';
    }
    this.#positions.set(subject, position);
  }

  /** What an observation makes worth telling. It stays so only as long as `differs` says so. */
  observe(observation: Observation): readonly Change[] {
    const wasHeld = this.held !== undefined;
    const changes = this.#take(observation);
    return wasHeld && this.held === undefined ? [...changes, ...this.#holdsEnded()] : changes;
  }

  #take(observation: Observation): readonly Change[] {
    switch (observation.kind) {
      case 'found':
        return this.#found(observation.object, observation.resourceVersion);
      case 'gone':
        return this.#gone(observation.ref);
      case 'listing':
        this.#beginList(observation.of);
        return [];
      case 'listed':
        return this.#listed(observation.of, observation.resourceVersion);
      case 'unserved':
        this.#beginList(observation.of);
        return this.#listed(observation.of, undefined);
      case 'unwatched':
        this.#listings.leaveOut(observation.of);
        return [...this.#unwatched(observation.of), ...this.#syncedIfDue()];
      case 'trouble':
        this.#listings.trouble(observation.of, observation.isPassing === true);
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
    const tally = this.#told.of(this.#listings.known());
    const resourceVersions = this.#listings.resourceVersions();
    return { kind: 'synced', writer, resourceVersions, ...tally };
  }

  /**
   * Synced, as a change to tell, if every kind is known and nothing is held: for who finds that it
   * is missing in the log.
   */
  syncedAgain(): readonly Change[] {
    if (!this.#listings.isComplete || this.held !== undefined) return [];
    return [...this.#removals(), { kind: 'synced', subject: this.#syncedSubject }];
  }

  /** What is to be told of removals now; undefined when the log's last word is true. */
  removalsEvent(): RemovalsHeld | RemovalsReleased | undefined {
    const [held, told] = [this.held, this.#heldTold];
    if (held?.count === told?.count && held?.of === told?.of) return undefined;
    if (held !== undefined) return { kind: 'removals-held', ...held };
    return { kind: 'removals-released', by: 'watcher' };
  }

  /** The log has no entry of these any more. */
  forgot(outdated: readonly Outdated[]): void {
    for (const { subject, position } of outdated) {
      const line = this.#lines.get(subject);
      if (line?.position !== position) continue;
      this.gone.delete(subject);
      if (line.now === ABSENT) this.#lines.delete(subject);
      else line.position = 0;
    }
  }

  /** Whether anything is held, the log says rightly. */
  get isHoldingTold(): boolean {
    return (this.held === undefined) === (this.#heldTold === undefined);
  }

  /** Removals that a list asks for, and that wait for another. */
  get held(): Held | undefined {
    return this.#holds.held;
  }

  /**
   * From when on a new list could confirm what is held of all kinds, unless such lists run already:
   * one sooner would make those that are held last wait for a minute more. Undefined: there is
   * nothing to ask for.
   */
  confirmableAtMs(): number | undefined {
    const times = [...this.#holds.confirmableAtMs()]
      .filter(([kind]) => !this.#listings.isRunning(kind))
      .map(([, atMs]) => atMs);
    return times.length === 0 ? undefined : Math.max(...times);
  }

  /** If the operator has said so: what is held is removed. */
  release(): readonly Change[] {
    if (!this.#isReleased || this.held === undefined) return [];
    const removed = this.#holds.takeAll().flatMap((subject) => this.#goneBySubject(subject));
    return [...removed, ...this.#holdsEnded()];
  }

  /** Synced stands in the log since the last WatchStarted. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Objects that the source has now, by kind, with those whose removal is held. */
  counts(): Readonly<Partial<Record<ObjectKind, number>>> {
    return { ...this.#counts };
  }

  #found(object: ClusterObject, resourceVersion: string | undefined): readonly Change[] {
    const event: ObjectObserved = { kind: 'observed', object };
    const subject = this.subject(event);
    const line = this.#line(subject, object.kind);
    this.#holds.cameBack(object.kind, subject, this.#clock.elapsedMs());
    line.listing = this.#listings.number(object.kind);
    if (!this.#moves(line, factHash(object))) return [];
    const change = { kind: 'object', subject, event } as const;
    return [resourceVersion === undefined ? change : { ...change, resourceVersion }];
  }

  #gone({ kind, namespace, name }: ObjectRef): readonly Change[] {
    const event: ObjectRemoved = { kind: 'removed', ref: { kind, namespace, name } };
    const subject = this.subject(event);
    const line = this.#lines.get(subject);
    this.#holds.forget(kind, subject);
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

  #goneBySubject(subject: string): readonly Change[] {
    const ref = refOfSubject(subject);
    return ref === undefined ? [] : this.#gone(ref);
  }

  #beginList(kind: ObjectKind): void {
    this.#listings.begin(kind, this.#counts[kind] ?? 0, this.#clock.elapsedMs());
  }

  /**
   * All of the kind are gone that the list did not name, unless they are too many. Without a
   * version: the kind is not served, which is a list of nothing.
   */
  #listed(kind: ObjectKind, version: string | undefined): readonly Change[] {
    const number = this.#listings.number(kind);
    const missing = this.#subjects(kind, (line) => line.listing !== number);
    const areHeld = !this.#believes(kind, missing, version !== undefined);
    const changes = areHeld ? this.#removals() : missing.flatMap((one) => this.#goneBySubject(one));
    this.#listings.complete(kind, version ?? '');
    return [...changes, ...this.#syncedIfDue()];
  }

  #believes(kind: ObjectKind, missing: readonly string[], isServed: boolean): boolean {
    const there = missing.filter((subject) => this.#lines.get(subject)?.now !== ABSENT);
    if (this.#isReleased || there.length === 0) {
      this.#holds.end(kind);
      return true;
    }
    const { atMs: begunMs, before } = this.#listings.begun(kind);
    const lack = { missing: there.length, of: before };
    const behind = kind === 'Namespace' ? this.#servicesIn(there) : undefined;
    const absence = { missing: there, lack, behind, isServed, begunMs };
    return this.#holds.believes(kind, absence, this.#clock.elapsedMs());
  }

  /** Of all Services, those in these Namespaces, whose names end with them. */
  #servicesIn(namespaces: readonly string[]): Lack {
    const gone = new Set(namespaces.map((subject) => refOfSubject(subject)?.name));
    const services = this.#subjects('Service', (line) => line.now !== ABSENT);
    const behind = services.filter((subject) => gone.has(refOfSubject(subject)?.namespace));
    return { missing: behind.length, of: services.length };
  }

  /** Whoever decides what is watched has decided that these are known no more. */
  #unwatched(kind: ObjectKind): readonly Change[] {
    this.#holds.end(kind);
    return this.#subjects(kind, () => true).flatMap((one) => this.#goneBySubject(one));
  }

  #subjects(kind: ObjectKind, isWanted: (line: Line) => boolean): readonly string[] {
    const subjects: string[] = [];
    for (const [subject, line] of this.#lines) {
      if (line.kind === kind && isWanted(line)) subjects.push(subject);
    }
    return subjects;
  }

  #holdsEnded(): readonly Change[] {
    this.#listings.syncIsDue();
    return [...this.#removals(), ...this.#syncedIfDue()];
  }

  #removals(): readonly Change[] {
    const isNews = this.removalsEvent() !== undefined;
    return isNews ? [{ kind: 'removals', subject: this.#removalsSubject }] : [];
  }

  #syncedIfDue(): readonly Change[] {
    if (this.held !== undefined) return [];
    return this.#listings.takeSyncDue() ? this.syncedAgain() : [];
  }

  #tell(ref: ObjectRef, subject: string, told: string, position: Position): void {
    const line = this.#line(subject, ref.kind);
    if ((line.told === ABSENT) !== (told === ABSENT)) {
      if (told === ABSENT) this.#told.remove(ref);
      else this.#told.add(ref);
    }
    line.told = told;
    line.position = position;
    this.gone.delete(subject);
  }

  #line(subject: string, kind: ObjectKind): Line {
    const known = this.#lines.get(subject);
    if (known !== undefined) return known;
    const line = { kind, position: 0, told: ABSENT, now: ABSENT, observed: false, listing: 0 };
    this.#lines.set(subject, line);
    return line;
  }
}

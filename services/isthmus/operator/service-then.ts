/**
 * What a Service of a cluster was at a moment, by the history of its log.
 *
 *   last entry of each of its subjects ─► prev ─► prev … ─► the entry of that moment
 *
 * EndpointSlices are found by the Service that they name. A slice keeps its Service for life, since
 * controllers make a new one for another: one whose latest state names another is not followed.
 */
import { decodeEntry } from '../../../libs/event/codec.ts';
import type { Envelope } from '../../../libs/event/event.ts';
import { type ClusterObject, type ObjectRef, refKey } from '../../../libs/event/object.ts';
import { isOfWatcher, refOfSubject } from '../../../libs/event/subject.ts';
import type { EventLog, Position, StoredEntry } from '../../../libs/log/log.ts';
import { inParallel } from './in-parallel.ts';
import type { Moment } from './moment.ts';

export interface ServiceKey {
  readonly namespace: string;
  readonly name: string;
}

/** A place in the history of a log. */
export interface Place {
  readonly position: Position;
  /** RFC 3339. */
  readonly observedAt: string;
}

export type ServiceThen =
  /** `at`: where something of it changed last before. */
  | { readonly kind: 'there'; readonly at: Place; readonly objects: readonly ClusterObject[] }
  /** `why` ends a sentence: "it came at position 12". */
  | { readonly kind: 'absent'; readonly why: string }
  /** What it was is not kept any more: the history of it, or of a part of it, begins there. */
  | { readonly kind: 'lost'; readonly of: ObjectRef | undefined; readonly since: Place };

/** Subjects followed at once, each by one small request after the other. */
const SUBJECTS_AT_ONCE = 8;

/** Throws LogUnavailable. */
export async function serviceThen(
  log: EventLog,
  key: ServiceKey,
  moment: Moment,
  signal: AbortSignal,
): Promise<ServiceThen> {
  const { lasts, forgottenUpTo, known } = await lastEntries(log, key, signal);
  // Of what was gone by there, nobody can say any more whether it was a part of the Service.
  const since = forgottenUpTo === 0 ? undefined : await firstFrom(log, known, forgottenUpTo);
  if (since !== undefined && !isUpTo({ ...since, position: forgottenUpTo }, moment)) {
    return { kind: 'lost', of: undefined, since };
  }
  const traces = await inParallel(lasts, SUBJECTS_AT_ONCE, (entry) =>
    traceOf(log, key, entry, moment),
  );
  const lost = traces.find((trace) => trace.kind === 'lost');
  if (lost !== undefined) return lost;
  const found = traces.flatMap((trace) => (trace.kind === 'found' ? [trace] : []));
  const objects = found
    .flatMap(({ event }) => (event.kind === 'observed' ? [event.object] : []))
    .sort((a, b) => (refKey(a) < refKey(b) ? -1 : 1));
  const isThere = objects.some(({ kind }) => kind === 'Service' || kind === 'ServiceImport');
  if (!isThere) return { kind: 'absent', why: whyAbsent(traces) };
  const at = found.reduce((a, b) => (b.place.position > a.place.position ? b : a), first(found));
  return { kind: 'there', at: at.place, objects };
}

type Trace =
  | { readonly kind: 'found'; readonly event: Envelope['event']; readonly place: Place }
  /** Nothing was said of it before `first`. */
  | { readonly kind: 'not-yet'; readonly of: ObjectRef; readonly first: Place }
  | { readonly kind: 'lost'; readonly of: ObjectRef; readonly since: Place }
  | { readonly kind: 'of-another' };

async function traceOf(
  log: EventLog,
  { name }: ServiceKey,
  last: StoredEntry,
  moment: Moment,
): Promise<Trace> {
  const of = refOfSubject(last.subject);
  if (of === undefined) return { kind: 'of-another' };
  let entry = last;
  for (;;) {
    const { event, observedAt, prev } = envelopeOf(entry);
    const place = { position: entry.position, observedAt };
    const isOfAnother =
      event.kind === 'observed' &&
      event.object.kind === 'EndpointSlice' &&
      event.object.service !== name;
    if (isOfAnother) return { kind: 'of-another' };
    if (isUpTo(place, moment)) {
      const isMine = of.kind !== 'EndpointSlice' || event.kind === 'observed';
      if (isMine || (await wasOf(log, name, prev))) return { kind: 'found', event, place };
      return { kind: 'of-another' };
    }
    if (prev === 0) return { kind: 'not-yet', of, first: place };
    const before = prev < entry.position ? await log.entryAt(prev) : undefined;
    if (before?.subject !== last.subject) {
      // Of a removed slice nobody knows by now whose it was.
      return event.kind === 'removed' && of.kind === 'EndpointSlice'
        ? { kind: 'of-another' }
        : { kind: 'lost', of, since: place };
    }
    entry = before;
  }
}

/** Whether the slice that was removed then had been the Service's. */
async function wasOf(log: EventLog, name: string, removed: Position): Promise<boolean> {
  let position = removed;
  while (position > 0) {
    const entry = await log.entryAt(position);
    if (entry === undefined) return false;
    const { event, prev } = envelopeOf(entry);
    if (event.kind === 'observed') {
      return event.object.kind === 'EndpointSlice' && event.object.service === name;
    }
    if (prev >= position) return false;
    position = prev;
  }
  return false;
}

function isUpTo({ position, observedAt }: Place, moment: Moment): boolean {
  return moment.kind === 'position'
    ? position <= moment.position
    : Date.parse(observedAt) <= moment.atMs;
}

function envelopeOf({ data, position }: StoredEntry): Envelope {
  const decoded = decodeEntry(data);
  if (decoded.kind === 'event') return decoded.envelope;
  throw new Error(`Cannot follow the history at position ${position}: ${decoded.why}`);
}

function whyAbsent(traces: readonly Trace[]): string {
  for (const trace of traces) {
    if (trace.kind === 'not-yet' && trace.of.kind === 'Service') {
      return `it came at position ${trace.first.position}, ${trace.first.observedAt}`;
    }
    const isGone = trace.kind === 'found' && trace.event.kind === 'removed';
    if (isGone && trace.event.kind === 'removed' && trace.event.ref.kind === 'Service') {
      return `it was removed at position ${trace.place.position}, ${trace.place.observedAt}`;
    }
  }
  return 'there was no such Service';
}

function first<T>(items: readonly T[]): T {
  const [one] = items;
  if (one === undefined) throw new Error('Cannot take the first: there is none');
  return one;
}

/** The first entry that is known at this position or later. */
async function firstFrom(
  log: EventLog,
  known: readonly Position[],
  from: Position,
): Promise<Place | undefined> {
  const after = known.filter((position) => position >= from);
  const position = after.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const entry = after.length === 0 ? undefined : await log.entryAt(position);
  return entry && { position, observedAt: envelopeOf(entry).observedAt };
}

interface LastEntries {
  /** Of all subjects that may be the Service's. */
  readonly lasts: readonly StoredEntry[];
  /** What was gone by this position is forgotten. */
  readonly forgottenUpTo: Position;
  /** Of the last entries of all subjects. */
  readonly known: readonly Position[];
}

async function lastEntries(
  log: EventLog,
  { namespace, name }: ServiceKey,
  signal: AbortSignal,
): Promise<LastEntries> {
  let lasts = new Map<string, StoredEntry>();
  let known: Position[] = [];
  let forgottenUpTo = 0;
  const ended = new AbortController();
  try {
    const either = AbortSignal.any([signal, ended.signal]);
    for await (const delivery of log.read({ kind: 'last-per-subject' }, either)) {
      if (delivery.kind === 'caught-up') {
        return { lasts: [...lasts.values()], forgottenUpTo, known };
      }
      if (delivery.kind === 'restarted') {
        [lasts, known, forgottenUpTo] = [new Map(), [], 0];
        continue;
      }
      for (const entry of delivery.entries) {
        known.push(entry.position);
        if (isOfWatcher(entry.subject)) forgottenUpTo = Math.max(forgottenUpTo, upToOf(entry));
        const ref = refOfSubject(entry.subject);
        if (ref?.namespace !== namespace) continue;
        const isSlice = ref.kind === 'EndpointSlice';
        const isOther = ref.kind === 'Pod' || ref.name !== name;
        if (isSlice || !isOther) lasts.set(entry.subject, entry);
      }
    }
  } finally {
    ended.abort();
  }
  throw new Error('Cannot read the log: the process is asked to stop');
}

function upToOf({ data }: StoredEntry): Position {
  const decoded = decodeEntry(data);
  const event = decoded.kind === 'event' ? decoded.envelope.event : undefined;
  return event?.kind === 'forgotten' ? event.upTo : 0;
}

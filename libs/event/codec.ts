/**
 * Events as they stand on the log: one JSON object each.
 *
 *   {"v":1,"kind":"ServiceObserved","observedAt":"…","resourceVersion":"7","prev":12,"object":{…}}
 *
 * Logs outlive programs: what a reader does not know, it skips and counts; what is older than it,
 * it upcasts. A file for each version stands in golden/, for ever.
 */
import type { Envelope, EnvelopeOf, Event } from './event.ts';
import type { ObjectKind } from './object.ts';
import { OBJECT_KINDS } from './object.ts';
import {
  type Json,
  Malformed,
  optional,
  readNumber,
  readObject,
  readOneOf,
  readText,
} from './read.ts';
import { readClusterObject, readRef } from './read-object.ts';

/** Version that is written. Raised when a reader of the version before would misunderstand. */
export const EVENT_VERSION = 1;

/** Within which the kind of an event ends, as it is written. */
const REMOVAL_OCTETS = 64;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

export type DecodedEntry = DecodedLine<Event>;

export type DecodedLine<E> = { readonly kind: 'event'; readonly envelope: EnvelopeOf<E> } | Skipped;

/** Of a newer version, of an unknown kind, or damaged: not for this reader, and never fatal. */
interface Skipped {
  readonly kind: 'skipped';
  readonly why: string;
}

export function encodeEnvelope({ event, ...rest }: Envelope): Uint8Array {
  return encodeLine(wireKind(event), rest, bodyOf(event));
}

export function decodeEntry(data: Uint8Array): DecodedEntry {
  return decodeLine(data, readEvent);
}

/**
 * Whether the entry says that an object is gone, without reading all of it: of what is gone no fact
 * need be kept. False where that is not sure.
 */
export function isRemoval(data: Uint8Array): boolean {
  const start = DECODER.decode(data.subarray(0, REMOVAL_OCTETS));
  const [, version, kind] = /^\{"v":(\d+),"kind":"([A-Za-z]+)Removed"/.exec(start) ?? [];
  return Number(version) <= EVENT_VERSION && OBJECT_KINDS.some((known) => known === kind);
}

/** The line of an event of either kind of log. */
export function encodeLine(
  kind: string,
  { observedAt, resourceVersion, prev }: Omit<Envelope, 'event'>,
  body: Json,
): Uint8Array {
  const head = { v: EVENT_VERSION, kind, observedAt, resourceVersion, prev };
  return ENCODER.encode(JSON.stringify({ ...head, ...body }));
}

/** `read`: undefined for a kind that it does not know. */
export function decodeLine<E>(
  data: Uint8Array,
  read: (from: Json) => E | undefined,
): DecodedLine<E> {
  try {
    const from = readObject(JSON.parse(DECODER.decode(data)), 'an event');
    const version = readNumber(from, 'v');
    if (version > EVENT_VERSION) {
      return skipped(
        `it has version ${version}; expected at most ${EVENT_VERSION}: upgrade this reader`,
      );
    }
    const event = read(from);
    if (event === undefined) return skipped(`its kind ${JSON.stringify(from.kind)} is unknown`);
    const observedAt = readText(from, 'observedAt');
    const prev = readNumber(from, 'prev');
    return {
      kind: 'event',
      envelope: { event, observedAt, ...optional(from, 'resourceVersion', readText), prev },
    };
  } catch (error) {
    if (error instanceof Malformed || error instanceof SyntaxError) return skipped(error.message);
    throw error;
  }
}

function skipped(why: string): Skipped {
  return { kind: 'skipped', why: `Cannot read an event: ${why}` };
}

function wireKind(event: Event): string {
  switch (event.kind) {
    case 'observed':
      return `${event.object.kind}Observed`;
    case 'removed':
      return `${event.ref.kind}Removed`;
    case 'watch-started':
      return 'WatchStarted';
    case 'synced':
      return 'Synced';
    case 'removals-held':
      return 'RemovalsHeld';
    case 'removals-released':
      return 'RemovalsReleased';
    case 'forgotten':
      return 'Forgotten';
  }
}

function bodyOf(event: Event): Json {
  switch (event.kind) {
    case 'observed':
      return { object: { ...event.object, kind: undefined } };
    case 'removed':
      return { object: { namespace: event.ref.namespace, name: event.ref.name } };
    default: {
      const { kind: _, ...body } = event;
      return body;
    }
  }
}

function readEvent(from: Json): Event | undefined {
  const wire = readText(from, 'kind');
  const [, kind, what] = /^(.+)(Observed|Removed)$/.exec(wire) ?? [];
  if (kind !== undefined && OBJECT_KINDS.some((known) => known === kind)) {
    const object = { ...readObject(from.object, 'object'), kind };
    return what === 'Observed'
      ? { kind: 'observed', object: readClusterObject(object) }
      : { kind: 'removed', ref: readRef(object) };
  }
  switch (wire) {
    case 'WatchStarted':
      return {
        kind: 'watch-started',
        writer: readText(from, 'writer'),
        previous: readNumber(from, 'previous'),
      };
    case 'Synced':
      return {
        kind: 'synced',
        writer: readText(from, 'writer'),
        resourceVersions: readPerKind(from, 'resourceVersions', readText),
        counts: readPerKind(from, 'counts', readNumber),
        hash: readText(from, 'hash'),
      };
    case 'RemovalsHeld':
      return {
        kind: 'removals-held',
        count: readNumber(from, 'count'),
        of: readNumber(from, 'of'),
      };
    case 'RemovalsReleased':
      return { kind: 'removals-released', by: readOneOf(from, 'by', ['watcher', 'operator']) };
    case 'Forgotten':
      return { kind: 'forgotten', upTo: readNumber(from, 'upTo') };
    default:
      return undefined;
  }
}

function readPerKind<T>(
  from: Json,
  field: string,
  read: (from: Json, field: string) => T,
): Readonly<Partial<Record<ObjectKind, T>>> {
  const values = readObject(from[field], field);
  const perKind: Partial<Record<ObjectKind, T>> = {};
  for (const kind of OBJECT_KINDS)
    if (values[kind] !== undefined) perKind[kind] = read(values, kind);
  return perKind;
}

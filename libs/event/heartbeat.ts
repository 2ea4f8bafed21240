/**
 * What a watcher says every few seconds, to whoever listens: that it lives, how long ago its
 * cluster did, and how far it is. No event: nothing is lost with it, and nothing decides by it but
 * how a cluster stands.
 *
 *   {"v":1,"writer":"…","role":"writer","state":"synced","incarnation":"…","position":12,
 *    "silentMs":140,"counts":{"Service":3}}
 */
import { OBJECT_KINDS, type ObjectKind } from './object.ts';
import {
  type Json,
  Malformed,
  optional,
  readNumber,
  readObject,
  readOneOf,
  readText,
} from './read.ts';

/** How often a watcher beats, in ms. */
export const HEARTBEAT_MS = 5000;
const HEARTBEAT_VERSION = 1;

const ROLES = ['writer', 'standby'] as const;
/** As in WatcherStatus. */
const STATES = ['starting', 'listing', 'holding', 'synced', 'standby', 'waiting'] as const;

/** Of a writer, as it is printed for operators: no spaces, nothing that moves a cursor. */
const WRITER = /^[!-~]{1,64}$/;

export interface Heartbeat {
  /** Names one run of one watcher. */
  readonly writer: string;
  readonly role: (typeof ROLES)[number];
  readonly state: (typeof STATES)[number];
  /** Of its log: up to here it knows it. */
  readonly incarnation: string;
  readonly position: number;
  /**
   * How long ago the cluster replied last, in ms by the watcher's clock, so that no clocks are
   * compared. Missing: not since this watcher began.
   */
  readonly silentMs?: number;
  readonly counts: Readonly<Partial<Record<ObjectKind, number>>>;
  /** Removals that it holds back, where there are any. */
  readonly held?: { readonly count: number; readonly of: number };
}

export function encodeHeartbeat(heartbeat: Heartbeat): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ v: HEARTBEAT_VERSION, ...heartbeat }));
}

/** Undefined for what is none, or of a version that this reader does not know. */
export function decodeHeartbeat(data: Uint8Array): Heartbeat | undefined {
  try {
    const from = readObject(JSON.parse(new TextDecoder().decode(data)), 'a heartbeat');
    if (readNumber(from, 'v') > HEARTBEAT_VERSION) return undefined;
    const perKind = readObject(from.counts, 'counts');
    const counts: Partial<Record<ObjectKind, number>> = {};
    for (const kind of OBJECT_KINDS) {
      if (perKind[kind] !== undefined) counts[kind] = readNumber(perKind, kind);
    }
    return {
      writer: readWriter(from),
      role: readOneOf(from, 'role', ROLES),
      state: readOneOf(from, 'state', STATES),
      incarnation: readText(from, 'incarnation'),
      position: readNumber(from, 'position'),
      ...optional(from, 'silentMs', (value, field) => Math.max(0, readNumber(value, field))),
      counts,
      ...optional(from, 'held', (value, field) => {
        const held = readObject(value[field], field);
        return { count: readNumber(held, 'count'), of: readNumber(held, 'of') };
      }),
    };
  } catch (error) {
    if (error instanceof Malformed || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readWriter(from: Json): string {
  const writer = readText(from, 'writer');
  if (WRITER.test(writer)) return writer;
  throw new Malformed('field writer is no word; expected at most 64 printable characters');
}

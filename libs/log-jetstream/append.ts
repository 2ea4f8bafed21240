/**
 * Appends one entry after the position that it expects, and finds out what has become of it.
 *
 *   publish, expecting the last sequence ──► acknowledged ──► stored
 *        ▲                 └─► any failure ──► read what stands behind the expected position
 *        │                                        ├─ ours ──► stored
 *        └── nothing ◄────────────────────────────┤
 *                                                 └─ another's ──► conflict
 *
 * The acknowledgement may be lost and the entry stored; an attempt that timed out may still arrive.
 * Neither matters: whichever attempt arrives first makes the expectation of the others wrong, and
 * all carry the same id. The server's window of duplicate ids plays no part in it, since versions
 * differ in what they check first.
 *
 * One at a time: with guessed positions for entries not yet acknowledged, guesses of a writer that
 * has been deposed become true.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { NextMsgRequest, SeqMsgRequest, StoredMsg } from '@nats-io/jetstream';
import { headers } from 'nats';
import type { Entry, Position } from '../log/log.ts';
import { type Connection, type Nats, REQUEST_TIMEOUT_MS } from './connection.ts';
import { type Stream, StreamMisfit, type StreamName } from './stream.ts';

/** The header that an entry's id travels in. */
export const ID_HEADER = 'Isthmus-Entry-Id';

/** Before the next attempt when a server was there and refused for a passing reason. */
const RETRY_MS = 20;
/**
 * A new leader of a replicated stream may not have applied yet what the old one acknowledged: a
 * stream that seems to have lost its end is believed only after this time.
 */
export const LOST_TAIL_AFTER_MS = 3000;

export type Stored =
  | { readonly kind: 'stored'; readonly position: Position }
  /** The first `count` of the entries were stored by an earlier call, the last at `position`. */
  | { readonly kind: 'found'; readonly count: number; readonly position: Position }
  | { readonly kind: 'conflict'; readonly head: Position };

export interface Target {
  readonly connection: Connection;
  readonly stream: Stream;
  /** What is not settled by then is reported: the caller tries again, with all it has by now. */
  readonly patienceMs: number;
}

/**
 * Stores the first of the entries; the others are known again should they stand there already.
 * `mayFollow`: whether what stands at the expected position is what the writer knows there; asked
 * before each attempt, since the server may be another state of itself by then.
 */
export async function appendFirst(
  target: Target,
  expected: Position,
  entries: readonly Entry[],
  mayFollow: (nats: Nats) => Promise<boolean>,
): Promise<Stored> {
  const { connection, stream, patienceMs } = target;
  const [entry] = entries;
  if (entry === undefined) throw new Error('Cannot append nothing: expected an entry');
  const begun = performance.now();
  const leftMs = () => begun + patienceMs - performance.now();
  let why: unknown;
  for (let attempt = 0; leftMs() > 0; attempt += 1) {
    // The first failure most often is that of a log that is not there yet.
    if (attempt > 1) await delay(RETRY_MS);
    const nats = await connection.ready(leftMs());
    try {
      if (!(await mayFollow(nats))) {
        return { kind: 'conflict', head: (await stream.state(nats)).position };
      }
      return { kind: 'stored', position: await publish(nats, stream.name, expected, entry) };
    } catch (error) {
      refuseForbidden(connection, error);
      why = error;
    }
    try {
      const { position: head, ...state } = await stream.state(nats);
      const next = await nextAfter(nats, stream.name, expected);
      if (next !== null) return settle(next, expected, entries, Math.max(head, next.seq));
      const isLate = state.replicas > 1 && performance.now() - begun < LOST_TAIL_AFTER_MS;
      if (head > expected || (head < expected && !isLate)) return { kind: 'conflict', head };
    } catch (error) {
      if (error instanceof StreamMisfit) throw error;
      refuseForbidden(connection, error);
      why = error;
    }
  }
  throw connection.unavailable(why instanceof Error ? why.message : String(why), why);
}

function refuseForbidden(connection: Connection, error: unknown): void {
  const forbidden = connection.forbidden(error);
  if (forbidden !== undefined) throw forbidden;
}

async function publish(
  { nc }: Nats,
  { stream }: StreamName,
  expected: Position,
  { subject, data, id }: Entry,
): Promise<Position> {
  const header = headers();
  header.set(ID_HEADER, id);
  header.set('Nats-Expected-Stream', stream);
  header.set('Nats-Expected-Last-Sequence', `${expected}`);
  const answer = await nc.request(subject, data, { timeout: REQUEST_TIMEOUT_MS, headers: header });
  const ack: unknown = answer.json();
  if (typeof ack === 'object' && ack !== null && 'seq' in ack && typeof ack.seq === 'number') {
    if (ack.seq > 0 && !('error' in ack)) return ack.seq;
  }
  throw new Error(`it answers ${answer.string()}`);
}

/** By the leader, not by any replica: those may be behind. */
function nextAfter(
  { manager }: Nats,
  { stream, subjects }: StreamName,
  position: Position,
): Promise<StoredMsg | null> {
  const query: SeqMsgRequest & NextMsgRequest = { seq: position + 1, next_by_subj: subjects };
  return manager.streams.getMessage(stream, query);
}

/**
 * Sequences follow each other by one when they are given, so the entry at i can stand at one place
 * only; and if it does, all before it are ours too, though history may have lost them.
 */
function settle(
  next: StoredMsg,
  expected: Position,
  entries: readonly Entry[],
  head: Position,
): Stored {
  const i = next.seq - expected - 1;
  const own = entries[i];
  if (own === undefined || next.header?.get(ID_HEADER) !== own.id)
    return { kind: 'conflict', head };
  return { kind: 'found', count: i + 1, position: next.seq };
}

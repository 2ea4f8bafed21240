/**
 * How a standby finds out soon that nobody writes: something was not told, and no writer answers.
 *
 *   untold for two seconds ─► ask, twice ─► no writer beats ─► the log has not moved ─► take over
 *
 * A writer that is killed is replaced after some five seconds that way. One that answers and yet
 * tells nothing is left to the rule of silence (standby.ts), which needs no heartbeats.
 */
import { decodeHeartbeat } from '../../libs/event/heartbeat.ts';
import { LogUnavailable, type Position } from '../../libs/log/log.ts';
import type { Outbox } from './outbox.ts';
import type { Session } from './session.ts';

/** What a standby has read of the log. */
export interface Followed {
  position: Position;
  deliveries: number;
}

const LOOK_MS = 1000;
/** A writer that lives tells within milliseconds. */
const UNTOLD_MS = 2000;
/** Watchers answer at once. */
const ANSWER_MS = 1000;
/** Messages may be lost. */
const QUESTIONS = 2;

/** Undefined when the signal aborts before. */
export async function writerGone(
  session: Session,
  outbox: Outbox,
  followed: Followed,
  signal: AbortSignal,
): Promise<'silence' | undefined> {
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const ear: Ear = { isDeaf: true, beats: 0 };
  const listening = listen(session, ear, either);
  try {
    return await look(session, outbox, followed, ear, either);
  } finally {
    ended.abort();
    await listening;
  }
}

interface Ear {
  isDeaf: boolean;
  /** Of others that write. */
  beats: number;
}

async function look(
  session: Session,
  outbox: Outbox,
  followed: Followed,
  ear: Ear,
  signal: AbortSignal,
): Promise<'silence' | undefined> {
  const { clock } = session;
  let sinceMs: number | undefined;
  let deliveries = followed.deliveries;
  while (!signal.aborted) {
    await clock.sleep(LOOK_MS, signal);
    const isMoving = followed.deliveries !== deliveries;
    deliveries = followed.deliveries;
    if (isMoving || ear.isDeaf || !outbox.hasUntold()) {
      sinceMs = undefined;
      continue;
    }
    sinceMs ??= clock.elapsedMs();
    if (clock.elapsedMs() - sinceMs < UNTOLD_MS) continue;
    if (await isAnswered(session, ear, signal)) sinceMs = undefined;
    else if (outbox.hasUntold() && (await isAtEnd(session, followed))) return 'silence';
  }
  return undefined;
}

async function isAnswered({ clock, heartbeats }: Session, ear: Ear, signal: AbortSignal) {
  const { beats } = ear;
  for (let asked = 0; asked < QUESTIONS; asked++) {
    heartbeats.ask();
    await clock.sleep(ANSWER_MS, signal);
    if (ear.isDeaf || ear.beats !== beats || signal.aborted) return true;
  }
  return false;
}

/** A log that can't be reached says nothing, whoever lives. */
async function isAtEnd({ log }: Session, { position }: Followed): Promise<boolean> {
  try {
    return (await log.head()).position === position;
  } catch (error) {
    if (!(error instanceof LogUnavailable)) throw error;
    return false;
  }
}

async function listen(
  { heartbeats, log, writer }: Session,
  ear: Ear,
  signal: AbortSignal,
): Promise<void> {
  for await (const heard of heartbeats.hear(signal)) {
    if (heard.kind !== 'beat') {
      ear.isDeaf = heard.kind === 'deaf';
      continue;
    }
    if (heard.cluster !== log.cluster) continue;
    const beat = decodeHeartbeat(heard.data);
    if (beat?.role === 'writer' && beat.writer !== writer) ear.beats++;
  }
}

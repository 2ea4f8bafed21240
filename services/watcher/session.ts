/**
 * What one session of a watcher works with: from reading its log, through being the writer or
 * standing by, until the log has to be read anew.
 */

import { backoffMs, type Clock } from '../../libs/clock/clock.ts';
import { encodeEnvelope } from '../../libs/event/codec.ts';
import type { Event } from '../../libs/event/event.ts';
import type { Heartbeats } from '../../libs/log/heartbeats.ts';
import type { Entry, EventLog } from '../../libs/log/log.ts';
import { LogUnavailable } from '../../libs/log/log.ts';
import type { Ledger } from './ledger.ts';

export interface Session {
  readonly log: EventLog;
  readonly heartbeats: Heartbeats;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: () => number;
  /** Names this run of the watcher. */
  readonly writer: string;
  /** Unique for ever. */
  readonly entryId: () => string;
  /** The log can't be reached, and why; undefined: it can again. */
  readonly unreachable: (why: string | undefined) => void;
  /** Something else that people should know. */
  readonly trouble: (why: string) => void;
}

/** An event, and the entry that says it. */
export interface Outgoing {
  readonly event: Event;
  readonly entry: Entry;
}

/** The entry for an event; it points to the last one of its subject. */
export function writeEntry(
  { ledger, clock, entryId }: Session,
  event: Event,
  source: { readonly observedAt?: string; readonly resourceVersion?: string } = {},
): Outgoing {
  const subject = ledger.subject(event);
  const observedAt = new Date(clock.nowMs()).toISOString();
  const data = encodeEnvelope({ event, observedAt, ...source, prev: ledger.previous(subject) });
  const forgets = event.kind === 'forgotten' ? { forgets: event.upTo } : {};
  return { event, entry: { subject, data, id: entryId(), ...forgets } };
}

/**
 * The outcome of a call to the log, tried again until there is one; undefined if the signal aborts
 * before.
 */
export async function untilAvailable<T>(
  { clock, random, unreachable }: Session,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T | undefined> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      const outcome = await call();
      if (failures > 0) unreachable(undefined);
      return outcome;
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
      failures++;
      unreachable(error.message);
      await clock.sleep(backoffMs(failures, random), signal);
    }
  }
  return undefined;
}

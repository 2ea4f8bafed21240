/**
 * A writer with nothing to say finds out, too, that another one took over or that its log was made
 * anew: it looks at the head of the log now and then. For being right this is not needed (its next
 * append would meet a conflict), but a log that was lost would stay empty until something happens
 * in the cluster.
 */
import { LogUnavailable } from '../../libs/log/log.ts';
import type { Outbox } from './outbox.ts';
import type { Session } from './session.ts';

/** One small request to the log each time. */
const HEAD_CHECK_MS = 5000;

/** Ends when the log is not where its writer knows it to be, or when the signal aborts. */
export async function headMoved(
  { log, clock, unreachable }: Session,
  outbox: Outbox,
  incarnation: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(HEAD_CHECK_MS, signal);
    if (signal.aborted || outbox.isInFlight) continue;
    const known = outbox.position;
    try {
      const head = await log.head();
      // Something appended meanwhile has learnt by itself.
      if (outbox.isInFlight || outbox.position !== known) continue;
      unreachable(undefined);
      if (head.incarnation !== incarnation || head.position !== known) return;
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
      unreachable(error.message);
    }
  }
}

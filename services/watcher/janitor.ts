/**
 * Forgets what the log has of objects that went long ago, so that it does not grow for ever.
 *
 *   gone for a day ─► Forgotten, by the outbox ─► a round later: entries are deleted
 *
 * The writer does so, and no other: its mark is appended like all that it tells, and only what is
 * marked is deleted. Who has read the log up to a place before what is marked reads it anew (see
 * EventLog.forget).
 */
import { LogUnavailable } from '../../libs/log/log.ts';
import type { Outbox } from './outbox.ts';
import type { Session } from './session.ts';

/** With 200 subjects a round, 288,000 a day. */
const ROUND_MS = 60_000;
/** Subjects deleted before it is looked whether to go on: some 150 requests. */
const AT_ONCE = 20;

/** Until the signal aborts. */
export async function forgetGone(
  session: Session,
  outbox: Outbox,
  signal: AbortSignal,
): Promise<void> {
  const { log, ledger, clock, trouble } = session;
  const subject = ledger.subject({ kind: 'forgotten', upTo: 0 });
  while (!signal.aborted) {
    await clock.sleep(ROUND_MS, signal);
    const outdated = ledger.gone.outdated(clock.nowMs());
    const marked = outdated.filter(({ position }) => position <= ledger.gone.markedUpTo);
    if (marked.length < outdated.length) outbox.put([{ kind: 'forgotten', subject }]);
    try {
      for (let i = 0; i < marked.length && !signal.aborted; i += AT_ONCE) {
        const some = marked.slice(i, i + AT_ONCE);
        await log.forget(some);
        ledger.forgot(some);
      }
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
      trouble(`Cannot forget objects that are gone: ${error.message}; tried again in a minute`);
    }
  }
}

/**
 * A watch says nothing of what a list lacked: to have removals confirmed that are held, the source
 * is observed anew, which lists everything.
 */
import { CONFIRM_MS } from './holds.ts';
import type { Session } from './session.ts';

/**
 * Resolves when it is time to observe anew; undefined: nothing is held any more, or the signal has
 * aborted. Not sooner than a minute after the call, so that lists have time to end.
 */
export async function timeToAskAgain(
  { ledger, clock }: Session,
  signal: AbortSignal,
): Promise<'ask' | undefined> {
  await clock.sleep(CONFIRM_MS, signal);
  while (ledger.held !== undefined && !signal.aborted) {
    const atMs = ledger.confirmableAtMs();
    const leftMs = atMs === undefined ? CONFIRM_MS : atMs - clock.nowMs();
    if (leftMs <= 0) return 'ask';
    await clock.sleep(leftMs, signal);
  }
  return undefined;
}

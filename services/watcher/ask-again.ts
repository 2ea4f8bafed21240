/**
 * When the source is observed anew, which lists everything:
 *
 *   removals are held     a watch says nothing of what a list lacked, and a list is to confirm it
 *   now and then          a watch that left something out says nothing of that either, for ever
 */
import { CONFIRM_MS } from './holds.ts';
import type { Session } from './session.ts';

/**
 * Shortest time between two lists of everything, where nothing else asks for one; longer by chance
 * up to twice that, so that the watchers of many clusters do not list together.
 */
export const RESYNC_MS = 3_600_000;

/** The same for a list that only makes sure. */
export async function timeToResync(
  { clock, random }: Session,
  signal: AbortSignal,
): Promise<'ask' | undefined> {
  await clock.sleep(RESYNC_MS * (1 + random()), signal);
  return signal.aborted ? undefined : 'ask';
}

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
    const leftMs = atMs === undefined ? CONFIRM_MS : atMs - clock.elapsedMs();
    if (leftMs <= 0) return 'ask';
    await clock.sleep(leftMs, signal);
  }
  return undefined;
}

/**
 * What a watcher does while another one writes: observe its cluster all the same, follow the log,
 * and not fight.
 *
 *   the source's changes wait in the outbox, until the log shows that the writer has told them
 *
 * A writer that lives tells within milliseconds what its cluster says. So it is dead, or blind,
 * when something has waited through a whole period in which the log stayed silent. In a quiet
 * cluster there is nothing that it failed to tell, and nothing that a take-over would mend.
 * Heartbeats make this faster (writer-gone.ts); they are not needed for it to be right.
 */
import type { Head } from '../../libs/log/log.ts';
import { LogUnavailable } from '../../libs/log/log.ts';
import type { Outbox } from './outbox.ts';
import type { Session } from './session.ts';
import { type Followed, writerGone } from './writer-gone.ts';

/**
 * Shortest period of silence; longer by chance up to twice that, so that two that wait do not move
 * together. Longer than a log of three nodes takes to find a new leader (4.6 to 8.3 s).
 */
const SILENCE_MIN_MS = 10_000;
/**
 * Longest shortest period: reached when two watchers that see different things depose each other
 * again and again.
 */
const SILENCE_MIN_MAX_MS = 10 * 60_000;

export type WhyToTakeOver = 'silence' | 'log-restarted';

/**
 * Undefined if the signal aborts before. `deposals` is how often this watcher was deposed of late.
 */
export async function standBy(
  session: Session,
  outbox: Outbox,
  head: Head,
  deposals: number,
  signal: AbortSignal,
): Promise<WhyToTakeOver | undefined> {
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const heard: Followed = { position: head.position, deliveries: 0 };
  const following = follow(session, outbox, head, heard, either);
  const listening = writerGone(session, outbox, heard, either);
  try {
    const silent = silence(session, outbox, heard, deposals, either);
    return await Promise.race([following, silent, listening]);
  } finally {
    ended.abort();
    await Promise.all([following, listening]);
  }
}

async function follow(
  { log, ledger }: Session,
  outbox: Outbox,
  head: Head,
  heard: Followed,
  signal: AbortSignal,
): Promise<WhyToTakeOver | undefined> {
  for await (const delivery of log.read({ kind: 'after', head }, signal)) {
    if (delivery.kind === 'restarted') return 'log-restarted';
    heard.deliveries++;
    if (delivery.kind === 'caught-up') continue;
    for (const entry of delivery.entries) {
      heard.position = entry.position;
      const event = ledger.read(entry);
      if (event?.kind === 'watch-started') outbox.put(ledger.syncedAgain());
      if (event?.kind === 'forgotten') ledger.forgot(ledger.gone.upTo(event.upTo));
      outbox.put(ledger.release());
    }
  }
  return undefined;
}

async function silence(
  { log, clock, random }: Session,
  outbox: Outbox,
  heard: Followed,
  deposals: number,
  signal: AbortSignal,
): Promise<WhyToTakeOver | undefined> {
  const atLeastMs = Math.min(SILENCE_MIN_MAX_MS, SILENCE_MIN_MS * 2 ** Math.min(deposals, 10));
  while (!signal.aborted) {
    const before = { hasUntold: outbox.hasUntold(), deliveries: heard.deliveries };
    await clock.sleep(atLeastMs * (1 + random()), signal);
    const wasSilent = before.deliveries === heard.deliveries;
    if (!wasSilent || !before.hasUntold || !outbox.hasUntold()) continue;
    // A log that can't be reached is silent too, whoever lives.
    const head = await log.head().catch(undefinedWhenUnavailable);
    if (head?.position === heard.position) return 'silence';
  }
  return undefined;
}

function undefinedWhenUnavailable(error: unknown): undefined {
  if (!(error instanceof LogUnavailable)) throw error;
}

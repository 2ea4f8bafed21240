/**
 * What a writer does about entries in its log that are not its own: another watcher that took over
 * says so first (WatchStarted), and then this one is no writer any more. Else an operator has
 * spoken: his word is heard, and the writer goes on after it.
 */
import type { Outbox } from './outbox.ts';
import type { Session } from './session.ts';

/**
 * True: this watcher is the writer still, and its outbox knows the log to its end. False as well
 * when the log was made anew or does not show what is wrong with it, or when the signal aborts.
 */
export async function hearOthers(
  { log, ledger, writer }: Session,
  outbox: Outbox,
  signal: AbortSignal,
): Promise<boolean> {
  const { head } = outbox;
  const heard = new AbortController();
  try {
    const either = AbortSignal.any([signal, heard.signal]);
    for await (const delivery of log.read({ kind: 'after', head }, either)) {
      if (delivery.kind === 'restarted') return false;
      if (delivery.kind === 'caught-up') return outbox.position !== head.position;
      for (const entry of delivery.entries) {
        const event = ledger.read(entry);
        if (event?.kind === 'watch-started' && event.writer !== writer) return false;
        outbox.readTo(entry);
        outbox.put(ledger.release());
      }
    }
  } finally {
    heard.abort();
  }
  return false;
}

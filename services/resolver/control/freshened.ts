/**
 * What this machine kept, with what the log has added since: it may be minutes old, and nobody is
 * to be told what was true then while the log is there to be asked.
 *
 *   kept at p ─► the log's entries after p, as far as it says them soon ─► the state at q
 */
import type { Clock } from '../../../libs/clock/clock.ts';
import { isRemoval } from '../../../libs/event/codec.ts';
import type { EventLog } from '../../../libs/log/log.ts';
import { headAt } from '../../../libs/log/mark.ts';
import type { FactSnapshot } from '../../../libs/store/store.ts';

/**
 * What is kept is answered after this time, whatever the log does: one that is there took 4 to 80
 * ms to be read on two busy cores, once 164. Sockets open later than that, so no answer is late.
 */
export const FRESH_WITHIN_MS = 100;

export interface Freshened {
  readonly snapshot: FactSnapshot;
  /** The log has said all that it has. */
  readonly isFresh: boolean;
}

export async function freshened(
  kept: FactSnapshot,
  eventLog: EventLog,
  clock: Clock,
  signal: AbortSignal,
): Promise<Freshened> {
  const facts = new Map(kept.facts);
  let { head } = kept;
  const ended = new AbortController();
  const isLate = Promise.withResolvers<undefined>();
  const late = clock.after(FRESH_WITHIN_MS, () => isLate.resolve(undefined));
  const reading = eventLog
    .read({ kind: 'after', head }, AbortSignal.any([signal, ended.signal]))
    [Symbol.asyncIterator]();
  try {
    for (;;) {
      // A server without a leader answers nothing, and a question takes as long as it may.
      const next = await Promise.race([isLate.promise, reading.next()]);
      if (next === undefined || next.done === true) break;
      const { value: delivery } = next;
      // Whoever reads on from there is told the same, and folds it aside.
      if (delivery.kind === 'restarted') return { snapshot: kept, isFresh: true };
      if (delivery.kind === 'caught-up') return { snapshot: { head, facts }, isFresh: true };
      for (const { subject, data } of delivery.entries) {
        if (isRemoval(data)) facts.delete(subject);
        else facts.set(subject, data);
      }
      const last = delivery.entries.at(-1);
      if (last !== undefined) head = headAt(head.incarnation, last);
    }
  } finally {
    late.cancel();
    ended.abort();
    void reading.return?.();
  }
  return { snapshot: { head, facts }, isFresh: false };
}

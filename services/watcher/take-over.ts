/**
 * Becoming the writer of a log: read what it was told, then append WatchStarted at its end. That
 * append is the whole take-over: the writer before meets a conflict, and steps down.
 *
 *   head ─► last entry per subject ─► caught up ─► WatchStarted ─► appended: writer
 *                     ▲                                 │
 *                     └── what came meanwhile ◄─────────┴ conflict
 *                                   └─► another's WatchStarted among it: standby
 */
import type { Head, StoredEntry } from '../../libs/log/log.ts';
import { type Session, untilAvailable, writeEntry } from './session.ts';

export interface Beginning {
  readonly role: 'writer' | 'standby';
  /** Up to here the ledger knows the log. */
  readonly head: Head;
}

/**
 * How often WatchStarted is tried against a writer that goes on appending. Each time its entries
 * are delivered within milliseconds; who loses all of these had better wait.
 */
const ATTEMPTS_MAX = 10;

/**
 * Fills the session's new ledger. Undefined if the signal aborts, or the log is made anew, before
 * there is an outcome.
 */
export async function takeOver(
  session: Session,
  signal: AbortSignal,
): Promise<Beginning | undefined> {
  const { log, ledger, writer } = session;
  const begin = await untilAvailable(session, signal, () => log.head());
  if (begin === undefined) return undefined;
  const { incarnation } = begin;
  let position = 0;
  let isCaughtUp = false;
  let isRivalStarted = false;
  let attempts = 0;
  const read = (entry: StoredEntry) => {
    const event = ledger.read(entry);
    const isStart = event?.kind === 'watch-started' && event.writer !== writer;
    isRivalStarted ||= isCaughtUp && isStart;
    position = entry.position;
  };
  for await (const delivery of log.read({ kind: 'last-per-subject' }, signal)) {
    if (delivery.kind === 'restarted') return undefined;
    if (delivery.kind === 'entries') {
      delivery.entries.forEach(read);
    } else {
      isCaughtUp = true;
      position = Math.max(position, delivery.position);
    }
    if (!isCaughtUp) continue;
    if (isRivalStarted || attempts === ATTEMPTS_MAX) {
      return { role: 'standby', head: { incarnation, position } };
    }
    attempts++;
    const started = await start(session, { incarnation, position }, signal);
    if (started !== undefined) {
      return { role: 'writer', head: { incarnation, position: started } };
    }
    // Another log has been read than the one whose head was asked for: nobody need write to it.
    const now = await untilAvailable(session, signal, () => log.head());
    if (now?.incarnation !== incarnation) return undefined;
  }
  return undefined;
}

/** Position of this watcher's WatchStarted; undefined on a conflict, or if the signal aborts. */
async function start(
  session: Session,
  { incarnation, position: previous }: Head,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { log, ledger, writer } = session;
  const { event, entry } = writeEntry(session, { kind: 'watch-started', writer, previous });
  const outcome = await untilAvailable(session, signal, () =>
    log.append(previous, [entry], incarnation),
  );
  if (outcome?.kind !== 'appended') return undefined;
  const position = outcome.positions[0];
  if (position !== undefined) ledger.stored(entry.subject, event, position);
  return position;
}

/**
 * Becoming the writer of a log: read what it was told, then append WatchStarted at its end. That
 * append is the whole take-over: the writer before meets a conflict, and steps down.
 *
 *   head ─► last entry per subject ─► caught up ─► WatchStarted ─► appended: writer
 *                     ▲                                 │
 *                     └── what came meanwhile ◄─────────┴ conflict
 *                                   └─► another's WatchStarted among it: standby
 */
import type { Head, Position, StoredEntry } from '../../libs/log/log.ts';
import { headAt } from '../../libs/log/mark.ts';
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
  let last: StoredEntry | undefined;
  let caughtUpAt: Position | undefined;
  let isRivalStarted = false;
  let attempts = 0;
  const read = (entry: StoredEntry) => {
    const event = ledger.read(entry);
    const isStart = event?.kind === 'watch-started' && event.writer !== writer;
    isRivalStarted ||= caughtUpAt !== undefined && isStart;
    last = entry;
  };
  for await (const delivery of log.read({ kind: 'last-per-subject' }, signal)) {
    if (delivery.kind === 'restarted') return undefined;
    if (delivery.kind === 'entries') {
      delivery.entries.forEach(read);
    } else {
      caughtUpAt = delivery.position;
    }
    if (caughtUpAt === undefined) continue;
    const head = endOf(incarnation, last, caughtUpAt);
    if (isRivalStarted || attempts === ATTEMPTS_MAX) return { role: 'standby', head };
    attempts++;
    const started = await start(session, head, signal);
    if (started !== undefined) return { role: 'writer', head: started };
    // Another log has been read than the one whose head was asked for, or one that has lost its
    // end since: nobody need write to it.
    const now = await untilAvailable(session, signal, () => log.head());
    if (now?.incarnation !== incarnation || now.position < head.position) return undefined;
  }
  return undefined;
}

/** History may have lost the last entry, but not its position. */
function endOf(incarnation: string, last: StoredEntry | undefined, position: Position): Head {
  if (last === undefined || last.position < position) return { incarnation, position };
  return headAt(incarnation, last);
}

/** Where this watcher's WatchStarted is; undefined on a conflict, or if the signal aborts. */
async function start(
  session: Session,
  { incarnation, position: previous, mark }: Head,
  signal: AbortSignal,
): Promise<Head | undefined> {
  const { log, ledger, writer } = session;
  const { event, entry } = writeEntry(session, { kind: 'watch-started', writer, previous });
  const outcome = await untilAvailable(session, signal, () =>
    log.append(previous, [entry], incarnation, mark),
  );
  if (outcome?.kind !== 'appended') return undefined;
  const position = outcome.positions[0];
  if (position === undefined) return undefined;
  ledger.stored(entry.subject, event, position);
  return headAt(incarnation, { ...entry, position });
}

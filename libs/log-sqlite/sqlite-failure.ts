/**
 * SQLite's failures in the house's words: a damaged file is for a person to mend, a full disk is
 * worth a retry.
 */
import { LogUnavailable } from '../log/log.ts';

/** Primary result codes, https://www.sqlite.org/rescode.html */
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;
const SQLITE_BUSY = 5;
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;

export function sayWhy(attempt: string, error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  const code = resultCodeOf(error);
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) {
    const text = `${attempt}: it is damaged (${message}); expected an SQLite database of Isthmus.`;
    return new Error(`${text} Move it away to begin a new log`, { cause: error });
  }
  const isPassing = code === SQLITE_BUSY || code === SQLITE_IOERR || code === SQLITE_FULL;
  const Kind = isPassing ? LogUnavailable : Error;
  return new Kind(`${attempt}: ${message}`, { cause: error });
}

/** The primary result code, without what extends it; undefined if the error is none of SQLite's. */
export function resultCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

export function isBusy(error: unknown): boolean {
  return resultCodeOf(error) === SQLITE_BUSY;
}

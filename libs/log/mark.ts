/**
 * By what the entry at a position is known again: a log that lost its end may have gone on, and
 * reach the position a second time with another entry.
 */
import { createHash } from 'node:crypto';
import type { Head, StoredEntry } from './log.ts';

/** Of SHA-256, 6 bits each. */
const MARK_CHARACTERS = 16;

export function markOf({ subject, data }: Pick<StoredEntry, 'subject' | 'data'>): string {
  const hash = createHash('sha256').update(subject).update('\n').update(data);
  return hash.digest('base64url').slice(0, MARK_CHARACTERS);
}

/** The place of an entry in a log. */
export function headAt(incarnation: string, entry: StoredEntry): Required<Head> {
  return { incarnation, position: entry.position, mark: markOf(entry) };
}

/**
 * Whether the entry that stands at a position may be the one that stood there. Where there is none,
 * history has lost it, which proves nothing.
 */
export function mayBeMarked(
  mark: string | undefined,
  there: Pick<StoredEntry, 'subject' | 'data'> | null | undefined,
): boolean {
  if (mark === undefined || there === null || there === undefined) return true;
  return markOf(there) === mark;
}

/** What the tests of the contract share: entries to append, and what positions come to. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { AppendOutcome, Entry, EventLog, Head, Position, StoredEntry } from './log.ts';

/** The federation of the subjects that the tests append to. */
export const FEDERATION = 'contract';

export function entry(cluster: string, tail: string, text: string): Entry {
  const subject = `isthmus.${FEDERATION}.${cluster}.${tail}`;
  return { subject, data: new TextEncoder().encode(text), id: randomUUID() };
}

/** A new cluster's log, opened twice: as by two processes, where the medium allows for that. */
export type NewLog = () => {
  log: EventLog;
  other: EventLog;
  put: Put;
  /** Texts of a reader that began with the last of each subject, as the medium may give them. */
  startOf: (entries: readonly StoredEntry[]) => readonly string[];
};
export type Put = (tail: string, text: string) => Entry;

export function positionsOf(outcome: AppendOutcome): readonly Position[] {
  assert.equal(outcome.kind, 'appended', JSON.stringify(outcome));
  return outcome.positions;
}

export function last(positions: readonly Position[]): Position {
  return positions.at(-1) ?? assert.fail('no position');
}

/** From where a reader gets all that is kept. */
export async function replayOf(log: EventLog): Promise<Head> {
  return { incarnation: (await log.head()).incarnation, position: 0 };
}

export function assertGrows(positions: readonly Position[]): void {
  for (const [i, position] of positions.entries()) {
    assert.ok(i === 0 || position > (positions[i - 1] ?? 0), `${positions.slice(0, i + 1)}`);
  }
}

export function textsOf(entries: readonly StoredEntry[]): readonly string[] {
  return entries.map(({ data }) => new TextDecoder().decode(data));
}

/** Without those that a later one of their subject follows. */
export function lastOfEach(entries: readonly StoredEntry[]): readonly StoredEntry[] {
  return entries.filter(
    ({ subject }, i) => !entries.slice(i + 1).some((later) => later.subject === subject),
  );
}

export function fromTo(first: number, end: number): readonly number[] {
  return Array.from({ length: Math.max(0, end - first + 1) }, (_, i) => first + i);
}

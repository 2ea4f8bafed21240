/**
 * The names of the stress test, and what their answers are made of: the version that the writer
 * put stands in each record twice or more, so that a mixture of two answers shows.
 */
import type { RR } from '../dns/rrset.ts';
import type { TableAnswer } from './table-answer.ts';

export const APEX = 'churn.test.';
export const NOW_SECONDS = 1_790_000_000;

/** Own names; cached ones; those that are sometimes the one, sometimes the other. */
export type StressKind = 'own' | 'cached' | 'either';

export interface StressQuestion {
  readonly kind: StressKind;
  /** Of the name, and in its records. */
  readonly number: number;
  readonly name: string;
  readonly type: 'A' | 'AAAA';
}

/** Own names below this number are always there. */
export const KEPT = 100;
const COUNTS: Readonly<Record<StressKind, number>> = { own: 300, cached: 100, either: 50 };

export const QUESTIONS: readonly StressQuestion[] = [
  ...questionsOf('own', (i) => `n${i}.${APEX}`, ['A']),
  ...questionsOf('cached', (i) => `c${i}.cached.example.`, ['A', 'AAAA']),
  ...questionsOf('either', (i) => `e${i}.${APEX}`, ['A', 'AAAA']),
];

function questionsOf(
  kind: StressKind,
  name: (i: number) => string,
  types: readonly StressQuestion['type'][],
): readonly StressQuestion[] {
  return Array.from({ length: COUNTS[kind] }, (_, number) => number).flatMap((number) =>
    types.map((type) => ({ kind, number, name: name(number), type })),
  );
}

/** Own answers have as TTL their version; cached ones are a second old, and have it by then. */
export function stressAnswer(
  { number, name, type }: StressQuestion,
  version: number,
  isCached: boolean,
): TableAnswer {
  const low = [number >> 8, number & 255, (version >> 8) & 255, version & 255];
  const rdata = type === 'A' ? low.join('.') : `fd00::${number.toString(16)}:${hex(version)}`;
  const record: RR = { name, type, ttl: isCached ? version + 1 : version, rdata };
  const times = { saidAtSeconds: NOW_SECONDS - 1, expiresAtSeconds: NOW_SECONDS + 60 };
  return {
    type,
    authoritative: !isCached,
    answer: [record, record, record],
    authority: [],
    additional: [],
    rotate: true,
    ...(isCached ? { cached: { ...times, denial: false } } : {}),
  };
}

function hex(version: number): string {
  return (version & 0xffff).toString(16);
}

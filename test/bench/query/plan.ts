/**
 * What of the bench is to be run, from its words:
 *
 *   npm run bench -- query [ROUNDS] [WORDS…]
 *
 * A word names a mix, a server, a load, or on how many cores; what a kind has no word for is run
 * whole. Knot always runs, since all is told as a ratio to it.
 */
import { MIXES, type Mix } from './questions.ts';

export const SERVER_WORDS = ['floor', 'knot', 'nsd', 'unbound', 'coredns', 'isthmus'] as const;
export type ServerWord = (typeof SERVER_WORDS)[number];

/** One thread on a core of its own, or as many as there are cores, left to the scheduler. */
export const CORES_WORDS = ['one', 'all'] as const;
export type CoresWord = (typeof CORES_WORDS)[number];

/**
 *   saturated   100 questions are out at any time
 *   5000        5,000 a second, at random times: where real clusters live
 *   half        half of what Knot could answer, at random times
 */
export const LOAD_WORDS = ['saturated', '5000', 'half'] as const;
export type LoadWord = (typeof LOAD_WORDS)[number];

export interface Plan {
  readonly rounds: number;
  readonly mixes: readonly Mix[];
  readonly servers: readonly ServerWord[];
  readonly cores: readonly CoresWord[];
  readonly loads: readonly LoadWord[];
}

const ROUNDS = 5;
const ROUNDS_MAX = 99;
const ALL_WORDS: readonly string[] = [...MIXES, ...SERVER_WORDS, ...CORES_WORDS, ...LOAD_WORDS];

export function planOf(words: readonly string[]): Plan {
  const [first = '', ...others] = words;
  const isCount = /^\d{1,2}$/.test(first);
  const rounds = isCount ? Number(first) : ROUNDS;
  if (rounds < 1) {
    throw new Error(`Cannot run "${first}" rounds: expected a number from 1 to ${ROUNDS_MAX}`);
  }
  const chosen = isCount ? others : words;
  const unknown = chosen.find((word) => !ALL_WORDS.includes(word));
  if (unknown !== undefined) {
    const expected = `expected one of: ${ALL_WORDS.join(', ')}`;
    throw new Error(`Cannot run "${unknown}": the query bench knows no such word; ${expected}`);
  }
  const only = <T extends string>(all: readonly T[]) => {
    const named = all.filter((word) => chosen.includes(word));
    return named.length > 0 ? named : all;
  };
  return {
    rounds,
    mixes: only(MIXES),
    servers: SERVER_WORDS.filter((word) => word === 'knot' || only(SERVER_WORDS).includes(word)),
    cores: only(CORES_WORDS),
    loads: only(LOAD_WORDS),
  };
}

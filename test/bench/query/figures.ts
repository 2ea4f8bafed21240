/**
 * From what cells measured to the figures of the tables. A ratio is taken within each round, of two
 * servers that had their turns one after the other; of the rounds it is the median. So a machine
 * that slows down for a minute changes the figures, but hardly the ratios.
 */
import { median } from '../quantile.ts';
import type { Load } from './load-client.ts';
import type { CoresWord, LoadWord, ServerWord } from './plan.ts';
import type { Mix } from './questions.ts';

export interface Cell {
  readonly cores: CoresWord;
  readonly mix: Mix;
  readonly load: LoadWord;
}

export interface Measured extends Cell {
  readonly word: ServerWord;
  readonly title: string;
  readonly round: number;
  readonly result: Load;
}

export type Figure = (load: Load) => number;

export const cpuUsPerQuery: Figure = ({ cpuUs, answered }) => cpuUs / answered;
export const queriesPerSecond: Figure = ({ answered, seconds }) => answered / seconds;
export const p50Us: Figure = (load) => load.p50Us;
export const p99Us: Figure = (load) => load.p99Us;

/** The rounds of one server in one cell. Those with wrong answers count for nothing. */
export function resultsOf(
  all: readonly Measured[],
  { cores, mix, load }: Cell,
  word: ServerWord,
): ReadonlyMap<number, Load> {
  const own = all.filter(
    (one) =>
      one.word === word &&
      one.cores === cores &&
      one.mix === mix &&
      one.load === load &&
      one.result.wrong === 0 &&
      one.result.answered > 0,
  );
  return new Map(own.map(({ round, result }) => [round, result]));
}

/** NaN of no round. */
export function medianOf(results: ReadonlyMap<number, Load>, figure: Figure): number {
  return median([...results.values()].map(figure));
}

/** NaN when no round has both. */
export function pairedRatio(
  results: ReadonlyMap<number, Load>,
  base: ReadonlyMap<number, Load>,
  figure: Figure,
): number {
  const ratios = [...results].flatMap(([round, result]) => {
    const other = base.get(round);
    return other === undefined ? [] : [figure(result) / figure(other)];
  });
  return median(ratios);
}

/** Quantiles by the nearest rank: a value that was measured, none between two. */

/** NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { p50: median(values), p99: quantile(values, 0.99), worst: quantile(values, 1) };
}

/** The median of each figure over several runs. */
export function medianSpread(runs: readonly Spread[]): Spread {
  const of = (figure: keyof Spread) => median(runs.map((run) => run[figure]));
  return { p50: of('p50'), p99: of('p99'), worst: of('worst') };
}

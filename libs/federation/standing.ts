/**
 * How much a cluster's word counts now, by what the control log says of it. Nothing here asks a
 * clock: that a cluster is stale or lost is an event.
 *
 *   live ─► stale ─► lost        heard of late, for a while not, for so long that it counts as gone
 *   drained                      an operator's word, whatever else it is
 */

export type Standing = 'live' | 'stale' | 'lost';

/** What becomes of stale clusters in answers that others can give too. */
export type StalePolicy =
  /** As live ones. */
  | 'serve'
  /** Where no live one is ready. */
  | 'last'
  /** As lost ones. */
  | 'drop';

/** Who answers before whom; a later one only where no earlier one is ready. */
export const FIRST = 0;
export const LAST = 1;
/** After all that are not drained. */
export const DRAINED = 2;
/** Only where nobody else knows the name at all. */
export const GONE = 3;
export const RANKS = [FIRST, LAST, DRAINED, GONE] as const;
export type Rank = (typeof RANKS)[number];

interface Placed {
  readonly cluster: string;
  readonly standing: Standing;
  readonly isDrained: boolean;
}

/**
 * The home cluster is not put last for being stale: who asks is there, and an API server that is
 * away for a minute does not keep its pods from serving.
 */
export function rankOf(
  { cluster, standing, isDrained }: Placed,
  home: string,
  policy: StalePolicy,
): Rank {
  if (standing === 'lost') return GONE;
  const isDropped = standing === 'stale' && policy === 'drop' && cluster !== home;
  if (isDropped) return GONE;
  if (isDrained) return DRAINED;
  return standing === 'stale' && policy === 'last' && cluster !== home ? LAST : FIRST;
}

/** Those that count: who is gone does only where there is nobody else. */
export function thereOf<C extends { readonly rank: Rank }>(candidates: readonly C[]): readonly C[] {
  const there = candidates.filter(({ rank }) => rank !== GONE);
  return there.length > 0 ? there : candidates;
}

/** Which of the clusters that could answer for a Service do, by a selection and for who asks. */
import type { Asker } from './asker.ts';
import type { Candidate, Chosen } from './candidate.ts';
import { nearestOf } from './nearest.ts';
import { isNearest, type Selection, weightIn } from './selection.ts';
import { RANKS, thereOf } from './standing.ts';

/**
 * The members of the first group that has any of those that `counts` takes: among the clusters that
 * stand best, else among those that stand next.
 */
export function firstGroup<C extends Candidate>(
  selection: Selection,
  asker: Asker,
  candidates: readonly C[],
  counts: (candidate: C) => boolean,
): readonly Chosen<C>[] {
  const there = thereOf(candidates);
  for (const rank of RANKS) {
    for (const group of selection) {
      const members = there.flatMap((candidate) => {
        if (candidate.rank !== rank) return [];
        const weight = weightIn(group, asker.home, candidate.cluster);
        return weight !== undefined && counts(candidate) ? [{ candidate, weight }] : [];
      });
      const near = isNearest(group) ? nearestOf(members, asker) : members;
      if (near.length > 0) return near;
      // Nothing is near, and no group follows that says what then.
      if (members.length > 0 && group === selection.at(-1)) return members;
    }
  }
  return [];
}

/** Those that answer: of the first group with a ready endpoint. */
export function chosenOf<C extends Candidate>(
  selection: Selection,
  asker: Asker,
  candidates: readonly C[],
): readonly Chosen<C>[] {
  return firstGroup(selection, asker, candidates, ({ ready }) => ready.length > 0);
}

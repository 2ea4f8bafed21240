/**
 * Of clusters that could answer, what is nearest to who asks: only the endpoints there are. An
 * endpoint is near with all its addresses or with none, so that A and AAAA choose the same.
 */

import type { Asker } from './asker.ts';
import type { Candidate, Chosen } from './candidate.ts';
import { type Distance, FAR } from './place.ts';

/** None: nothing is near, or it is not known what is. */
export function nearestOf<C extends Candidate>(
  members: readonly Chosen<C>[],
  { home, distanceTo }: Asker,
): readonly Chosen<C>[] {
  if (distanceTo === undefined) return [];
  const measured = members.map((member) => {
    const { cluster, ready } = member.candidate;
    const far = new Map<string, Distance>();
    // Where nobody is ready, the cluster IP of its own cluster is the one to wait for.
    let nearest = ready.length === 0 && cluster === home ? FAR - 1 : FAR;
    for (const one of ready) {
      const here = Math.min(far.get(one.endpoint) ?? FAR, distanceTo(one));
      far.set(one.endpoint, here);
      nearest = Math.min(nearest, here);
    }
    return { member, far, nearest };
  });
  const nearest = measured.reduce((least, one) => Math.min(least, one.nearest), FAR);
  if (nearest === FAR) return [];
  return measured.flatMap(({ member, far, nearest: own }) => {
    if (own !== nearest) return [];
    const { candidate } = member;
    const ready = candidate.ready.filter(({ endpoint }) => far.get(endpoint) === nearest);
    return [{ ...member, candidate: { ...candidate, ready } }];
  });
}

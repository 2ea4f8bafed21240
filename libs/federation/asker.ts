/** Who asks, as far as answers depend on it. */
import type { ReadyAddress } from './endpoints.ts';
import type { ClusterStates } from './indexed-states.ts';
import { placeOfEndpoint } from './known-places.ts';
import { type Distance, distance, type Place } from './place.ts';
import { isPerClient, type Selection } from './selection.ts';

export interface Asker {
  /** `home` in a selection: the cluster whose cluster IPs it reaches. */
  readonly home: string;
  /** Of what is ready. Undefined: it is not known where it is. */
  readonly distanceTo?: (one: ReadyAddress) => Distance;
}

/**
 * For a selection that depends on who asks: a client that is known to be in another cluster is at
 * home there. For all others the home cluster's clients ask. `place`: undefined where that is not
 * known.
 */
export function askerFor(
  selection: Selection,
  place: Place | undefined,
  home: string,
  states: ClusterStates,
): Asker {
  if (place === undefined || !isPerClient(selection)) return { home };
  return {
    home: place.cluster ?? home,
    distanceTo: (one) => distance(place, placeOfEndpoint(states, one)),
  };
}

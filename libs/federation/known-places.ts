/**
 * Where a client and an endpoint are, by what clusters and the operator say.
 *
 *   client's address ─► the pod that has it ─► its node ─► topology zone, region
 *                   └─► the node that has it ──┘
 *                   └─► networks of the Corefile, for what these do not say
 *
 * What nobody says is not guessed, but that a zone lies in the region of its nodes, and that what a
 * cluster does not place is where all of its nodes are, if that is one place.
 */
import { parseAddress } from '../dns/address.ts';
import type { NodeObject } from '../event/object.ts';
import type { ClientNetworks } from './client-networks.ts';
import type { ClusterState } from './cluster-state.ts';
import type { ReadyAddress } from './endpoints.ts';
import type { ClusterStates } from './indexed-states.ts';
import type { Place } from './place.ts';

/** Of whom it can be told where they are. */
export interface Clients {
  /** Its pods and nodes count before those of others that have the same addresses. */
  readonly home: string;
  readonly networks: ClientNetworks;
}

/** Undefined: nothing is known of it. */
export function placeOfClient(
  { home, networks }: Clients,
  states: ClusterStates,
  address: string,
): Place | undefined {
  const canonical = parseAddress(address)?.text;
  if (canonical === undefined) return undefined;
  const said = networks.find(canonical);
  const found = foundIn(states, said?.cluster, home, canonical);
  if (said === undefined && found === undefined) return undefined;
  const cluster = said?.cluster ?? found?.cluster;
  const { topologyZone, topologyRegion } = found?.node ?? {};
  return completed(cluster === undefined ? undefined : states.get(cluster), {
    cluster,
    topologyZone: topologyZone ?? said?.topologyZone,
    topologyRegion: topologyRegion ?? said?.topologyRegion,
  });
}

/** An endpoint's own zone counts, then its node's. */
export function placeOfEndpoint(states: ClusterStates, one: ReadyAddress): Place {
  const { cluster, node } = one;
  const state = states.get(cluster);
  const known = node === undefined ? undefined : state?.nodes.get(node);
  const { topologyZone, topologyRegion } = known ?? {};
  return completed(state, {
    cluster,
    topologyZone: one.topologyZone ?? topologyZone,
    topologyRegion,
  });
}

/** In the cluster that is said; else in home; else in the only one that has the address. */
function foundIn(states: ClusterStates, said: string | undefined, home: string, address: string) {
  const first = states.get(said ?? home);
  const found = first && nodeOf(first, address);
  if (found !== undefined || said !== undefined) return found;
  let only: ReturnType<typeof nodeOf>;
  for (const state of states.values()) {
    if (state === first) continue;
    const another = nodeOf(state, address);
    if (another === undefined) continue;
    if (only !== undefined) return undefined;
    only = another;
  }
  return only;
}

/** No node where several may have it. Undefined: the cluster has no such address. */
function nodeOf(
  { cluster, pods, podsOfAddress, nodes, nodePlaces }: ClusterState,
  address: string,
): { readonly cluster: string; readonly node: NodeObject | undefined } | undefined {
  const keys = podsOfAddress.sorted(address);
  const own = nodePlaces.at(address);
  if (keys.length === 0 && own.length === 0) return undefined;
  const theirs = keys.flatMap((key) => pods.get(key)?.node ?? []);
  const [name, second] = new Set([...theirs, ...own]);
  const isOne = name !== undefined && second === undefined;
  return { cluster, node: isOne ? nodes.get(name) : undefined };
}

function completed(state: ClusterState | undefined, place: Place): Place {
  const { cluster, topologyZone, topologyRegion } = place;
  const places = state?.nodePlaces;
  if (places === undefined || (topologyZone !== undefined && topologyRegion !== undefined)) {
    return place;
  }
  const ofZone = topologyZone === undefined ? undefined : places.regionOfZone(topologyZone);
  return {
    cluster,
    topologyZone: topologyZone ?? places.onlyZone,
    topologyRegion: topologyRegion ?? ofZone ?? places.onlyRegion,
  };
}

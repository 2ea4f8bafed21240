/**
 * The states of many clusters, and which of them have ever said anything of a namespace: names of a
 * Service are made by asking those alone, however many clusters there are.
 *
 * Whoever folds tells it of the groups that changed. A cluster that has nothing there any more may
 * be among them.
 */
import type { ClusterState } from './cluster-state.ts';
import type { Group } from './group.ts';
import { MultiMap } from './multi-map.ts';

/** The states of the clusters, by name. */
export type ClusterStates = ReadonlyMap<string, ClusterState>;

const SERVICE = 'service/';
const NAMESPACE = 'namespace/';

export class IndexedStates extends Map<string, ClusterState> {
  readonly #heard = new MultiMap();

  /** What the cluster says of these groups has changed. */
  heard(cluster: string, groups: Iterable<Group>): void {
    for (const group of groups) {
      const namespace = namespaceOf(group);
      if (namespace !== undefined) this.#heard.add(namespace, cluster);
    }
  }

  *in(namespace: string): Generator<ClusterState> {
    for (const cluster of this.#heard.get(namespace)) {
      const state = this.get(cluster);
      if (state !== undefined) yield state;
    }
  }
}

/** Those that may have something in the namespace. */
export function statesIn(states: ClusterStates, namespace: string): Iterable<ClusterState> {
  return states instanceof IndexedStates ? states.in(namespace) : states.values();
}

/** As parseGroup, for each group of each event: without its pieces. */
function namespaceOf(group: Group): string | undefined {
  if (group.startsWith(SERVICE)) {
    return group.slice(SERVICE.length, group.indexOf('/', SERVICE.length));
  }
  return group.startsWith(NAMESPACE) ? group.slice(NAMESPACE.length) : undefined;
}

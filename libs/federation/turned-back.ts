/**
 * What names were before some events, and what they are: for who has to tell the difference.
 *
 *   state now ── objects as they were ──► names then ── objects as they are ──► names now
 *
 * The state is turned back and forth again before anybody else can look at it, which costs as much
 * as the events and not as much as the cluster.
 */
import type { RRset } from '../dns/rrset.ts';
import type { Event } from '../event/event.ts';
import type { ObjectRef } from '../event/object.ts';
import { apexNames, zonesOf } from './apex.ts';
import { type ClusterState, evolve, objectOf } from './cluster-state.ts';
import { namesOfGroup } from './federation.ts';
import type { Group } from './group.ts';
import type { ClusterStates } from './indexed-states.ts';
import type { FederationConfig } from './layer.ts';

/** By name; a name that is not there then, or now, is missing. */
export interface Turned {
  readonly then: ReadonlyMap<string, readonly RRset[]>;
  readonly now: ReadonlyMap<string, readonly RRset[]>;
}

/** `earlier`: of each object that changed since, what was said of it last before. */
export function turnedBack(
  config: FederationConfig,
  states: ClusterStates,
  state: ClusterState,
  earlier: readonly Event[],
): Turned {
  const { position } = state;
  const current = earlier.flatMap((event) => {
    const ref = event.kind === 'observed' ? event.object : event.kind === 'removed' && event.ref;
    return ref ? [currentEvent(state, ref)] : [];
  });
  const groups = new Set<Group>();
  for (const event of earlier)
    for (const group of evolve(state, event, position)) groups.add(group);
  const then = namesOf(config, states, groups);
  for (const event of current)
    for (const group of evolve(state, event, position)) groups.add(group);
  return { then, now: namesOf(config, states, groups) };
}

function currentEvent(state: ClusterState, ref: ObjectRef): Event {
  const object = objectOf(state, ref);
  return object === undefined ? { kind: 'removed', ref } : { kind: 'observed', object };
}

/** The zones' own names too: a Service may front the name server. */
function namesOf(
  config: FederationConfig,
  states: ClusterStates,
  groups: Iterable<Group>,
): Map<string, readonly RRset[]> {
  const all = new Map<string, readonly RRset[]>();
  for (const group of groups) {
    for (const [name, rrsets] of namesOfGroup(config, states, group)) all.set(name, rrsets);
  }
  for (const zone of zonesOf(config)) {
    const { names, owned } = apexNames(config, states, 0, zone);
    for (const name of owned) all.set(name, names.get(name) ?? []);
  }
  return all;
}

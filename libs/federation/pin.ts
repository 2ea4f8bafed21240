/**
 * Pins of the control log → what the state of a cluster shows. See pinned-services.ts.
 */
import type { Pinned } from '../event/control.ts';
import type { ClusterObject } from '../event/object.ts';
import { type ClusterState, hide, show } from './cluster-state.ts';
import type { Group } from './group.ts';
import { serviceKeyOf } from './pinned-services.ts';

/** The pins that the cluster has from now on; returns the groups whose answers may have changed. */
export function setPins(state: ClusterState, pins: Iterable<Pinned>): readonly Group[] {
  const wanted = new Map<string, Pinned>();
  for (const one of pins) wanted.set(`${one.namespace}/${one.name}`, one);
  const groups: Group[] = [];
  for (const key of state.pins.keys()) {
    if (state.pins.get(key) !== wanted.get(key)) groups.push(...unpin(state, key));
  }
  for (const [key, one] of wanted) {
    if (state.pins.get(key) === undefined) groups.push(...pin(state, key, one));
  }
  return groups;
}

function pin(state: ClusterState, key: string, pinned: Pinned): readonly Group[] {
  const known = objectsOf(state, key);
  const hidden = known.flatMap((object) => hide(state, object));
  state.pins.set(key, pinned);
  for (const object of known) state.pins.keep(object);
  return hidden.concat(heldObjects(key, pinned).flatMap((object) => show(state, object)));
}

function unpin(state: ClusterState, key: string): readonly Group[] {
  const pinned = state.pins.get(key);
  if (pinned === undefined) return [];
  const hidden = heldObjects(key, pinned).flatMap((object) => hide(state, object));
  return hidden.concat(state.pins.release(key).flatMap((object) => show(state, object)));
}

/** What is shown of a Service that is not pinned. */
function objectsOf(state: ClusterState, key: string): readonly ClusterObject[] {
  const slices = state.slicesOfService.sorted(key).map((slice) => state.slices.get(slice));
  const others = [state.services.get(key), state.exports.get(key), state.imports.get(key)];
  return [...others, ...slices].filter((object) => object !== undefined);
}

/**
 * As they are shown. A slice gets a name that no object has, and that sorts as its own does: the
 * slice of that name may be another Service's by now, of the log or of another pin.
 */
function heldObjects(key: string, { objects }: Pinned): readonly ClusterObject[] {
  return objects
    .filter((object) => serviceKeyOf(object) === key)
    .map((object) => {
      if (object.kind !== 'EndpointSlice') return object;
      return { ...object, name: `${object.name} pinned for ${object.service}` };
    });
}

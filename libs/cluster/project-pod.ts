/** A Pod → its addresses, while it has any that are its own: until it is done. */
import type { ObjectRef, PodObject } from '../event/object.ts';
import { at, booleanOf, type Field, items, objectAt, textOf } from './field.ts';
import { addressOf, labelsIn } from './project-parts.ts';

/** The API has one a family; this is generous. */
const ADDRESSES_MAX = 16;

/**
 * Phases in which a pod's addresses may be another's by now. Unknown is one of them, as for
 * CoreDNS: its node fell silent.
 */
export const DONE_PHASES = ['Succeeded', 'Failed', 'Unknown'] as const;

export function isDone(root: Field): boolean {
  const phase = at(at(root, 'status'), 'phase').value;
  return DONE_PHASES.some((done) => done === phase);
}

export function projectPod(ref: ObjectRef, root: Field, metadata: Field): PodObject {
  const spec = objectAt(root, 'spec');
  const isOnHostNetwork = booleanOf(at(spec, 'hostNetwork'), false);
  const node = textOf(at(spec, 'nodeName'));
  const addresses = addressesOf(objectAt(root, 'status'));
  return {
    kind: 'Pod',
    namespace: ref.namespace,
    name: ref.name,
    addresses,
    ...(isOnHostNetwork ? { hostNetwork: true } : {}),
    // Where nobody can ask from it yet, that a node was found for it is no news.
    ...(node === '' || addresses.length === 0 ? {} : { node }),
    ...labelsIn(metadata),
  };
}

/** Objects older than dual-stack have `podIP` only; a pod without an address yet has neither. */
function addressesOf(status: Field): readonly string[] {
  const list = items(at(status, 'podIPs'), ADDRESSES_MAX).map((item) => at(item, 'ip'));
  const all = list.length > 0 ? list : [at(status, 'podIP')];
  return all.filter((field) => textOf(field) !== '').map(addressOf);
}

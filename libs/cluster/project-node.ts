/** A Node → where it is, and the addresses from which its processes ask. */
import { parseAddress } from '../dns/address.ts';
import type { NodeObject, ObjectRef } from '../event/object.ts';
import { at, type Field, items, objectAt, textOf } from './field.ts';

/** Some clouds list one for each interface and family. */
const ADDRESSES_MAX = 256;
const ADDRESS_TYPES: ReadonlySet<string> = new Set(['InternalIP', 'ExternalIP']);

export function projectNode({ name }: ObjectRef, root: Field, metadata: Field): NodeObject {
  const labels = objectAt(metadata, 'labels');
  const topologyZone = textOf(at(labels, 'topology.kubernetes.io/zone'));
  const topologyRegion = textOf(at(labels, 'topology.kubernetes.io/region'));
  const addresses = addressesOf(objectAt(root, 'status'));
  return {
    kind: 'Node',
    namespace: '',
    name,
    ...(topologyZone === '' ? {} : { topologyZone }),
    ...(topologyRegion === '' ? {} : { topologyRegion }),
    ...(addresses.length === 0 ? {} : { addresses }),
  };
}

/**
 * Sorted, as their order says nothing. The API lets a node say anything here: what is no address is
 * left out.
 */
function addressesOf(status: Field): readonly string[] {
  const addresses = items(at(status, 'addresses'), ADDRESSES_MAX).flatMap((item) => {
    const isAsking = ADDRESS_TYPES.has(textOf(at(item, 'type')));
    return isAsking ? (parseAddress(textOf(at(item, 'address')))?.text ?? []) : [];
  });
  return [...new Set(addresses)].sort();
}

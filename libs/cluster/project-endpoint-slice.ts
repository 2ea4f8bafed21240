/**
 * An EndpointSlice → the addresses behind a Service, or behind a ServiceImport from one other
 * cluster.
 */
import type { Endpoint, EndpointSliceObject, ObjectRef } from '../event/object.ts';
import { at, booleanOf, type Field, items, objectAt, textOf, wrong } from './field.ts';
import { isLabel } from './object-name.ts';
import { addressOf, compare, labelsIn, portsOf } from './project-parts.ts';

/** Both are limits of the API (discovery/v1). */
const ENDPOINTS_MAX = 1000;
const ADDRESSES_PER_ENDPOINT_MAX = 100;

const SERVICE_NAME = 'kubernetes.io/service-name';

export function projectEndpointSlice(
  ref: ObjectRef,
  root: Field,
  metadata: Field,
): EndpointSliceObject {
  const triggeredAt = textOf(
    at(objectAt(metadata, 'annotations'), 'endpoints.kubernetes.io/last-change-trigger-time'),
  );
  // Slices of the deprecated address type FQDN hold names, which are nobody's addresses.
  const hasAddresses = textOf(at(root, 'addressType')) !== 'FQDN';
  return {
    kind: 'EndpointSlice',
    namespace: ref.namespace,
    name: ref.name,
    ...serviceOf(objectAt(metadata, 'labels')),
    endpoints: hasAddresses
      ? items(at(root, 'endpoints'), ENDPOINTS_MAX).map(endpointOf).sort(compareEndpoints)
      : [],
    ports: portsOf(at(root, 'ports')),
    ...labelsIn(metadata, (key) => key !== SERVICE_NAME),
    ...(triggeredAt === '' ? {} : { triggeredAt }),
  };
}

/**
 * A slice of an import may also carry the label of the Service that its controller derived from the
 * import; the import is what people ask for. A slice of nothing has the service ''.
 */
function serviceOf(labels: Field): { readonly service: string; readonly sourceCluster?: string } {
  const imported = textOf(at(labels, 'multicluster.kubernetes.io/service-name'));
  const sourceCluster = textOf(at(labels, 'multicluster.kubernetes.io/source-cluster'));
  if (imported !== '' && sourceCluster !== '') return { service: imported, sourceCluster };
  return { service: textOf(at(labels, SERVICE_NAME)) };
}

function endpointOf(item: Field): Endpoint {
  const hostname = at(item, 'hostname');
  if (textOf(hostname) !== '' && !isLabel(textOf(hostname))) wrong(hostname, 'a DNS label');
  const target = objectAt(item, 'targetRef');
  const pod = textOf(at(target, 'kind')) === 'Pod' ? textOf(at(target, 'name')) : '';
  const node = textOf(at(item, 'nodeName'));
  const topologyZone = textOf(at(item, 'zone'));
  return {
    addresses: items(at(item, 'addresses'), ADDRESSES_PER_ENDPOINT_MAX).map(addressOf),
    ...(textOf(hostname) === '' ? {} : { hostname: textOf(hostname) }),
    ...(pod === '' ? {} : { pod }),
    ready: booleanOf(at(objectAt(item, 'conditions'), 'ready'), true),
    ...(node === '' ? {} : { node }),
    ...(topologyZone === '' ? {} : { topologyZone }),
  };
}

function compareEndpoints(a: Endpoint, b: Endpoint): number {
  return (
    compare(a.addresses.join(), b.addresses.join()) ||
    compare(a.hostname ?? '', b.hostname ?? '') ||
    compare(a.pod ?? '', b.pod ?? '') ||
    Number(a.ready) - Number(b.ready)
  );
}

/** A Service's spec and load balancer status → what its names answer with. */
import type { ObjectRef, ServiceObject } from '../event/object.ts';
import { at, booleanOf, type Field, items, objectAt, textOf, textsByKey, wrong } from './field.ts';
import { isHostName } from './object-name.ts';
import { addressOf, labelsIn, portsOf } from './project-parts.ts';

/** Annotations are free text of anyone's; only ours can mean something to us. */
const ANNOTATION_PREFIX = 'isthmus.dev/';
/** The API allows 2 cluster IPs; the others are bounded by the size of an object only. */
const ADDRESSES_MAX = 1000;
export function projectService(ref: ObjectRef, root: Field, metadata: Field): ServiceObject {
  const spec = objectAt(root, 'spec');
  const type = typeOf(at(spec, 'type'));
  const clusterIPs = clusterIPsOf(spec);
  const headless = type === 'ClusterIP' && clusterIPs[0]?.value === 'None';
  const externalName = type === 'ExternalName' ? externalNameOf(at(spec, 'externalName')) : '';
  const external = externalOf(root, spec);
  const annotations = textsByKey(at(metadata, 'annotations'), (key) =>
    key.startsWith(ANNOTATION_PREFIX),
  );
  return {
    kind: 'Service',
    namespace: ref.namespace,
    name: ref.name,
    type,
    clusterIPs: headless || type === 'ExternalName' ? [] : clusterIPs.map(addressOf),
    headless,
    ...(externalName === '' ? {} : { externalName }),
    ports: portsOf(at(spec, 'ports')),
    ...(external.length === 0 ? {} : { external }),
    ...(booleanOf(at(spec, 'publishNotReadyAddresses'), false)
      ? { publishNotReadyAddresses: true }
      : {}),
    ...(type !== 'ExternalName' && !hasSelector(spec) ? { selectorless: true } : {}),
    ...labelsIn(metadata),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/** Objects older than dual-stack have `clusterIP` only, and one not yet given an address has ''. */
function clusterIPsOf(spec: Field): readonly Field[] {
  const list = items(at(spec, 'clusterIPs'), ADDRESSES_MAX);
  const all = list.length > 0 ? list : [at(spec, 'clusterIP')];
  return all.filter((field) => textOf(field) !== '');
}

function hasSelector(spec: Field): boolean {
  return textsByKey(at(spec, 'selector'), () => true) !== undefined;
}

function typeOf(field: Field): ServiceObject['type'] {
  const type = textOf(field);
  switch (type) {
    case '':
      return 'ClusterIP';
    case 'ClusterIP':
    case 'NodePort':
    case 'LoadBalancer':
    case 'ExternalName':
      return type;
    default:
      wrong(field, 'ClusterIP, NodePort, LoadBalancer or ExternalName');
      return 'ClusterIP';
  }
}

function externalNameOf(field: Field): string {
  const name = textOf(field);
  if (!isHostName(name)) wrong(field, 'a domain name');
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

function externalOf(root: Field, spec: Field): readonly string[] {
  const loadBalancer = objectAt(objectAt(root, 'status'), 'loadBalancer');
  const ingress = items(at(loadBalancer, 'ingress'), ADDRESSES_MAX).flatMap((item) => {
    const hostname = at(item, 'hostname');
    if (textOf(hostname) !== '' && !isHostName(textOf(hostname))) wrong(hostname, 'a host name');
    const ip = at(item, 'ip');
    return [
      ...(ip.value === undefined ? [] : [addressOf(ip)]),
      ...(textOf(hostname) === '' ? [] : [textOf(hostname)]),
    ];
  });
  return [...items(at(spec, 'externalIPs'), ADDRESSES_MAX).map(addressOf), ...ingress];
}

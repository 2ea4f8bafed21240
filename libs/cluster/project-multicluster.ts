/** ServiceExport and ServiceImport of multicluster.x-k8s.io (KEP-1645), v1alpha1 and v1beta1. */
import type { ObjectRef, ServiceExportObject, ServiceImportObject } from '../event/object.ts';
import { at, type Field, items, objectAt, textOf, wrong } from './field.ts';
import { addressOf, labelsIn, portsOf } from './project-parts.ts';

/**
 * A file may leave the time of creation out, which an API never does: then the export is the
 * oldest.
 */
const UNKNOWN_CREATION = '1970-01-01T00:00:00Z';
/** Two in the KEP, one a family. */
const IPS_MAX = 16;

export function projectServiceExport(
  ref: ObjectRef,
  _root: Field,
  metadata: Field,
): ServiceExportObject {
  const created = at(metadata, 'creationTimestamp');
  const createdAt = textOf(created) || UNKNOWN_CREATION;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(createdAt)) {
    wrong(created, 'a time as in RFC 3339');
  }
  return {
    kind: 'ServiceExport',
    namespace: ref.namespace,
    name: ref.name,
    createdAt,
    ...labelsIn(metadata),
  };
}

export function projectServiceImport(ref: ObjectRef, root: Field): ServiceImportObject {
  const spec = objectAt(root, 'spec');
  return {
    kind: 'ServiceImport',
    namespace: ref.namespace,
    name: ref.name,
    type: typeOf(at(spec, 'type')),
    ips: items(at(spec, 'ips'), IPS_MAX).map(addressOf),
    ports: portsOf(at(spec, 'ports')),
  };
}

function typeOf(field: Field): ServiceImportObject['type'] {
  const type = textOf(field);
  if (type === 'ClusterSetIP' || type === 'Headless') return type;
  wrong(field, 'ClusterSetIP or Headless');
  return 'ClusterSetIP';
}

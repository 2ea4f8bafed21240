/** Where the kinds that Isthmus watches are in an API, for the servers and drivers of the tests. */
import type { ObjectKind, ObjectRef } from '../../libs/event/object.ts';

export interface RawObject {
  readonly apiVersion: string;
  readonly kind: ObjectKind;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

const PLURALS: Readonly<Record<ObjectKind, string>> = {
  Namespace: 'namespaces',
  Node: 'nodes',
  Pod: 'pods',
  Service: 'services',
  EndpointSlice: 'endpointslices',
  ServiceExport: 'serviceexports',
  ServiceImport: 'serviceimports',
};

const API_VERSIONS: Readonly<Record<ObjectKind, string>> = {
  Namespace: 'v1',
  Node: 'v1',
  Pod: 'v1',
  Service: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  ServiceExport: 'multicluster.x-k8s.io/v1alpha1',
  ServiceImport: 'multicluster.x-k8s.io/v1alpha1',
};

/** The path of the collection in one namespace, or of all when `namespace` is ''. */
export function collectionPath(
  kind: ObjectKind,
  namespace: string,
  apiVersion = API_VERSIONS[kind],
): string {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${base}${namespace === '' ? '' : `/namespaces/${namespace}`}/${PLURALS[kind]}`;
}

export function refOfRaw({ kind, metadata }: RawObject): ObjectRef {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name };
}

/** An object of the kind, with the fields beside metadata that a test wants. */
export function rawObject(
  kind: ObjectKind,
  namespace: string,
  name: string,
  fields: Readonly<Record<string, unknown>> = {},
  metadata: Readonly<Record<string, unknown>> = {},
): RawObject {
  const place = namespace === '' ? {} : { namespace };
  return {
    apiVersion: API_VERSIONS[kind],
    kind,
    metadata: { name, ...place, ...metadata },
    ...fields,
  };
}

/** Where each kind is in the Kubernetes API. RBAC needed for each: the verbs list and watch. */
import { DONE_PHASES } from '../cluster/project-pod.ts';
import type { ObjectKind } from '../event/object.ts';

export interface Resource {
  /** As RBAC and kubectl write it: resource.group. */
  readonly name: string;
  /** Paths of its collection in all namespaces, the version preferred first. */
  readonly paths: readonly [string, ...string[]];
  /** What does not match it is not told of, and what ceases to match is told of as deleted. */
  readonly fieldSelector?: string;
  /** Whether a cluster may well not have it: a CustomResourceDefinition. */
  readonly isOptional: boolean;
}

const MULTICLUSTER = [
  '/apis/multicluster.x-k8s.io/v1beta1',
  '/apis/multicluster.x-k8s.io/v1alpha1',
];

export const RESOURCES: Readonly<Record<ObjectKind, Resource>> = {
  Namespace: builtIn('namespaces', '/api/v1/namespaces'),
  Node: builtIn('nodes', '/api/v1/nodes'),
  Pod: {
    ...builtIn('pods', '/api/v1/pods'),
    fieldSelector: DONE_PHASES.map((phase) => `status.phase!=${phase}`).join(),
  },
  Service: builtIn('services', '/api/v1/services'),
  EndpointSlice: builtIn(
    'endpointslices.discovery.k8s.io',
    '/apis/discovery.k8s.io/v1/endpointslices',
  ),
  ServiceExport: multicluster('serviceexports'),
  ServiceImport: multicluster('serviceimports'),
};

/** What of the collection is wanted, as parameters of a request. */
export function selectionOf({ fieldSelector }: Resource): Readonly<Record<string, string>> {
  return fieldSelector === undefined ? {} : { fieldSelector };
}

function builtIn(name: string, path: string): Resource {
  return { name, paths: [path], isOptional: false };
}

function multicluster(plural: string): Resource {
  const [beta = '', alpha = ''] = MULTICLUSTER;
  return {
    name: `${plural}.multicluster.x-k8s.io`,
    paths: [`${beta}/${plural}`, `${alpha}/${plural}`],
    isOptional: true,
  };
}

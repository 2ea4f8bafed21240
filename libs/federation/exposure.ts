/** Which objects of a cluster a layer shows: the filters of a kubernetes stanza. */
import type { EndpointSliceObject, ServiceObject } from '../event/object.ts';
import type { ClusterState } from './cluster-state.ts';
import { type LabelSelector, matches } from './label-selector.ts';

/** What of a cluster is shown. */
export interface Exposure {
  /** Undefined: all. */
  readonly namespaces: ReadonlySet<string> | undefined;
  /** By the labels of the namespace. */
  readonly namespaceLabels: LabelSelector | undefined;
  /** By the labels of Services, EndpointSlices and Pods alike. */
  readonly labels: LabelSelector | undefined;
}

/** All filters off. */
export const ALL_EXPOSED: Exposure = {
  namespaces: undefined,
  namespaceLabels: undefined,
  labels: undefined,
};

/**
 * Whether names may lie in this namespace. One whose object is not known (a folder of manifests may
 * have none) is judged by its name alone.
 */
export function showsNamespace(
  { namespaces, namespaceLabels }: Exposure,
  state: ClusterState,
  name: string,
): boolean {
  if (namespaces !== undefined && !namespaces.has(name)) return false;
  if (namespaceLabels === undefined) return true;
  const namespace = state.namespaces.get(name);
  return namespace !== undefined && matches(namespaceLabels, namespace.labels);
}

/** Whether the namespace is there, and is shown. */
export function hasNamespace(exposure: Exposure, state: ClusterState, name: string): boolean {
  return state.namespaces.has(name) && showsNamespace(exposure, state, name);
}

/** The Service, if there is one that is shown. */
export function shownService(
  exposure: Exposure,
  state: ClusterState,
  key: string,
): ServiceObject | undefined {
  const service = state.services.get(key);
  if (service === undefined || !showsNamespace(exposure, state, service.namespace)) {
    return undefined;
  }
  const { labels } = exposure;
  return labels === undefined || matches(labels, service.labels) ? service : undefined;
}

/** Whether a selector takes the slice. The label that names its Service is kept by itself. */
export function matchesSlice(
  labels: LabelSelector | undefined,
  { service, sourceCluster, labels: others }: EndpointSliceObject,
): boolean {
  if (labels === undefined) return true;
  if (sourceCluster !== undefined || service === '') return matches(labels, others);
  return matches(labels, { ...others, 'kubernetes.io/service-name': service });
}

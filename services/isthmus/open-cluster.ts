/**
 * A cluster as the configuration names it → its source. Only here do the kinds of sources meet, and
 * the libraries of one are loaded for who needs it alone.
 */
import { checkManifests, openManifests } from '../../libs/cluster/manifests.ts';
import type { ClusterSource } from '../../libs/cluster/source.ts';
import type { KubernetesAccess } from '../../libs/cluster-kubernetes/access.ts';
import type { RequestLimits } from '../../libs/cluster-kubernetes/request-limits.ts';
import { DEFAULT_KINDS, type ObjectKind } from '../../libs/event/object.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import { restClientMetrics } from './rest-client-metrics.ts';

export type ClusterFrom =
  | { readonly kind: 'manifests'; readonly directory: string }
  | KubernetesAccess;

/** What of a cluster is watched, and how. */
export interface Watching {
  /** All but pods by default. */
  readonly kinds?: readonly ObjectKind[] | undefined;
  /**
   * Of requests to its API server; without any they go as they come, since client-go's defaults
   * would hold back a list of 50,000 objects, 100 pages, for 18 s.
   */
  readonly limits?: RequestLimits | undefined;
  /** Where these requests are counted. */
  readonly metrics?: Metrics | undefined;
}

/**
 * Why the configuration can't be right, in the house sentence; undefined when it can. The cluster
 * itself may be away.
 */
export async function checkCluster(from: ClusterFrom): Promise<string | undefined> {
  if (from.kind === 'manifests') return checkManifests(from.directory);
  const { checkKubernetes } = await import('../../libs/cluster-kubernetes/load-access.ts');
  return checkKubernetes(from);
}

export async function openCluster(
  name: string,
  from: ClusterFrom,
  log: Log,
  { kinds = DEFAULT_KINDS, limits, metrics }: Watching = {},
): Promise<ClusterSource> {
  const onTrouble = (text: string) => log.warning(`cluster ${name}: ${text}`);
  if (from.kind === 'manifests') {
    return openManifests({ directory: from.directory, kinds, onTrouble });
  }
  const { openKubernetesCluster } = await import(
    '../../libs/cluster-kubernetes/kubernetes-cluster.ts'
  );
  return openKubernetesCluster({
    access: from,
    kinds,
    limits,
    observer: metrics && restClientMetrics(metrics),
    onTrouble,
  });
}

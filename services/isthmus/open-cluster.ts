/**
 * A cluster as the configuration names it → its source. Only here do the kinds of sources meet, and
 * the libraries of one are loaded for who needs it alone.
 */
import { checkManifests, openManifests } from '../../libs/cluster/manifests.ts';
import type { ClusterSource } from '../../libs/cluster/source.ts';
import type { KubernetesAccess } from '../../libs/cluster-kubernetes/access.ts';
import type { RequestLimits } from '../../libs/cluster-kubernetes/request-limits.ts';
import type { ObjectKind } from '../../libs/event/object.ts';
import type { Log } from '../../libs/telemetry/log.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';
import type { Reach } from './reach.ts';
import { restClientMetrics } from './rest-client-metrics.ts';

export type ClusterFrom =
  | { readonly kind: 'manifests'; readonly directory: string }
  | KubernetesAccess;

/** Where a cluster is, and what of it is watched. */
export interface ClusterPlace {
  readonly source: ClusterFrom;
  readonly kinds: readonly ObjectKind[];
  /**
   * Of requests to its API server; without any they go as they come, since client-go's defaults
   * would hold back a list of 50,000 objects, 100 pages, for 18 s.
   */
  readonly limits?: RequestLimits | undefined;
}

/**
 * Why the configuration can't be right, in the house sentence; undefined when it can. The cluster
 * itself may be away.
 */
export async function checkCluster(source: ClusterFrom): Promise<string | undefined> {
  if (source.kind === 'manifests') return checkManifests(source.directory);
  const { checkKubernetes } = await import('../../libs/cluster-kubernetes/load-access.ts');
  return checkKubernetes(source);
}

export async function openCluster(
  name: string,
  { source, kinds, limits }: ClusterPlace,
  {
    log,
    metrics,
    reach,
  }: {
    readonly log: Log;
    readonly metrics?: Metrics | undefined;
    readonly reach?: Reach | undefined;
  },
): Promise<ClusterSource> {
  const onTrouble = (text: string) => log.warning(`cluster ${name}: ${text}`);
  if (source.kind === 'manifests') {
    return openManifests({ directory: source.directory, kinds, onTrouble });
  }
  const { openKubernetesCluster } = await import(
    '../../libs/cluster-kubernetes/kubernetes-cluster.ts'
  );
  const counting = metrics && restClientMetrics(metrics);
  const observer = reach && counting ? reach.hearing(counting) : counting;
  return openKubernetesCluster({ access: source, kinds, limits, observer, onTrouble });
}

/** How each cluster stands, for Prometheus. */
import type { ClusterState } from '../../../libs/federation/cluster-state.ts';
import type { Metrics } from '../../../libs/telemetry/metrics.ts';
import type { ClusterView } from './federation-view.ts';

/** Follows a cluster from its joining on. */
export function followClusterMetrics(
  metrics: Metrics,
  cluster: string,
  view: () => ClusterView | undefined,
  state: () => ClusterState | undefined,
): void {
  const gauge = (name: string, help: string, value: (view: ClusterView) => number) =>
    metrics
      .gauge({ name: `isthmus_cluster_${name}`, help, labels: ['cluster'] })
      .follow([cluster], () => {
        const now = view();
        return now === undefined ? 0 : value(now);
      });
  gauge('position', 'Position of the last event of its log that was folded.', (of) => of.position);
  gauge('synced', '1 when the log holds all of its API, and was read to the end.', (of) =>
    of.synced && of.caughtUp && !of.unverified ? 1 : 0,
  );
  gauge('unverified', '1 when what was read of its log is not what its watcher says.', (of) =>
    of.unverified ? 1 : 0,
  );
  gauge('services', 'Services that it has.', (of) => of.services);
  gauge('endpoint_slices', 'EndpointSlices that it has.', (of) => of.endpointSlices);
  metrics
    .gauge({
      name: 'isthmus_cluster_held_removals',
      help: 'Objects that its API lists no more, and that stay until that is confirmed.',
      labels: ['cluster'],
    })
    .follow([cluster], () => state()?.held ?? 0);
  metrics
    .counter({
      name: 'isthmus_cluster_skipped_events_total',
      help: 'Events that this version can not read.',
      labels: ['cluster'],
    })
    .follow([cluster], () => view()?.skipped ?? 0);
}

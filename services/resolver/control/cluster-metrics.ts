/** How each cluster stands, for Prometheus. */
import type { ClusterState } from '../../../libs/federation/cluster-state.ts';
import type { Metrics } from '../../../libs/telemetry/metrics.ts';
import type { ClusterView } from './federation-view.ts';
import type { Standings } from './standings.ts';

const STANDINGS = ['live', 'stale', 'lost'] as const;

/** Of a federation whose clusters are judged: whether this resolver has heard an operator. */
export function followControlMetrics(metrics: Metrics, standings: Standings): void {
  const help = 'Position of the last event of the control log that was folded.';
  metrics
    .gauge({ name: 'isthmus_control_position', help })
    .follow([], () => standings.state.position);
}

/** Of a cluster of it. */
export function followStandingMetrics(
  metrics: Metrics,
  cluster: string,
  standings: Standings,
  view: () => ClusterView | undefined,
): void {
  const age =
    'Seconds since its API replied to a watcher; until that is heard, since its youngest event.';
  metrics
    .gauge({ name: 'isthmus_cluster_age_seconds', help: age, labels: ['cluster'] })
    .follow([cluster], () => standings.ageMs(cluster, view()?.observedAt) / 1000);
  const lag = 'Positions of its log that its writer has told and this resolver has not folded.';
  metrics
    .gauge({ name: 'isthmus_cluster_lag', help: lag, labels: ['cluster'] })
    .follow([cluster], () => {
      const told = standings.beatOf(cluster)?.position ?? 0;
      return Math.max(0, told - (view()?.position ?? 0));
    });
  const stands = metrics.gauge({
    name: 'isthmus_cluster_standing',
    help: '1 for how the cluster stands by the control log.',
    labels: ['cluster', 'standing'],
  });
  for (const standing of STANDINGS) {
    stands.follow([cluster, standing], () =>
      standings.state.standingOf(cluster) === standing ? 1 : 0,
    );
  }
  const drained = '1 when an operator has drained the cluster.';
  metrics
    .gauge({ name: 'isthmus_cluster_drained', help: drained, labels: ['cluster'] })
    .follow([cluster], () => (standings.state.drained.has(cluster) ? 1 : 0));
}

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
    .gauge({
      name: 'isthmus_cluster_pinned_services',
      help: 'Services that an operator holds as they were.',
      labels: ['cluster'],
    })
    .follow([cluster], () => state()?.pins.size ?? 0);
  metrics
    .counter({
      name: 'isthmus_cluster_skipped_events_total',
      help: 'Events that this version can not read.',
      labels: ['cluster'],
    })
    .follow([cluster], () => view()?.skipped ?? 0);
}

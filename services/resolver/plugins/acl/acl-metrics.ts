/** CoreDNS's counters of what was decided, by the zone of the rule that did. */
import type { Metrics } from '../../../../libs/telemetry/metrics.ts';
import type { Action } from './rule.ts';

export interface AclMetrics {
  /** Without a zone: no rule decided, or one that allowed. */
  count(action: Action, zone: string): void;
}

export function createAclMetrics(metrics: Metrics, server: string, view: string): AclMetrics {
  const decided = (name: string, help: string) =>
    metrics.counter({ name, help, labels: ['server', 'zone', 'view'] });
  const refusals = {
    block: decided('coredns_acl_blocked_requests_total', 'Queries that were refused.'),
    filter: decided('coredns_acl_filtered_requests_total', 'Queries that were answered empty.'),
    drop: decided('coredns_acl_dropped_requests_total', 'Queries that got no reply.'),
  };
  const allowed = metrics.counter({
    name: 'coredns_acl_allowed_requests_total',
    help: 'Queries that went on.',
    labels: ['server', 'view'],
  });
  return {
    count: (action, zone) => {
      if (action === 'allow') allowed.add([server, view]);
      else refusals[action].add([server, zone, view]);
    },
  };
}

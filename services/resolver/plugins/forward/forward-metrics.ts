/** What CoreDNS counts of forwarding, under its names. */
import { rcodeName } from '../../../../libs/dns/iana.ts';
import type { Metrics } from '../../../../libs/telemetry/metrics.ts';

export interface ForwardMetrics {
  answered(to: string, rcode: number, durationMs: number): void;
  probeFailed(to: string): void;
  allDown(): void;
  rejected(): void;
}

/** CoreDNS's buckets: seconds doubling from 0.25 ms. */
const SECONDS = Array.from({ length: 16 }, (_, i) => 0.00025 * 2 ** i);
const PROXY = 'forward';

export function createForwardMetrics(metrics: Metrics): ForwardMetrics {
  const duration = metrics.histogram({
    name: 'coredns_proxy_request_duration_seconds',
    help: 'Time of exchanges with upstream servers.',
    labels: ['proxy_name', 'to', 'rcode'],
    buckets: SECONDS,
  });
  const probeFailures = metrics.counter({
    name: 'coredns_proxy_healthcheck_failures_total',
    help: 'Probes of upstream servers that failed.',
    labels: ['proxy_name', 'to'],
  });
  const allDown = metrics.counter({
    name: 'coredns_forward_healthcheck_broken_total',
    help: 'Queries that came while all upstream servers were down.',
  });
  const rejected = metrics.counter({
    name: 'coredns_forward_max_concurrent_rejects_total',
    help: 'Queries refused since too many were waiting for upstream servers.',
  });
  return {
    answered: (to, rcode, durationMs) =>
      duration.observe(durationMs / 1000, [PROXY, to, rcodeName(rcode)]),
    probeFailed: (to) => probeFailures.add([PROXY, to]),
    allDown: () => allDown.add(),
    rejected: () => rejected.add(),
  };
}

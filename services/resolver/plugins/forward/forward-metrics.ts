/** What CoreDNS counts of forwarding, under its names. */
import { rcodeName } from '../../../../libs/dns/iana.ts';
import type { Metrics } from '../../../../libs/telemetry/metrics.ts';

export interface ForwardMetrics {
  answered(to: string, rcode: number, durationMs: number): void;
  probeFailed(to: string): void;
  allDown(): void;
  rejected(): void;
  /** A query found a connection that was open, or had to open one. */
  socketFor(to: string, protocol: string, found: boolean): void;
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
  const hits = metrics.counter({
    name: 'coredns_proxy_conn_cache_hits_total',
    help: 'Queries that found a connection to their upstream server.',
    labels: ['proxy_name', 'to', 'proto'],
  });
  const misses = metrics.counter({
    name: 'coredns_proxy_conn_cache_misses_total',
    help: 'Queries that opened a socket or connection to their upstream server.',
    labels: ['proxy_name', 'to', 'proto'],
  });
  return {
    answered: (to, rcode, durationMs) =>
      duration.observe(durationMs / 1000, [PROXY, to, rcodeName(rcode)]),
    probeFailed: (to) => probeFailures.add([PROXY, to]),
    allDown: () => allDown.add(),
    rejected: () => rejected.add(),
    socketFor: (to, protocol, found) => (found ? hits : misses).add([PROXY, to, protocol]),
  };
}

/**
 * CoreDNS's families of what is asked and answered. Two count in them: the chain (query-metrics)
 * and, from what readers counted, the scrape (table-metrics).
 */
import { SECONDS_BOUNDS, SIZE_BOUNDS } from '../../libs/table/counters.ts';
import type { Counter, Histogram, Metrics } from '../../libs/telemetry/metrics.ts';

/** Server blocks have no views yet. */
export const VIEW = '';

/** All begin with the labels server, zone and view. */
export interface QueryFamilies {
  /** … proto, family, type */
  readonly requests: Counter;
  readonly doRequests: Counter;
  /** … rcode, plugin */
  readonly responses: Counter;
  readonly seconds: Histogram;
  /** … proto */
  readonly requestOctets: Histogram;
  /** … proto */
  readonly responseOctets: Histogram;
}

export function queryFamilies(metrics: Metrics): QueryFamilies {
  const family = (name: string, help: string, ...labels: readonly string[]) => ({
    name: `coredns_dns_${name}`,
    help,
    labels: ['server', 'zone', 'view', ...labels],
  });
  return {
    requests: metrics.counter(family('requests_total', 'Queries.', 'proto', 'family', 'type')),
    doRequests: metrics.counter(family('do_requests_total', 'Queries with the DO bit.')),
    responses: metrics.counter(
      family('responses_total', 'Responses by their code, and who made them.', 'rcode', 'plugin'),
    ),
    seconds: metrics.histogram({
      ...family('request_duration_seconds', 'Time from query to response.'),
      buckets: SECONDS_BOUNDS,
    }),
    requestOctets: metrics.histogram({
      ...family('request_size_bytes', 'Size of queries.', 'proto'),
      buckets: SIZE_BOUNDS,
    }),
    responseOctets: metrics.histogram({
      ...family('response_size_bytes', 'Size of responses.', 'proto'),
      buckets: SIZE_BOUNDS,
    }),
  };
}

/** Requests to API servers, counted in the families of CoreDNS's kubernetes plugin. */
import type { RequestObserver } from '../../libs/cluster-kubernetes/request-observer.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';

/** Seconds: the default ones of Prometheus' clients. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Facts are listed and watched: nothing else is asked of an API server. */
const METHOD = 'GET';

export function restClientMetrics(metrics: Metrics): RequestObserver {
  const prefix = 'coredns_kubernetes_rest_client';
  const requestDuration = metrics.histogram({
    name: `${prefix}_request_duration_seconds`,
    help: 'How long requests to API servers took, watches left out.',
    labels: ['verb', 'host'],
    buckets: BUCKETS,
  });
  const limiterDuration = metrics.histogram({
    name: `${prefix}_rate_limiter_duration_seconds`,
    help: 'How long requests to API servers were held back by our limits.',
    labels: ['verb', 'host'],
    buckets: BUCKETS,
  });
  const requests = metrics.counter({
    name: `${prefix}_requests_total`,
    help: 'Requests to API servers, by the status of the reply.',
    labels: ['code', 'method', 'host'],
  });
  return {
    waited: (host, seconds) => limiterDuration.observe(seconds, [METHOD, host]),
    replied: (host, code) => requests.add([code, METHOD, host]),
    took: (host, seconds) => requestDuration.observe(seconds, [METHOD, host]),
  };
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { restClientMetrics } from './rest-client-metrics.ts';

test('requests to API servers are counted in the families of the kubernetes plugin', async () => {
  const metrics = new Metrics();
  const observer = restClientMetrics(metrics);
  observer.waited('east:6443', 0);
  observer.replied('east:6443', '200');
  observer.took('east:6443', 0.03);
  // Another cluster shares the families.
  const other = restClientMetrics(metrics);
  other.waited('west:6443', 2);
  other.replied('west:6443', '<error>');
  const text = await metrics.text();
  const prefix = 'coredns_kubernetes_rest_client';
  for (const line of [
    `${prefix}_requests_total{code="200",method="GET",host="east:6443"} 1`,
    `${prefix}_requests_total{code="<error>",method="GET",host="west:6443"} 1`,
    `${prefix}_request_duration_seconds_bucket{verb="GET",host="east:6443",le="0.025"} 0`,
    `${prefix}_request_duration_seconds_bucket{verb="GET",host="east:6443",le="0.05"} 1`,
    `${prefix}_request_duration_seconds_count{verb="GET",host="east:6443"} 1`,
    `${prefix}_rate_limiter_duration_seconds_bucket{verb="GET",host="east:6443",le="0.005"} 1`,
    `${prefix}_rate_limiter_duration_seconds_sum{verb="GET",host="west:6443"} 2`,
  ]) {
    assert.ok(text.includes(line), `${line} in\n${text}`);
  }
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClusterObject, ServiceObject } from '../../../libs/event/object.ts';
import { ClusterState, evolve } from '../../../libs/federation/cluster-state.ts';
import { serviceGroup } from '../../../libs/federation/group.ts';
import { setPins } from '../../../libs/federation/pin.ts';
import { Metrics } from '../../../libs/telemetry/metrics.ts';
import { ProgrammingLatency } from './programming-latency.ts';

const FAMILY = 'coredns_kubernetes_dns_programming_duration_seconds';
const TRIGGERED_AT = '2026-11-28T10:00:00Z';
const GROUP = serviceGroup('shop', 'web');

const service = (change: Partial<ServiceObject>): ClusterObject => ({
  kind: 'Service',
  namespace: 'shop',
  name: 'web',
  type: 'ClusterIP',
  clusterIPs: [],
  headless: false,
  ports: [],
  ...change,
});
const slice = (triggeredAt?: string): ClusterObject => ({
  kind: 'EndpointSlice',
  namespace: 'shop',
  name: 'web-1',
  service: 'web',
  endpoints: [],
  ports: [],
  ...(triggeredAt === undefined ? {} : { triggeredAt }),
});

function given(...objects: readonly ClusterObject[]) {
  const metrics = new Metrics();
  const clock = { ms: Date.parse(TRIGGERED_AT) };
  const latency = new ProgrammingLatency(metrics, () => clock.ms);
  const state = new ClusterState('east');
  const fold = (object: ClusterObject) => {
    latency.note(state, { kind: 'observed', object });
    evolve(state, { kind: 'observed', object }, 1);
  };
  objects.forEach(fold);
  const lines = async () =>
    (await metrics.text()).split('\n').filter((line) => line.startsWith(`${FAMILY}_sum`));
  return { latency, fold, clock, lines, state };
}

describe('the programming latency', () => {
  const rows: readonly (readonly [Partial<ServiceObject>, string])[] = [
    [{ clusterIPs: ['10.96.0.1'] }, 'cluster_ip'],
    [{ headless: true }, 'headless_with_selector'],
    [{ headless: true, selectorless: true }, 'headless_without_selector'],
  ];
  for (const [change, kind] of rows) {
    test(`counts ${kind} from the trigger until the names are in the table`, async () => {
      const { latency, fold, clock, lines } = given(service(change));
      fold(slice(TRIGGERED_AT));
      clock.ms += 250;
      latency.published(GROUP);
      latency.published(GROUP);
      assert.deepEqual(await lines(), [`${FAMILY}_sum{service_kind="${kind}"} 0.25`]);
    });
  }

  test('does not count what a pin keeps from the answers', async () => {
    const { latency, fold, lines, state } = given(service({}));
    const pinned = { cluster: 'east', namespace: 'shop', name: 'web', at: 1, objects: [] };
    setPins(state, [{ kind: 'pinned', ...pinned }]);
    fold(slice(TRIGGERED_AT));
    setPins(state, []);
    latency.published(GROUP);
    assert.deepEqual(await lines(), []);
  });

  test('does not count a slice of nothing, without a trigger, or of one counted before', async () => {
    const { latency, fold, lines } = given(slice(TRIGGERED_AT), service({}));
    latency.published(GROUP);
    fold(slice());
    latency.published(GROUP);
    assert.deepEqual(await lines(), []);
    fold(slice(TRIGGERED_AT));
    latency.published(GROUP);
    fold(slice(TRIGGERED_AT));
    latency.published(GROUP);
    assert.deepEqual(await lines(), [`${FAMILY}_sum{service_kind="cluster_ip"} 0`]);
  });
});

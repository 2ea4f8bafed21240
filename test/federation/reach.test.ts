/**
 * A cluster IP means something in its own cluster only: whatever is selected, that of another
 * cluster is given only where the operator says that clients can route to it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Event } from '../../libs/event/event.ts';
import { ClusterState, evolve, groupsOf } from '../../libs/federation/cluster-state.ts';
import { namesOfLayer } from '../../libs/federation/federation.ts';
import type { Layer } from '../../libs/federation/layer.ts';
import { histories } from './arbitrary-events.ts';
import { configs, federations } from './arbitrary-layers.ts';

/** Cluster IPs that tell whose they are: nothing else has such addresses. */
const PREFIXES = { east: '10.96.1.', west: '10.96.2.' } as const;

function withOwnAddresses(cluster: string, event: Event): Event {
  if (event.kind !== 'observed' || event.object.kind !== 'Service') return event;
  const prefix = cluster === 'east' ? PREFIXES.east : PREFIXES.west;
  const clusterIPs = event.object.clusterIPs.map((_, i) => `${prefix}${i}`);
  return { kind: 'observed', object: { ...event.object, clusterIPs } };
}

function isReached(layer: Layer, cluster: string): boolean {
  if (layer.cluster === cluster) return true;
  const reach = layer.kind === 'home' ? layer.across?.reach : 'reach' in layer && layer.reach;
  return reach !== undefined && reach !== false && reach.routable.has(cluster);
}

const served = fc.oneof(configs, federations);

test('no layer gives a cluster IP that its clients can not reach', () => {
  const given = { own: 0, other: 0 };
  fc.assert(
    fc.property(served, histories, ({ layers }, history) => {
      const states = new Map(['east', 'west'].map((name) => [name, new ClusterState(name)]));
      for (const [i, [cluster, event]] of history.entries()) {
        const state = states.get(cluster) ?? assert.fail();
        evolve(state, withOwnAddresses(cluster, event), i + 1);
      }
      const groups = new Set([...states.values()].flatMap((state) => [...groupsOf(state)]));
      for (const layer of layers) {
        for (const group of groups) {
          const rrsets = [...namesOfLayer(layer, states, group).values()].flat();
          const addresses = rrsets.filter(({ type }) => type === 'A').flatMap((one) => one.rdatas);
          for (const [cluster, prefix] of Object.entries(PREFIXES)) {
            if (!addresses.some((address) => address.startsWith(prefix))) continue;
            assert.ok(isReached(layer, cluster), `${group}: ${cluster} in ${layer.kind}`);
            given[layer.cluster === cluster ? 'own' : 'other']++;
          }
        }
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(given.own > 300 && given.other > 100, JSON.stringify(given));
});

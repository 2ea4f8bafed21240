/** A runtime of clusters that are known already, for tests of the plugins that answer from it. */
import { encodeEnvelope } from '../../../libs/event/codec.ts';
import type { ClusterObject } from '../../../libs/event/object.ts';
import { subjectOf } from '../../../libs/event/subject.ts';
import type { Layer } from '../../../libs/federation/layer.ts';
import { FederationView } from '../control/federation-view.ts';
import type { ClustersRuntime } from './clusters-runtime.ts';

/** `synced`: clusters that are; by default all. */
export function givenRuntime(
  layers: readonly Layer[],
  clusters: Readonly<Record<string, readonly ClusterObject[]>>,
  synced: readonly string[] = Object.keys(clusters),
): ClustersRuntime {
  const sink = { setZone: () => {}, put: () => {}, remove: () => {} };
  const view = new FederationView({ layers, nameServers: ['192.0.2.53'] }, sink, (_name, why) => {
    throw new Error(why);
  });
  for (const [cluster, objects] of Object.entries(clusters)) {
    view.join(cluster);
    const events = objects.map((object) => ({ kind: 'observed', object }) as const);
    const counts = { ServiceExport: 0, ServiceImport: 0, Pod: 0 };
    const end = { kind: 'synced', writer: 'w', resourceVersions: {}, counts, hash: '' } as const;
    const all = synced.includes(cluster) ? [...events, end] : events;
    const entries = all.map((event, i) => ({
      position: i + 1,
      subject: subjectOf('default', cluster, event),
      data: encodeEnvelope({ event, observedAt: '2026-11-28T00:00:00Z', prev: 0 }),
    }));
    view.apply(cluster, entries);
    if (synced.includes(cluster)) view.caughtUp(cluster);
  }
  view.allJoined();
  return runtimeOver(view);
}

/** What plugins ask, over a view that a test fills; none of it has to be started. */
export function runtimeOver(view: FederationView): ClustersRuntime {
  return {
    layersOf: () => view.config.layers,
    lookup: (name, type, layers, client) => view.lookup(name, type, layers, client),
    states: view.states,
    zoneSource: () => undefined,
    waitingFor: () => [],
    notes: () => [],
    start: async () => {},
    stop: async () => view.stop(),
  };
}

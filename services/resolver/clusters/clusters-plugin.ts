/**
 * A plugin that answers from clusters: federation, kubernetes, kubernetai and k8s_external differ
 * in their options, and in which layers they ask.
 */
import { zonesOfLayer } from '../../../libs/federation/federation.ts';
import { searchPathOf } from '../../../libs/federation/search-path.ts';
import type { Plugin } from '../plugin.ts';
import { answerQuery, owns } from './answer-query.ts';
import type { ClustersRuntime } from './clusters-runtime.ts';
import { metadataOf } from './query-metadata.ts';

/** `runtimeOf`: of the server block; it is asked for late, since its plugins make it together. */
export function clustersPlugin(name: string, runtimeOf: () => ClustersRuntime): Plugin {
  const lookUp = (asked: string, type: string, client?: string) => {
    const runtime = runtimeOf();
    return runtime.lookup(asked, type, runtime.layersOf(name), client);
  };
  const zones = () => runtimeOf().layersOf(name).flatMap(zonesOfLayer);
  return {
    name,
    owns: (asked) => owns(lookUp(asked, 'A')),
    handle: (query, next) => {
      const { address } = query.client;
      return answerQuery(query, next, (asked, type) => lookUp(asked, type, address));
    },
    searchPath: (asked, { address }) => {
      const runtime = runtimeOf();
      return searchPathOf(runtime.layersOf(name), runtime.states, asked, address);
    },
    metadata: ({ name: asked, client }) => {
      const runtime = runtimeOf();
      return metadataOf(runtime.layersOf(name), runtime.states, asked, client.address);
    },
    zoneSource: (zone) => (zones().includes(zone) ? runtimeOf().zoneSource(zone) : undefined),
    sourceZones: zones,
  };
}

/** The plugin that also runs the runtime: one of a server block. */
export function runningPlugin(name: string, runtime: ClustersRuntime): Plugin {
  return {
    ...clustersPlugin(name, () => runtime),
    waitingFor: () => runtime.waitingFor(),
    notes: () => runtime.notes(),
    start: () => runtime.start(),
    stop: () => runtime.stop(),
  };
}

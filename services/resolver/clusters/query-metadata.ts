/**
 * Facts of a query for the cluster plugins (CoreDNS's labels `kubernetes/…`): what its name says by
 * the grammar, whether or not it exists, and which pod asks, where pods are verified.
 */
import { longestZone } from '../../../libs/dns/name.ts';
import type { ClusterStates } from '../../../libs/federation/indexed-states.ts';
import type { Layer } from '../../../libs/federation/layer.ts';
import { type NameParts, namePartsOf } from '../../../libs/federation/name-parts.ts';
import { clusterLabel, serviceZone } from '../../../libs/federation/qualified.ts';
import { podsAt } from '../../../libs/federation/search-path.ts';

type Fact = readonly [label: string, value: () => string];

/** `name` in lower case; none for a name in no zone of these layers. */
export function metadataOf(
  layers: readonly Layer[],
  states: ClusterStates,
  name: string,
  address: string,
): readonly Fact[] {
  const layer = layers.find(({ zones }) => longestZone(name, zones) !== undefined);
  const zone = layer && longestZone(name, layer.zones);
  if (layer === undefined || zone === undefined || layer.kind === 'external') return [];
  const multicluster = layer.kind === 'clusterset' || layer.kind === 'imports';
  const zonal = layer.kind === 'home' && layer.zonal;
  const below = serviceZone(layer, name, zone);
  const parts = namePartsOf(name, below, { multicluster, zonal });
  const named = parts === undefined ? [INVALID] : factsOfName(parts, multicluster, zonal);
  const cluster = layer.kind === 'qualified' ? clusterLabel(name, zone) : undefined;
  const labelled: readonly Fact[] =
    cluster === undefined ? [] : [['kubernetes/cluster', () => cluster]];
  return [...named, ...labelled, ...factsOfClient([layer], states, address)];
}

const INVALID: Fact = ['kubernetes/parse-error', () => 'invalid query name'];

function factsOfName(parts: NameParts, multicluster: boolean, zonal: boolean): readonly Fact[] {
  const facts: Fact[] = [
    ['kubernetes/port-name', () => parts.port],
    ['kubernetes/protocol', () => parts.protocol],
    ['kubernetes/endpoint', () => parts.endpoint],
    ['kubernetes/service', () => parts.service],
    ['kubernetes/namespace', () => parts.namespace],
    ['kubernetes/kind', () => parts.kind],
  ];
  if (multicluster) facts.push(['kubernetes/cluster', () => parts.cluster]);
  if (zonal) facts.push(['kubernetes/zone', () => parts.topologyZone]);
  return facts;
}

/** Nothing where several pods have the address: nobody is taken for another. */
function factsOfClient(
  layers: readonly Layer[],
  states: ClusterStates,
  address: string,
): readonly Fact[] {
  const [pod, second] = podsAt(layers, states, address);
  if (pod === undefined || second !== undefined) return [];
  const labels = Object.entries(pod.labels ?? {}).map(
    ([key, value]): Fact => [`kubernetes/client-label/${key}`, () => value],
  );
  return [
    ['kubernetes/client-namespace', () => pod.namespace],
    ['kubernetes/client-pod-name', () => pod.name],
    ...labels,
  ];
}

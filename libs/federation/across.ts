/**
 * The home zone's names of other clusters, where the operator wants them (`across`):
 *
 *   failover   another cluster answers while home has no ready endpoint, or not the Service
 *   merge      the same; and a headless Service has the endpoints of all clusters
 *
 * While home alone answers for a Service, its names are as if there was no other cluster. Pods,
 * reverse names and names of topology zones are home's alone.
 */
import { LABEL_OCTETS_MAX } from '../dns/name.ts';
import { type Asker, askerFor } from './asker.ts';
import type { Candidate } from './candidate.ts';
import { chosenOf } from './chosen.ts';
import type { ClusterState } from './cluster-state.ts';
import { mergedPorts } from './decided-ports.ts';
import { readyAddresses } from './endpoints.ts';
import { hasNamespace, shownService } from './exposure.ts';
import { type Group, parseGroup } from './group.ts';
import { type ClusterStates, statesIn } from './indexed-states.ts';
import type { Across, HomeLayer, ServiceOptions } from './layer.ts';
import type { NameBuilder } from './names.ts';
import type { Place } from './place.ts';
import { type Reached, reachedBy } from './reach.ts';
import { addHeadless, addService, addVirtual, type Target } from './records.ts';
import { HOME_FIRST, isPerClient, MERGE_ALL, type Selection, selectionOf } from './selection.ts';
import { type SharedAddress, sharedOut } from './share.ts';
import { FIRST, rankOf } from './standing.ts';

type AcrossLayer = HomeLayer & { readonly across: Across };

export function isAcross(layer: HomeLayer): layer is AcrossLayer {
  return layer.across !== undefined;
}

/** The names of a Service, whoever answers for it. `place`: of who asks, if that is known. */
export function addAcross(
  names: NameBuilder,
  layer: AcrossLayer,
  states: ClusterStates,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  place: Place | undefined,
): void {
  const key = `${namespace}/${name}`;
  const atHome = candidatesOf(layer, states, key, layer.cluster);
  const [first] = atHome;
  if (first === undefined) return;
  const targets = layer.zones.map((zone) => ({
    names,
    base: `${name}.${namespace}.svc.${zone}`,
    ttl: layer.ttl,
  }));
  if (answersAlone(layer, first)) {
    for (const target of targets) addService(target, first.service, first.ready, false);
    return;
  }
  const selection = selectionAcross(layer, first);
  const asker = askerFor(selection, place, layer.cluster, states);
  const isAtHome = asker.home === layer.cluster;
  const candidates = isAtHome ? atHome : candidatesOf(layer, states, key, asker.home);
  const choosing = { candidates, selection, asker };
  for (const target of targets) addTogether(target, layer, first, choosing);
}

/**
 * Whether nothing that another cluster says could change what home says of the group: then home's
 * being complete proves absence.
 */
export function homeDecides(layer: AcrossLayer, states: ClusterStates, group: Group | undefined) {
  const key = group === undefined ? undefined : parseGroup(group);
  const home = states.get(layer.cluster);
  if (key?.kind === 'namespace') return home !== undefined && hasNamespace(layer, home, key.name);
  if (key?.kind !== 'service') return true;
  const service = home && candidateOf(layer, home, `${key.namespace}/${key.name}`, layer.cluster);
  return service !== undefined && answersAlone(layer, service);
}

/** Whether the namespace is there, in any cluster. */
export function hasNamespaceAcross(layer: HomeLayer, states: ClusterStates, name: string): boolean {
  return [...statesIn(states, name)].some((state) => hasNamespace(layer, state, name));
}

function answersAlone(
  { across, cluster }: AcrossLayer,
  { cluster: of, service, ready, rank }: Candidate,
): boolean {
  if (of !== cluster || rank !== FIRST) return false;
  if (service.type === 'ExternalName') return true;
  return ready.length > 0 && (across.mode === 'failover' || !service.headless);
}

/** What is chosen from, how, and for whom. */
interface Choosing {
  readonly candidates: readonly Candidate[];
  readonly selection: Selection;
  readonly asker: Asker;
}

function isMerging({ across }: AcrossLayer, first: Candidate): boolean {
  return across.mode === 'merge' && first.service.headless;
}

function selectionAcross(layer: AcrossLayer, first: Candidate): Selection {
  const otherwise = isMerging(layer, first) ? MERGE_ALL : HOME_FIRST;
  return selectionOf(layer.across.rules, first.service, otherwise);
}

/** `first`: the one that says what kind of Service it is. */
function addTogether(
  target: Target,
  layer: AcrossLayer,
  first: Candidate,
  { candidates, selection, asker }: Choosing,
): void {
  const { across, cluster, ignoreEmptyService } = layer;
  const chosen = chosenOf(selection, asker, candidates);
  const isAnyReady = candidates.some(({ ready }) => ready.length > 0);
  const markPerClient = () => {
    if (isPerClient(selection)) target.names.perClient(target.base);
  };
  if (isAnyReady) markPerClient();
  if (isMerging(layer, first)) {
    const all = distinctLabels(candidates.flatMap(({ ready }) => ready));
    const some = sharedOut(chosen).map((one) => ({ ...one, hostname: labelIn(all, one) }));
    addHeadless(target, all, (one) => one.hostname, some);
    return;
  }
  const isVirtual = !first.service.headless && first.service.type !== 'ExternalName';
  if (chosen.length === 0) {
    if (ignoreEmptyService && isVirtual) return;
    // Nobody is ready: what is there answers as it does alone.
    if (first.cluster === cluster || !isVirtual) {
      addService(target, first.service, first.ready, first.isLost);
      return;
    }
  }
  markPerClient();
  addReached(target, reachedBy(across.reach, asker, selection, candidates), candidates);
}

/** Endpoints are at their own ports, so SRV leads to their names. */
function addReached(target: Target, reached: Reached, candidates: readonly Candidate[]): void {
  if (reached.kind === 'virtual') {
    const { addresses, clusters, isLost } = reached;
    const given = candidates.filter(({ cluster }) => clusters.includes(cluster));
    addVirtual(target, addresses, mergedPorts(given), isLost);
    return;
  }
  target.names.exists(target.base);
  addHeadless(target, distinctLabels(reached.ready), (one) => one.hostname);
}

/**
 * The clusters that have the Service: home, then the others by their names, as they stand for
 * clients of `askerHome`.
 */
function candidatesOf(
  layer: AcrossLayer,
  states: ClusterStates,
  key: string,
  askerHome: string,
): readonly Candidate[] {
  const home = states.get(layer.cluster);
  const namespace = key.slice(0, key.indexOf('/'));
  const others = [...statesIn(states, namespace)].filter((state) => state !== home);
  others.sort((a, b) => (a.cluster < b.cluster ? -1 : 1));
  return [...(home === undefined ? [] : [home]), ...others].flatMap(
    (state) => candidateOf(layer, state, key, askerHome) ?? [],
  );
}

function candidateOf(
  layer: ServiceOptions & Pick<AcrossLayer, 'across' | 'cluster'>,
  state: ClusterState,
  key: string,
  askerHome: string,
): Candidate | undefined {
  const service = shownService(layer, state, key);
  if (service === undefined) return undefined;
  const { namespace, name, type } = service;
  const ready = type === 'ExternalName' ? [] : readyAddresses(state, namespace, name, layer);
  const rank = rankOf(state, askerHome, layer.across.rules.stale);
  return { cluster: state.cluster, service, ready, rank, isLost: state.standing === 'lost' };
}

/**
 * Endpoints of two clusters may have one hostname: it is the first one's, and the other is called
 * `HOSTNAME-CLUSTER`.
 */
function distinctLabels(ready: readonly SharedAddress[]): readonly SharedAddress[] {
  const owners = new Map<string, string>();
  const labelOf = ({ hostname, cluster }: SharedAddress): string => {
    const longer = `${hostname}-${cluster}`;
    const isFirst = (owners.get(hostname) ?? cluster) === cluster;
    const label = isFirst || longer.length > LABEL_OCTETS_MAX ? hostname : longer;
    if (!owners.has(label)) owners.set(label, cluster);
    return label;
  };
  return ready.map((one) => ({ ...one, hostname: labelOf(one) }));
}

function labelIn(all: readonly SharedAddress[], one: SharedAddress): string {
  const found = all.find(
    ({ cluster, address }) => cluster === one.cluster && address === one.address,
  );
  return found?.hostname ?? one.hostname;
}

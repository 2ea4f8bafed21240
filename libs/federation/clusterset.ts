/**
 * A Service's names in the clusterset zone, by the MCS DNS specification 1.0.0 and KEP-1645: made
 * of what the clusters that export it say, the oldest export deciding where they differ. Which
 * cluster's addresses a ClusterSetIP name gives, the home cluster's reach decides: a ClusterIP
 * means something in its own cluster only.
 */

import { type Asker, askerFor } from './asker.ts';
import type { Candidate } from './candidate.ts';
import { chosenOf } from './chosen.ts';
import type { ClusterState } from './cluster-state.ts';
import { addReached, mergedPorts } from './decided-ports.ts';
import { type ReadyAddress, readyAddresses } from './endpoints.ts';
import type { ClusterStates } from './indexed-states.ts';
import { statesIn } from './indexed-states.ts';
import type { ClustersetLayer } from './layer.ts';
import type { Place } from './place.ts';
import { type Reach, reachedBy } from './reach.ts';
import { addHeadless, addVirtual, type Target } from './records.ts';
import { HOME_FIRST, isPerClient, MERGE_ALL, type Selection, selectionOf } from './selection.ts';
import { sharedOut } from './share.ts';
import { rankOf } from './standing.ts';

interface Exporter extends Candidate {
  readonly createdAt: string;
}

/**
 * The order of the states makes no difference. `place`: where who asks is, undefined where that is
 * not known.
 */
export function addExported(
  target: Target,
  layer: ClustersetLayer,
  states: ClusterStates,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  place: Place | undefined,
): void {
  if (layer.namespaces !== undefined && !layer.namespaces.has(namespace)) return;
  const key = `${namespace}/${name}`;
  const some = [...statesIn(states, namespace)];
  const atHome = exportersOf(layer, some, key, layer.cluster);
  const oldest = atHome[0];
  if (oldest === undefined) return;
  const { headless } = oldest.service;
  const otherwise = headless ? MERGE_ALL : HOME_FIRST;
  const selection = selectionOf(layer.rules, oldest.service, otherwise);
  if (layer.clusterNames) addClusterNames(target, layer, atHome, headless);
  const perClient = isPerClient(selection);
  const asker = askerFor(selection, place, layer.cluster, states);
  const isAtHome = asker.home === layer.cluster;
  const exporters = isAtHome ? atHome : exportersOf(layer, some, key, asker.home);
  if (headless) {
    const ready = exporters.flatMap((exporter) => exporter.ready);
    if (perClient && ready.length > 0) target.names.perClient(target.base);
    const chosen = sharedOut(chosenOf(selection, asker, exporters));
    addHeadless(target, ready, labelInSet, chosen);
    return;
  }
  if (perClient) target.names.perClient(target.base);
  // What an MCS controller made of it there, when it gave it clusterset IPs.
  const imported = states.get(asker.home)?.imports.get(key);
  if (imported?.type !== 'ClusterSetIP' || imported.ips.length === 0) {
    addSelected(target, layer.reach, asker, selection, exporters, labelInSet);
  } else {
    const { ips, ports } = imported;
    const isLost = exporters.every((one) => one.isLost);
    addVirtual(target, ips, ports.length > 0 ? ports : mergedPorts(exporters), isLost);
  }
}

/**
 * Lighthouse's `CLUSTER.SERVICE…`, which KEP-1645 reserves: one cluster, whether or not it is
 * ready, with all endpoints of a headless Service.
 */
function addClusterNames(
  { names, base, ttl }: Target,
  layer: ClustersetLayer,
  exporters: readonly Exporter[],
  headless: boolean,
): void {
  for (const exporter of exporters) {
    const { cluster, ready } = exporter;
    const target = { names, base: `${cluster}.${base}`, ttl };
    const only: Selection = [[{ cluster, weight: 1 }]];
    if (headless) addHeadless(target, ready, labelInCluster);
    else
      addSelected(target, layer.reach, { home: layer.cluster }, only, [exporter], labelInCluster);
  }
}

function addSelected(
  target: Target,
  reach: Reach,
  asker: Asker,
  selection: Selection,
  exporters: readonly Exporter[],
  labelOf: (one: ReadyAddress) => string,
): void {
  const reached = reachedBy(reach, asker, selection, exporters);
  const choose = (some: readonly Candidate[]) => sharedOut(chosenOf(selection, asker, some));
  addReached(target, reached, exporters, { choose, labelOf });
}

function labelInSet({ hostname, cluster }: ReadyAddress): string {
  return `${hostname}.${cluster}`;
}

function labelInCluster({ hostname }: ReadyAddress): string {
  return hostname;
}

/**
 * Clusters whose Service is exported, oldest export first, then by the cluster's name (KEP-1645,
 * conflict resolution), as they stand for clients of `home`.
 */
function exportersOf(
  { rules }: ClustersetLayer,
  states: readonly ClusterState[],
  key: string,
  home: string,
): readonly Exporter[] {
  const exporters: Exporter[] = [];
  for (const state of states) {
    const exported = state.exports.get(key);
    const service = state.services.get(key);
    // An export without a Service, or of an ExternalName, contributes nothing (KEP-1645,
    // ServiceExport status).
    if (exported === undefined || service === undefined || service.type === 'ExternalName')
      continue;
    const ready = readyAddresses(state, service.namespace, service.name);
    const { cluster, standing } = state;
    const rank = rankOf(state, home, rules.stale);
    const isLost = standing === 'lost';
    exporters.push({ cluster, service, createdAt: exported.createdAt, ready, rank, isLost });
  }
  return exporters.sort((a, b) => compare(sinceMs(a), sinceMs(b)) || compare(a.cluster, b.cluster));
}

/** A time that can't be read must not let the order depend on who is known first. */
function sinceMs({ createdAt }: Exporter): number {
  const ms = Date.parse(createdAt);
  return Number.isNaN(ms) ? Number.POSITIVE_INFINITY : ms;
}

function compare<T extends string | number>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

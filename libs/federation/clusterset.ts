/**
 * A Service's names in the clusterset zone, by the MCS DNS specification 1.0.0 and KEP-1645: made
 * of what the clusters that export it say, the oldest export deciding where they differ. Which
 * cluster's addresses a ClusterSetIP name gives, the home cluster's reach decides: a ClusterIP
 * means something in its own cluster only.
 */
import type { ServiceImportObject } from '../event/object.ts';
import type { ClusterState } from './cluster-state.ts';
import { addReached, mergedPorts } from './decided-ports.ts';
import { type ReadyAddress, readyAddresses } from './endpoints.ts';
import type { ClustersetLayer } from './layer.ts';
import { reachedBy } from './reach.ts';
import { addHeadless, addVirtual, type Target } from './records.ts';
import {
  type Candidate,
  chosenOf,
  HOME_FIRST,
  MERGE_ALL,
  type Selection,
  selectionOf,
} from './selection.ts';
import { sharedOut } from './share.ts';
import { rankOf } from './standing.ts';

interface Exporter extends Candidate {
  readonly createdAt: string;
}

/** `clusters` in any order: the outcome does not depend on it. */
export function addExported(
  target: Target,
  layer: ClustersetLayer,
  clusters: readonly ClusterState[],
  namespace: string,
  name: string,
): void {
  if (layer.namespaces !== undefined && !layer.namespaces.has(namespace)) return;
  const exporters = exportersOf(layer, clusters, namespace, name);
  const oldest = exporters[0];
  if (oldest === undefined) return;
  const { headless } = oldest.service;
  const otherwise = headless ? MERGE_ALL : HOME_FIRST;
  const selection = selectionOf(layer.rules, oldest.service, otherwise);
  if (layer.clusterNames) addClusterNames(target, layer, exporters, headless);
  if (headless) {
    const ready = exporters.flatMap((exporter) => exporter.ready);
    const chosen = sharedOut(chosenOf(selection, layer.cluster, exporters));
    addHeadless(target, ready, labelInSet, chosen);
    return;
  }
  const imported = importOf(clusters, layer.cluster, `${namespace}/${name}`);
  if (imported === undefined) {
    addSelected(target, layer, selection, exporters, labelInSet);
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
    else addSelected(target, layer, only, [exporter], labelInCluster);
  }
}

function addSelected(
  target: Target,
  { reach, cluster: home }: ClustersetLayer,
  selection: Selection,
  exporters: readonly Exporter[],
  labelOf: (one: ReadyAddress) => string,
): void {
  const reached = reachedBy(reach, home, selection, exporters);
  const choose = (some: readonly Candidate[]) => sharedOut(chosenOf(selection, home, some));
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
 * conflict resolution).
 */
function exportersOf(
  { cluster: home, rules }: ClustersetLayer,
  clusters: Iterable<ClusterState>,
  namespace: string,
  name: string,
): readonly Exporter[] {
  const key = `${namespace}/${name}`;
  const exporters: Exporter[] = [];
  for (const state of clusters) {
    const exported = state.exports.get(key);
    const service = state.services.get(key);
    // An export without a Service, or of an ExternalName, contributes nothing (KEP-1645,
    // ServiceExport status).
    if (exported === undefined || service === undefined || service.type === 'ExternalName')
      continue;
    const ready = readyAddresses(state, namespace, name);
    const { cluster, standing } = state;
    const rank = rankOf(state, home, rules.stale);
    const isLost = standing === 'lost';
    exporters.push({ cluster, service, createdAt: exported.createdAt, ready, rank, isLost });
  }
  return exporters.sort(
    (a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt) || compare(a.cluster, b.cluster),
  );
}

/** What an MCS controller made of it in the home cluster, when it gave it clusterset IPs. */
function importOf(
  clusters: Iterable<ClusterState>,
  home: string,
  key: string,
): ServiceImportObject | undefined {
  for (const state of clusters) {
    const imported = state.cluster === home ? state.imports.get(key) : undefined;
    if (imported?.type === 'ClusterSetIP' && imported.ips.length > 0) return imported;
  }
  return undefined;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

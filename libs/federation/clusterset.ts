/**
 * A Service's names in the clusterset zone, by the MCS DNS specification 1.0.0 and KEP-1645: made
 * of what the clusters that export it say, the oldest export deciding where they differ. Which
 * cluster's addresses a ClusterSetIP name gives, the home cluster's reach decides: a ClusterIP
 * means something in its own cluster only.
 */
import type { ServicePort } from '../event/object.ts';
import type { ClusterState } from './cluster-state.ts';
import { readyAddresses } from './endpoints.ts';
import type { ClustersetLayer } from './layer.ts';
import { type Reached, reachedBy } from './reach.ts';
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
    addHeadless(target, ready, (one) => `${one.hostname}.${one.cluster}`, chosen);
    return;
  }
  const imported = importedAddresses(clusters, layer.cluster, `${namespace}/${name}`);
  const reached: Reached =
    imported.length > 0
      ? { kind: 'virtual', addresses: imported, isLost: false }
      : reachedOf(layer, selection, exporters);
  addReached(target, reached, mergedPorts(exporters));
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
    const { cluster, ready, service } = exporter;
    const target = { names, base: `${cluster}.${base}`, ttl };
    const only: Selection = [[{ cluster, weight: 1 }]];
    if (headless) addHeadless(target, ready, (one) => one.hostname);
    else addReached(target, reachedOf(layer, only, [exporter]), service.ports);
  }
}

function reachedOf(
  { reach, cluster }: ClustersetLayer,
  selection: Selection,
  exporters: readonly Exporter[],
): Reached {
  return reachedBy(reach, cluster, selection, exporters);
}

/** All at the Service's own name; endpoints are at the ports that they listen on. */
function addReached(target: Target, reached: Reached, ports: readonly ServicePort[]): void {
  if (reached.kind === 'virtual') {
    addVirtual(target, reached.addresses, ports, reached.isLost);
    return;
  }
  const { ready } = reached;
  const addresses = ready.map((one) => one.address);
  const own = new Map(
    ready.flatMap((one) => one.ports).map((port) => [JSON.stringify(port), port]),
  );
  const isLost = ready.length > 0 && ready.every((one) => one.isLost);
  addVirtual(target, addresses, [...own.values()], isLost);
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
    (a, b) => compare(a.createdAt, b.createdAt) || compare(a.cluster, b.cluster),
  );
}

/** The clusterset IPs that an MCS controller gave the name in the home cluster. */
function importedAddresses(
  clusters: Iterable<ClusterState>,
  home: string,
  key: string,
): readonly string[] {
  for (const state of clusters) {
    const imported = state.cluster === home ? state.imports.get(key) : undefined;
    if (imported?.type === 'ClusterSetIP') return imported.ips;
  }
  return [];
}

/** The union of all ports, the oldest export's first (KEP-1645, § Service Port). */
export function mergedPorts(candidates: readonly Candidate[]): readonly ServicePort[] {
  const merged: ServicePort[] = [];
  for (const port of candidates.flatMap(({ service }) => service.ports)) {
    const conflicts = (one: ServicePort) =>
      (one.name !== '' && one.name === port.name) ||
      (one.protocol === port.protocol && one.port === port.port);
    if (!merged.some(conflicts)) merged.push(port);
  }
  return merged;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * A Service's names in the clusterset zone, by the MCS DNS specification 1.0.0 and KEP-1645: made
 * of what the clusters that export it say, the oldest export deciding where they differ. Which
 * cluster's addresses a ClusterSetIP name gives, the home cluster's reach decides: a ClusterIP
 * means something in its own cluster only.
 */
import type { ServiceObject, ServicePort } from '../event/object.ts';
import type { ClusterState } from './cluster-state.ts';
import { type ReadyAddress, readyAddresses } from './endpoints.ts';
import { addHeadless, addVirtual, type Target } from './records.ts';

interface Exporter {
  readonly state: ClusterState;
  readonly service: ServiceObject;
  readonly createdAt: string;
  readonly ready: readonly ReadyAddress[];
}

/** `clusters` in any order: the outcome does not depend on it. */
export function addExported(
  target: Target,
  clusters: Iterable<ClusterState>,
  home: string,
  namespace: string,
  name: string,
): void {
  const exporters = exportersOf(clusters, namespace, name);
  const oldest = exporters[0];
  if (oldest === undefined) return;
  const ready = exporters.flatMap((exporter) => exporter.ready);
  if (oldest.service.headless) {
    addHeadless(target, ready, (one) => `${one.hostname}.${one.cluster}`);
    return;
  }
  const imported = importedAddresses(clusters, home, `${namespace}/${name}`);
  const atHome = exporters.find(({ state }) => state.cluster === home);
  if (imported.length > 0) {
    addVirtual(target, imported, mergedPorts(exporters));
  } else if (atHome !== undefined && (atHome.ready.length > 0 || ready.length === 0)) {
    addVirtual(target, atHome.service.clusterIPs, mergedPorts(exporters));
  } else {
    // Another cluster's endpoints, at the ports that they listen on.
    const ports = new Map(
      ready.flatMap((one) => one.ports).map((port) => [JSON.stringify(port), port]),
    );
    addVirtual(
      target,
      ready.map((one) => one.address),
      [...ports.values()],
    );
  }
}

/**
 * Clusters whose Service is exported, oldest export first, then by the cluster's name (KEP-1645,
 * conflict resolution).
 */
function exportersOf(
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
    exporters.push({ state, service, createdAt: exported.createdAt, ready });
  }
  return exporters.sort(
    (a, b) => compare(a.createdAt, b.createdAt) || compare(a.state.cluster, b.state.cluster),
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
function mergedPorts(exporters: readonly Exporter[]): readonly ServicePort[] {
  const merged: ServicePort[] = [];
  for (const port of exporters.flatMap(({ service }) => service.ports)) {
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

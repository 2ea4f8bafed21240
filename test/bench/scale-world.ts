/**
 * The clusters of a large federation, each fact made from numbers alone: nobody keeps a list of
 * 600,000 endpoints to know what the answer must be.
 *
 *   cluster c, service s ─► names, addresses ─► facts, in the order in which a watcher tells them
 *
 * Each cluster has 2,000 services of three endpoints in 100 namespaces. The first namespace is the
 * same in all clusters and the next 20 are the same in ten of them each: all these are exported.
 * The rest is the cluster's own. Every fourth service is headless.
 */
import type { ClusterObject, EndpointSliceObject, ServiceObject } from '../../libs/event/object.ts';

export const HOME = clusterName(0);
export const SERVICES = 2000;
export const ENDPOINTS = 3;
const SERVICES_PER_NAMESPACE = 20;
/** Namespaces that all clusters have, and those that a ring of clusters has. */
const COMMON_NAMESPACES = 1;
const RING_NAMESPACES = 20;
const RING = 10;
const PORTS = [{ name: 'http', protocol: 'TCP', port: 80 }];
/** Addresses that one endpoint goes through, as its pods are replaced. */
export const GENERATIONS = 16;
const POD_NETWORK = 10 * 2 ** 24;
const SERVICE_NETWORK = 172 * 2 ** 24 + 16 * 2 ** 16;

export interface ScaleService {
  readonly cluster: number;
  /** Of SERVICES in its cluster. */
  readonly number: number;
}

export function clusterName(cluster: number): string {
  return `c${cluster}`;
}

export function namespaceOf({ cluster, number }: ScaleService): string {
  const i = Math.floor(number / SERVICES_PER_NAMESPACE);
  if (i < COMMON_NAMESPACES) return `platform-${i}`;
  const isOfRing = i < COMMON_NAMESPACES + RING_NAMESPACES;
  return isOfRing ? `shared-${Math.floor(cluster / RING)}-${i}` : `team-${cluster}-${i}`;
}

export function nameOf({ number }: ScaleService): string {
  return `service-${number}`;
}

export function isHeadless({ number }: ScaleService): boolean {
  return number % 4 === 3;
}

function isExported({ number }: ScaleService): boolean {
  return number < (COMMON_NAMESPACES + RING_NAMESPACES) * SERVICES_PER_NAMESPACE;
}

/** In the zone where each cluster has a label; home's cluster IPs are reached, others' are not. */
export function qualifiedName(service: ScaleService): string {
  return `${ownPart(service)}.${clusterName(service.cluster)}.clusters.local.`;
}

export function homeName(service: ScaleService): string {
  return `${ownPart(service)}.cluster.local.`;
}

function ownPart(service: ScaleService): string {
  return `${nameOf(service)}.${namespaceOf(service)}.svc`;
}

/** What both names give, in no order. `generation`: how often endpoint 0 was replaced. */
export function addressesOf(service: ScaleService, generation = 0): readonly string[] {
  const isVirtual = clusterName(service.cluster) === HOME && !isHeadless(service);
  return isVirtual ? [clusterIP(service)] : endpointsOf(service, generation);
}

function endpointsOf({ cluster, number }: ScaleService, generation: number): readonly string[] {
  const first = (cluster * SERVICES + number) * ENDPOINTS * GENERATIONS;
  return Array.from({ length: ENDPOINTS }, (_, i) => {
    const replaced = i === 0 ? generation % GENERATIONS : 0;
    return addressText(POD_NETWORK + first + i * GENERATIONS + replaced);
  });
}

function clusterIP({ cluster, number }: ScaleService): string {
  return addressText(SERVICE_NETWORK + cluster * SERVICES + number);
}

/** All of a cluster, what others refer to first. */
export function* factsOf(cluster: number): Generator<ClusterObject> {
  const services = Array.from({ length: SERVICES }, (_, number) => ({ cluster, number }));
  for (const name of new Set(services.map(namespaceOf))) {
    yield { kind: 'Namespace', namespace: '', name, labels: { team: name } };
  }
  for (const service of services) yield serviceFact(service);
  for (const service of services) yield sliceFact(service, 0);
  for (const service of services.filter(isExported)) {
    const [namespace, name] = [namespaceOf(service), nameOf(service)];
    const createdAt = new Date(Date.UTC(2026, 0, 1, 0, 0, cluster)).toISOString();
    yield { kind: 'ServiceExport', namespace, name, createdAt };
  }
}

function serviceFact(service: ScaleService): ServiceObject {
  const headless = isHeadless(service);
  return {
    kind: 'Service',
    namespace: namespaceOf(service),
    name: nameOf(service),
    type: 'ClusterIP',
    clusterIPs: headless ? [] : [clusterIP(service)],
    headless,
    ports: PORTS,
    labels: { app: nameOf(service) },
  };
}

/** As its controller writes it when a pod has been replaced. */
export function sliceFact(service: ScaleService, generation: number): EndpointSliceObject {
  const name = nameOf(service);
  return {
    kind: 'EndpointSlice',
    namespace: namespaceOf(service),
    name: `${name}-x7k2p`,
    service: name,
    endpoints: endpointsOf(service, generation).map((address, i) => ({
      addresses: [address],
      pod: `${name}-6d4cf56db6-${i}${i === 0 ? generation : ''}`,
      ready: true,
      node: `node-${(service.number + i) % 20}`,
      topologyZone: `zone-${(service.number + i) % 3}`,
    })),
    ports: PORTS,
    labels: { app: name },
  };
}

function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

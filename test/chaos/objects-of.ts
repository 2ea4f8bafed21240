/**
 * The names of the chaos and the objects behind them: home (east) is asked in its own zone, west by
 * what it exports.
 */
import { headless, PATHS, serviceExport, slice } from '../e2e/objects.ts';

export type ClusterName = 'east' | 'west';
export const CLUSTERS: readonly ClusterName[] = ['east', 'west'];

/** Enough for a wipe to be held: 20 objects of a kind. */
export const STABLE = 24;
/** Services that come and go, in each cluster. */
export const PASSING = 3;
/** Names that never exist, in each zone. */
export const NEVER = 3;

const SECOND_OCTET = { east: 1, west: 2 } as const;

export function nameIn(cluster: ClusterName, service: string): string {
  const zone = cluster === 'east' ? 'cluster.local' : 'clusterset.local';
  return `${service}.shop.svc.${zone}`;
}

export const stable = (cluster: ClusterName, i: number) => `stable-${cluster}-${i}`;
export const passing = (cluster: ClusterName, i: number) => `passing-${cluster}-${i}`;
export const moving = (cluster: ClusterName) => `moving-${cluster}`;
export const BOTH = 'both';
export const BOTH_NAME = nameIn('west', BOTH);

/** `place` is 0 to 65,535: no two values of one name are the same. */
export function addressOf(cluster: ClusterName, block: 'stable' | 'changing', place: number) {
  const [second, third] = [SECOND_OCTET[cluster], place >> 8];
  // Half of a /16 each.
  return `10.${second}.${block === 'stable' ? third : 128 + (third & 127)}.${place & 255}`;
}

export interface Write {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

/** What makes a service with this address, in an order in which it is never seen half. */
export function creation(cluster: ClusterName, service: string, address: string): readonly Write[] {
  const body = headless(service);
  const writes: Write[] = [
    { method: 'POST', path: PATHS.slices, body: slice(service, address) },
    { method: 'POST', path: PATHS.services, body },
  ];
  const isExported = cluster === 'west' || service === BOTH;
  if (isExported)
    writes.push({ method: 'POST', path: PATHS.exports, body: serviceExport(service) });
  return writes;
}

export function removal(cluster: ClusterName, service: string): readonly Write[] {
  const exported: Write = { method: 'DELETE', path: `${PATHS.exports}/${service}` };
  return [
    ...(cluster === 'west' ? [exported] : []),
    { method: 'DELETE', path: `${PATHS.services}/${service}` },
    { method: 'DELETE', path: `${PATHS.slices}/${service}-1` },
  ];
}

export function move(service: string, address: string): Write {
  const path = `${PATHS.slices}/${service}-1`;
  return { method: 'PUT', path, body: slice(service, address) };
}

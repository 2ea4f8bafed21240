/** What of a cluster's facts the layers that are served ask for. */
import type { Kept } from './cluster-state.ts';
import type { FederationConfig, Layer } from './layer.ts';

export function keptFor({ layers }: FederationConfig, cluster: string): Kept {
  return {
    labels: layers.some((layer) => 'labels' in layer && layer.labels !== undefined),
    addresses: layers.some((layer) => layer.cluster === cluster && hasAddresses(layer)),
  };
}

/** Layers of many clusters have Services, and no addresses or pods. */
export function hasAddresses({ kind }: Layer): boolean {
  return kind !== 'clusterset' && kind !== 'qualified';
}

/** Clusters as the tests of this folder know them, and their names as the chain would find them. */
import assert from 'node:assert/strict';
import { formatRecord } from '../dns/presentation.ts';
import type { ClusterObject, EndpointSliceObject, ServiceObject } from '../event/object.ts';
import { serialOf } from './apex.ts';
import { ClusterState, evolve, groupsOf } from './cluster-state.ts';
import { namesOfGroup } from './federation.ts';
import { federationConfig, MANY_DEFAULTS, type ManyClusters } from './federation-layers.ts';
import { placeOfClient } from './known-places.ts';
import type { FederationConfig, Layer } from './layer.ts';
import { lookup, type Outcome } from './lookup.ts';
import { PublishedNames } from './published.ts';
import { parseSelection, type Selection } from './selection.ts';

const ZONES = {
  home: 'east',
  homeZone: 'cluster.local.',
  clustersetZone: 'clusterset.local.',
  reverseZones: ['in-addr.arpa.', 'ip6.arpa.'],
  ttl: 5,
};

/** What the federation directive serves. */
export const CONFIG = federationConfig(ZONES, ['192.0.2.53']);

/** The same with `many.local.` above the clusters' labels, and what is said of many clusters. */
export function manyConfig(more: Partial<ManyClusters> = {}): FederationConfig {
  const zones = { ...ZONES, qualifiedZone: 'many.local.', many: { ...MANY_DEFAULTS, ...more } };
  return federationConfig(zones, ['192.0.2.53']);
}

/** As an operator writes it. */
export function selection(text: string): Selection {
  const parsed = parseSelection(text);
  assert.ok(parsed.kind === 'selection', text);
  return parsed.selection;
}

/** Of a cluster's topology. */
export function node(
  name: string,
  topologyZone?: string,
  topologyRegion?: string,
  addresses: readonly string[] = [],
): ClusterObject {
  return {
    kind: 'Node',
    namespace: '',
    name,
    ...(topologyZone === undefined ? {} : { topologyZone }),
    ...(topologyRegion === undefined ? {} : { topologyRegion }),
    addresses,
  };
}

export const HTTP = { name: 'http', protocol: 'TCP', port: 80 } as const;

export function service(name: string, more: Partial<ServiceObject> = {}): ServiceObject {
  const { type = 'ClusterIP', clusterIPs = [], headless = false, ports = [HTTP], ...rest } = more;
  return { kind: 'Service', namespace: 'shop', name, type, clusterIPs, headless, ports, ...rest };
}

export function slice(
  of: string,
  addresses: readonly string[],
  more: Partial<EndpointSliceObject> = {},
): EndpointSliceObject {
  const endpoints = addresses.map((text) => {
    const [address = '', hostname] = text.split('=');
    return { addresses: [address], ready: true, ...(hostname === undefined ? {} : { hostname }) };
  });
  const ports = [{ name: 'http', protocol: 'TCP', port: 8080 }];
  return {
    kind: 'EndpointSlice',
    namespace: 'shop',
    name: `${of}-1`,
    service: of,
    endpoints,
    ports,
    ...more,
  };
}

export function exported(name: string, createdAt: string): ClusterObject {
  return { kind: 'ServiceExport', namespace: 'shop', name, createdAt };
}

export const SHOP: ClusterObject = { kind: 'Namespace', namespace: '', name: 'shop' };

/**
 * A resolver's view of the clusters: everything computed, asked like the chain asks, by the client
 * of an address.
 */
export function given(
  clusters: Readonly<Record<string, readonly ClusterObject[]>>,
  complete: boolean | ((layer: Layer) => boolean) = true,
  config = CONFIG,
) {
  const states = new Map<string, ClusterState>();
  for (const [name, objects] of Object.entries(clusters)) {
    const state = new ClusterState(name);
    for (const [i, object] of objects.entries()) evolve(state, { kind: 'observed', object }, i + 1);
    states.set(name, state);
  }
  const published = new PublishedNames(config);
  for (const state of states.values()) {
    for (const group of groupsOf(state))
      published.replace(group, namesOfGroup(config, states, group));
  }
  const from = {
    config,
    states,
    serial: serialOf(states),
    isComplete: (layer: Layer) => (typeof complete === 'boolean' ? complete : complete(layer)),
    hasBelow: (name: string) => published.hasBelow(name),
  };
  const { clients } = config;
  return (name: string, type: string, client = '') =>
    lookup({ ...from, place: clients && placeOfClient(clients, states, client) }, name, type);
}

/** The outcome as text: records, or the word for why there are none. */
export function shown(outcome: Outcome): readonly string[] {
  if (outcome.kind === 'answer') {
    const additional = outcome.additional.map((record) => `+ ${formatRecord(record)}`);
    return [...outcome.answer.map(formatRecord), ...additional].sort();
  }
  return [outcome.kind === 'alias' ? `alias ${outcome.target}` : outcome.kind];
}

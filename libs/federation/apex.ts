/**
 * What a zone has apart from Services: its apex, the version, the name server, and what denies its
 * other names. Of layers that share a zone the first one gives these names.
 */
import { parseAddress } from '../dns/address.ts';
import { isWithin, longestZone } from '../dns/name.ts';
import type { RR } from '../dns/rrset.ts';
import { zonesOfLayer } from './federation.ts';
import type { ClusterStates } from './indexed-states.ts';
import type { FederationConfig, Layer } from './layer.ts';
import { externalServer, frontingServers, type Server } from './name-server.ts';
import { NameBuilder, type Names } from './names.ts';
import { onceEach } from './once-each.ts';

/** TTL of `dns-version`, in seconds (both specifications' example). */
const VERSION_TTL = 28800;
/** Longest TTL of the SOA, and so of a denial (RFC 2308 § 5), in seconds: CoreDNS's. */
const SOA_TTL_MAX = 300;
/** Refresh, retry and expire of the SOA, in seconds: CoreDNS's. */
const SOA_TIMERS = '7200 1800 86400';

export interface Apex {
  /** What denials carry, and the zone itself has. */
  readonly soa: RR;
  /** With the addresses of name servers that are a Service's: those of its names are not whole. */
  readonly names: Names;
  /** The names that no group has. */
  readonly owned: ReadonlySet<string>;
}

/** The zones served, in a fixed order: a zone's number in the table is its place here. */
export const zonesOf = onceEach(({ layers }: FederationConfig): readonly string[] => {
  const forward = layers.flatMap(({ zones }) => zones);
  return [...new Set([...forward, ...layers.flatMap(({ reverseZones }) => reverseZones)])];
});

/** The layer that gives the zone's own names. */
export function layerOfZone({ layers }: FederationConfig, zone: string): Layer | undefined {
  return layers.find((layer) => zonesOfLayer(layer).includes(zone));
}

/** The layers that have names in this zone: it lies in one of theirs. */
export function layersOver({ layers }: FederationConfig, zone: string): readonly Layer[] {
  return layers.filter((layer) => longestZone(zone, zonesOfLayer(layer)) !== undefined);
}

/** Whether a name of the zone that no layer has is denied here, and no other plugin is asked. */
export function isDeniedHere(config: FederationConfig, zone: string): boolean {
  return layersOver(config, zone).some(({ fallthrough }) =>
    fallthrough.every((other) => !isWithin(zone, other) && !isWithin(other, zone)),
  );
}

/**
 * Names of a zone that no group has. `clusters`: of a qualified zone, those whose labels are
 * wanted; all by default.
 */
export function apexNames(
  config: FederationConfig,
  states: ClusterStates,
  serial: number,
  zone: string,
  clusters: Iterable<string> = states.keys(),
): Apex {
  const names = new NameBuilder();
  const soa = soaOf(config, serial, zone);
  const layer = layerOfZone(config, zone);
  if (layer === undefined) return { soa, names: names.names(), owned: new Set() };
  names.add(zone, 'SOA', soa.ttl, soa.rdata);
  const primary = primaryServer(config, zone);
  const servers = serversOf(config, states, layer, zone);
  const owned = new Set([zone]);
  for (const server of servers) {
    names.add(zone, 'NS', layer.ttl, server.name);
    if (isWithin(server.name, zone)) addAddresses(names, server, layer.ttl);
  }
  if (layer.reverseZones.includes(zone)) return { soa, names: names.names(), owned };
  owned.add(primary);
  if (!servers.some(({ name }) => name === primary)) {
    const addresses = servers.flatMap((server) => server.addresses);
    addAddresses(names, { name: primary, addresses }, layer.ttl);
  }
  if (layer.kind === 'external') owned.add(`${layer.apexLabel}.${zone}`);
  else if (layer.kind === 'qualified') addClusterApexes(names, owned, clusters, zone);
  else addKubernetesNames(names, owned, layer, zone);
  for (const name of owned) names.exists(name);
  return { soa, names: names.names(), owned };
}

/**
 * The sum of the positions of all logs: it grows with every event, and is the same on every
 * resolver that has read as far. No clock is in it.
 */
export function serialOf(states: ClusterStates): number {
  let serial = 0;
  for (const state of states.values()) serial = (serial + state.position) % 2 ** 32;
  return serial;
}

/** The record that denials carry (RFC 2308): a zone has one, whichever layer denies. */
export function soaOf(config: FederationConfig, serial: number, zone: string): RR {
  const sharers = config.layers.filter((layer) => zonesOfLayer(layer).includes(zone));
  const ttl = Math.min(...sharers.map((layer) => layer.ttl));
  const [first] = sharers;
  const apex = first?.kind === 'external' ? `${first.apexLabel}.${zone}` : zone;
  const server = primaryServer(config, zone);
  return {
    name: zone,
    type: 'SOA',
    ttl: Math.min(ttl, SOA_TTL_MAX),
    rdata: `${server} hostmaster.${apex} ${serial} ${SOA_TIMERS} ${ttl}`,
  };
}

function addKubernetesNames(
  names: NameBuilder,
  owned: Set<string>,
  layer: Layer,
  zone: string,
): void {
  const version = layer.kind === 'home' ? '1.1.0' : '1.0.0';
  names.add(`dns-version.${zone}`, 'TXT', VERSION_TTL, `"${version}"`);
  for (const label of ['dns-version', 'svc', 'pod']) owned.add(`${label}.${zone}`);
}

/** What is above the Services of each cluster of a qualified zone. */
function addClusterApexes(
  names: NameBuilder,
  owned: Set<string>,
  clusters: Iterable<string>,
  zone: string,
): void {
  for (const cluster of clusters) {
    const apex = `${cluster}.${zone}`;
    names.add(`dns-version.${apex}`, 'TXT', VERSION_TTL, '"1.1.0"');
    for (const name of [apex, `svc.${apex}`, `dns-version.${apex}`]) owned.add(name);
  }
}

/** The Service that fronts this name server, where one does; else its own addresses. */
function serversOf(
  config: FederationConfig,
  states: ClusterStates,
  layer: Layer,
  zone: string,
): readonly Server[] {
  const primary = primaryServer(config, zone);
  const own = [{ name: primary, addresses: config.nameServers }];
  if (layer.kind === 'external') {
    if (layer.reverseZones.includes(zone)) return [{ name: primary, addresses: [] }];
    return [externalServer(config, states, layer, primary)];
  }
  if (layer.kind !== 'home') return own;
  const isReverse = layer.reverseZones.includes(zone);
  // A reverse zone's server is the forward zone's: a name below in-addr.arpa would not resolve.
  const forward = isReverse ? layer.zones[0] : zone;
  if (forward === undefined) return own;
  const fronting = frontingServers(config, states, layer, forward);
  return fronting.length === 0 ? own : fronting;
}

/** The name in the SOA, which is also the only server where no Service fronts this one. */
function primaryServer(config: FederationConfig, zone: string): string {
  const layer = layerOfZone(config, zone);
  const isReverse = layer?.reverseZones.includes(zone) === true;
  const forward = isReverse ? (layer.zones[0] ?? zonesOf(config)[0] ?? zone) : zone;
  return layer?.kind === 'external' ? `ns1.${layer.apexLabel}.${forward}` : `ns.dns.${forward}`;
}

function addAddresses(names: NameBuilder, { name, addresses }: Server, ttl: number): void {
  names.exists(name);
  for (const address of addresses) {
    const parsed = parseAddress(address);
    if (parsed !== undefined) names.add(name, parsed.type, ttl, parsed.text);
  }
}

/**
 * What a zone has apart from Services: its apex, the version, the name server, and what denies its
 * other names.
 */
import { parseAddress } from '../dns/address.ts';
import type { RR } from '../dns/rrset.ts';
import type { ClusterStates, FederationConfig } from './federation.ts';
import { NameBuilder, type Names } from './names.ts';

/** TTL of `dns-version`, in seconds (both specifications' example). */
const VERSION_TTL = 28800;
/** Longest TTL of the SOA, and so of a denial (RFC 2308 § 5), in seconds: CoreDNS's. */
const SOA_TTL_MAX = 300;
/** Refresh, retry and expire of the SOA, in seconds: CoreDNS's. */
const SOA_TIMERS = '7200 1800 86400';

/** The zones served, in a fixed order: a zone's number in the table is its place here. */
export function zonesOf(config: FederationConfig): readonly string[] {
  const forward = [config.homeZone, config.clustersetZone].filter((zone) => zone !== undefined);
  return [...forward, ...config.reverseZones];
}

/** Names of a zone that no group has. */
export function apexNames(config: FederationConfig, serial: number, zone: string): Names {
  const names = new NameBuilder();
  const soa = soaOf(config, serial, zone);
  names.add(zone, 'SOA', soa.ttl, soa.rdata);
  const server = nameServerOf(config, zone);
  names.add(zone, 'NS', config.ttl, server);
  if (server.endsWith(zone)) {
    names.exists(server);
    for (const address of config.nameServers) {
      const parsed = parseAddress(address);
      if (parsed !== undefined) names.add(server, parsed.type, config.ttl, parsed.text);
    }
  }
  if (config.reverseZones.includes(zone)) return names.names();
  const version = zone === config.clustersetZone ? '1.0.0' : '1.1.0';
  names.add(`dns-version.${zone}`, 'TXT', VERSION_TTL, `"${version}"`);
  names.exists(`svc.${zone}`);
  names.exists(`pod.${zone}`);
  return names.names();
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

/** The record that denials carry (RFC 2308). */
export function soaOf(config: FederationConfig, serial: number, zone: string): RR {
  const timers = `${serial} ${SOA_TIMERS} ${config.ttl}`;
  return {
    name: zone,
    type: 'SOA',
    ttl: Math.min(config.ttl, SOA_TTL_MAX),
    rdata: `${nameServerOf(config, zone)} hostmaster.${zone} ${timers}`,
  };
}

/** A reverse zone's server is the forward zone's: a name below in-addr.arpa would not resolve. */
function nameServerOf(config: FederationConfig, zone: string): string {
  const forward = config.homeZone ?? config.clustersetZone;
  return config.reverseZones.includes(zone) && forward !== undefined
    ? `ns.dns.${forward}`
    : `ns.dns.${zone}`;
}

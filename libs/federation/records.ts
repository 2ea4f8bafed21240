/**
 * A Service's names in one zone, by the Kubernetes DNS specification 1.1.0 (§ 2.3 ClusterIP, § 2.4
 * headless, § 2.5 ExternalName). What of them CoreDNS adds is here too: SRV at the Service's own
 * name and at its endpoints', addresses at the SRV owners, names of endpoints also for Services
 * with a cluster IP.
 */
import { parseAddress } from '../dns/address.ts';
import { absoluteName, LABEL_OCTETS_MAX, lowerName } from '../dns/name.ts';
import type { ServiceObject, ServicePort } from '../event/object.ts';
import type { ReadyAddress } from './endpoints.ts';
import { fitsName, type NameBuilder } from './names.ts';
import type { SharedAddress } from './share.ts';

/** Where names are built. `base` is the Service's own name. */
export interface Target {
  readonly names: NameBuilder;
  readonly base: string;
  readonly ttl: number;
}

/**
 * One thing to connect to: an address under its name, and a port. Port 0: only the address is
 * known.
 */
interface Backend {
  readonly host: string;
  readonly address: string;
  readonly port: ServicePort | undefined;
  /** Of SRV; undefined: all backends have the same. */
  readonly weight?: number | undefined;
  /** Of a cluster that is lost. */
  readonly isLost: boolean;
}

/** The names of a Service in its own cluster's zone. */
export function addService(
  target: Target,
  service: ServiceObject,
  ready: readonly ReadyAddress[],
  isLost: boolean,
): void {
  if (service.type === 'ExternalName') {
    addExternalName(target, service, isLost);
    return;
  }
  if (service.headless) {
    addHeadless(target, ready, (one) => one.hostname);
    return;
  }
  addVirtual(target, service.clusterIPs, service.ports, isLost);
  addEndpointNames(target, ready, (one) => one.hostname);
}

/**
 * Names of a Service that is reached at virtual addresses: A, AAAA, and SRV for each port, all at
 * its own name.
 */
export function addVirtual(
  target: Target,
  addresses: readonly string[],
  ports: readonly ServicePort[],
  isLost = false,
): void {
  target.names.exists(target.base);
  const some = ports.length === 0 ? [undefined] : ports;
  addBackends(
    target,
    addresses.flatMap((address) =>
      some.map((port) => ({ host: target.base, address, port, isLost })),
    ),
  );
}

/**
 * Names of a Service that is reached at its endpoints. Without a ready one it has no name at all,
 * and is denied, as both specifications want it. `labelOf`: what names an endpoint below the
 * Service. `chosen`: what its own name has of them, all by default.
 */
export function addHeadless(
  target: Target,
  ready: readonly ReadyAddress[],
  labelOf: (one: ReadyAddress) => string,
  chosen: readonly SharedAddress[] = ready,
): void {
  addEndpointNames(target, ready, labelOf);
  addBackends(target, backendsOf(target, chosen, labelOf));
}

/** Names of a Service's endpoints, below its own. */
export function addEndpointNames(
  target: Target,
  ready: readonly ReadyAddress[],
  labelOf: (one: ReadyAddress) => string,
): void {
  const perHost = Map.groupBy(backendsOf(target, ready, labelOf), ({ host }) => host);
  for (const [host, some] of perHost) addRecords(target, host, some);
}

/** A port of a Service that leads to the names of endpoints, which are made with it. */
export function addPortOfEndpoints(
  target: Target,
  port: Pick<ServicePort, 'name' | 'protocol'>,
  ready: readonly ReadyAddress[],
  labelOf: (one: ReadyAddress) => string,
): void {
  const owner = portOwner(target, port);
  if (owner === undefined) return;
  addEndpointNames(target, ready, labelOf);
  addRecords(target, owner, backendsOf(target, ready, labelOf));
}

/**
 * The name under which a Service gives these endpoints only, wherever it is: addresses, and SRV to
 * the endpoints' names.
 */
export function addSelection(target: Target, owner: string, ready: readonly ReadyAddress[]): void {
  target.names.exists(owner);
  addRecords(
    target,
    owner,
    backendsOf(target, ready, (one) => one.hostname),
  );
}

function backendsOf(
  { base }: Target,
  ready: readonly SharedAddress[],
  labelOf: (one: ReadyAddress) => string,
): readonly Backend[] {
  return ready.flatMap((one) => {
    const host = `${labelOf(one)}.${base}`;
    const some = one.ports.length === 0 ? [undefined] : one.ports;
    const { address, srvWeight: weight, isLost } = one;
    return some.map((port) => ({ host, address, port, weight, isLost }));
  });
}

/** The Service's own name, and `_port._protocol` below it. */
function addBackends(target: Target, backends: readonly Backend[]): void {
  const { base } = target;
  const perPort = new Map<string, Backend[]>([[base, [...backends]]]);
  for (const backend of backends) {
    const owner = backend.port && portOwner(target, backend.port);
    if (owner === undefined) continue;
    const some = perPort.get(owner);
    if (some === undefined) perPort.set(owner, [backend]);
    else some.push(backend);
  }
  for (const [owner, some] of perPort) addRecords(target, owner, some);
}

/** `_port._protocol` below the Service; undefined for a port without a name that fits. */
function portOwner(
  { base }: Target,
  { name, protocol }: Pick<ServicePort, 'name' | 'protocol'>,
): string | undefined {
  // Kubernetes allows 63 octets, to which the underscore comes.
  if (name === '' || name.length >= LABEL_OCTETS_MAX) return undefined;
  return `_${lowerName(name)}._${lowerName(protocol)}.${base}`;
}

/** Addresses, and a SRV for each port. */
function addRecords({ names, ttl }: Target, owner: string, backends: readonly Backend[]): void {
  for (const { address, isLost } of backends) addAddress(names, owner, ttl, address, isLost);
  const equal = srvWeight(backends.length);
  for (const { host, port, weight = equal, isLost } of backends) {
    // "All ports" is no number that SRV could name.
    if (port === undefined || port.port === 0 || !fitsName(host)) continue;
    names.add(owner, 'SRV', ttl, `0 ${weight} ${port.port} ${host}`, isLost);
  }
}

/** CoreDNS's: a hundred shared by all backends, before equal SRV records become one. */
export function srvWeight(backends: number): number {
  return Math.max(1, Math.floor(100 / backends));
}

function addExternalName(
  { names, base, ttl }: Target,
  service: ServiceObject,
  isLost: boolean,
): void {
  const external = service.externalName ?? '';
  // An address is no name: such a Service does not exist for DNS.
  if (external === '' || parseAddress(external) !== undefined) return;
  names.add(base, 'CNAME', ttl, lowerName(absoluteName(external)), isLost);
}

function addAddress(
  names: NameBuilder,
  name: string,
  ttl: number,
  address: string,
  isLost: boolean,
): void {
  names.add(name, address.includes(':') ? 'AAAA' : 'A', ttl, address, isLost);
}

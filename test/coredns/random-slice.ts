/** A random EndpointSlice: what a controller writes, and what only a person would. */
import type { ObjectRef } from '../../libs/event/object.ts';
import { type RawObject, rawObject } from '../cluster/collections.ts';
import { OWN_ADDRESSES } from './own-addresses.ts';
import type { Random } from './random.ts';
import { randomLabels } from './random-labels.ts';
import { withLongName } from './random-port-name.ts';
import { FRONTING } from './random-service.ts';

/** So few that Services share them; the last are cluster IPs. */
const IPV4 = [
  ...['10.244.0.1', '10.244.0.2', '10.244.0.3', '10.244.1.1', '192.0.2.7', '10.245.255.255'],
  ...['10.96.0.1', '10.96.1.1'],
] as const;
const IPV6 = [
  ...['fd00:10:244::1', 'fd00:10:244::a:0', '2001:db8::', '2001:db8::1:0:0:1', 'fd00:10:96::101'],
  '::2',
] as const;
/** The last one is no label: it is too long. */
const POD_NAMES = ['web-7d9c', 'web-8f00', 'db-0', 'p'.repeat(63), 'p'.repeat(64)] as const;
const HOSTNAMES = ['db-0', 'db-1', 'a', '10-244-0-1', '0', 'h'.repeat(63)] as const;
/** Of this machine: whose endpoint it is, is the name server of the zone. */
const OWN = OWN_ADDRESSES.flatMap(({ type, rdata }) => (type === 'A' ? [rdata] : []));
const FRONTED = [...OWN.slice(0, 1), ...IPV4.slice(0, 2)];
/** Values of a label: any case, and dots. */
const TOPOLOGY_ZONES = ['zone-a', 'Zone.B', 'zone_c'] as const;
const PORT_NAMES = ['http', 'grpc', 'dns', '', '80a'] as const;

/**
 * Of a slice without a label: with addresses of its own, since CoreDNS says nothing at all of one
 * that such a slice has, so that nothing can be compared.
 */
const UNLABELLED = { IPv4: ['10.244.9.9'], IPv6: ['fd00:10:244::99'] } as const;

/** `service` undefined: it has no label. */
export function randomSlice(
  random: Random,
  { namespace, name }: ObjectRef,
  service: string | undefined,
): RawObject {
  const addressType = random.percent(60) ? 'IPv4' : 'IPv6';
  const labelled = addressType === 'IPv6' ? IPV6 : service === FRONTING ? FRONTED : IPV4;
  const addresses = service === undefined ? UNLABELLED[addressType] : labelled;
  const own = service === undefined ? {} : { 'kubernetes.io/service-name': service };
  const labels = { ...randomLabels(random), ...own };
  const fields = {
    addressType,
    endpoints: randomEndpoints(random, namespace, addresses, 5),
    ports: randomSlicePorts(random),
  };
  return rawObject('EndpointSlice', namespace, name, fields, { labels });
}

/** Each address is in one topology zone, or in none. */
export function randomEndpoints(
  random: Random,
  namespace: string,
  addresses: readonly string[],
  most: number,
) {
  const zones = new Map(
    addresses.map((one) => [one, random.percent(30) ? random.pick(TOPOLOGY_ZONES) : undefined]),
  );
  return Array.from({ length: random.below(most) }, () => {
    const endpoint = randomEndpoint(random, namespace, addresses);
    const zone = zones.get(endpoint.addresses[0] ?? '');
    const there = endpoint.addresses.filter((address) => zones.get(address) === zone);
    return { ...endpoint, addresses: there, ...(zone === undefined ? {} : { zone }) };
  });
}

function randomEndpoint(random: Random, namespace: string, addresses: readonly string[]) {
  const ready = random.pick([true, true, true, false, undefined]);
  const pod = { kind: 'Pod', namespace, name: random.pick(POD_NAMES) };
  return {
    addresses: randomAddresses(random, addresses),
    conditions:
      random.percent(10) && ready === false
        ? { ready, serving: true, terminating: true }
        : ready === undefined
          ? {}
          : { ready },
    ...(random.percent(40) ? { hostname: random.pick(HOSTNAMES) } : {}),
    ...(random.percent(50) ? { targetRef: pod } : {}),
  };
}

/** Nearly always one; the API takes the same one twice. */
function randomAddresses(random: Random, addresses: readonly string[]): readonly string[] {
  if (random.percent(90)) return random.some(addresses, 1, 1);
  const some = random.some(addresses, 3, 2);
  return random.percent(50) ? some : [...some, ...some.slice(0, 1)];
}

/** A port may be "all ports", which has no number; a slice may have none at all. */
export function randomSlicePorts(random: Random) {
  return withLongName(random, random.some(PORT_NAMES, 3)).map((name) => ({
    name,
    protocol: random.pick(['TCP', 'TCP', 'UDP', 'SCTP']),
    ...(random.percent(90) ? { port: random.pick([53, 80, 443, 8080]) } : {}),
  }));
}

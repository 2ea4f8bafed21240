/** A random Service of any shape. */
import type { ObjectRef } from '../../libs/event/object.ts';
import { type RawObject, rawObject } from '../cluster/collections.ts';
import type { ClusterIPs } from './cluster-ips.ts';
import type { Random } from './random.ts';
import { randomLabels } from './random-labels.ts';
import { withLongName } from './random-port-name.ts';

/** What ExternalNames lead to outside of the cluster: external-names.ts knows what they are. */
const EXTERNAL = [
  'a.example',
  'a.example.',
  'both.example',
  'alias.example',
  'none.example',
  'nx.example',
  'refused.example',
  'example',
  '192.0.2.99',
] as const;

/** Its endpoints may be this machine. As an ExternalName it would fail CoreDNS's name servers. */
export const FRONTING = 'server';

const PORT_NAMES = ['http', 'grpc', 'dns', 'dns-tcp', '80a', 'a'] as const;

/** One of `others` may be what an ExternalName leads to. */
export function randomService(
  random: Random,
  { namespace, name }: ObjectRef,
  others: readonly ObjectRef[],
  ips: ClusterIPs,
): RawObject {
  const shapes = ['virtual', 'virtual', 'headless', 'headless', 'external'] as const;
  const picked = random.pick(shapes);
  const shape = name === FRONTING && picked === 'external' ? 'virtual' : picked;
  const ports = randomPorts(random, shape === 'virtual' ? 1 : 0);
  const spec =
    shape === 'external'
      ? { type: 'ExternalName', externalName: externalName(random, others), ports }
      : { ...(shape === 'headless' ? HEADLESS : virtual(random, ips)), ports };
  const labels = randomLabels(random);
  return rawObject('Service', namespace, name, { spec }, { labels });
}

const HEADLESS = {
  clusterIP: 'None',
  clusterIPs: ['None'],
  ipFamilyPolicy: 'RequireDualStack',
  ipFamilies: ['IPv4', 'IPv6'],
};

function virtual(random: Random, ips: ClusterIPs) {
  const { ipv4, ipv6 } = ips.take();
  const type = random.pick(['ClusterIP', 'ClusterIP', 'NodePort', 'LoadBalancer']);
  const families = random.pick([['IPv4'], ['IPv4'], ['IPv6'], ['IPv4', 'IPv6'], ['IPv6', 'IPv4']]);
  const clusterIPs = families.map((family) => (family === 'IPv4' ? ipv4 : ipv6));
  return {
    type,
    ipFamilyPolicy: families.length === 2 ? 'RequireDualStack' : 'SingleStack',
    ipFamilies: families,
    clusterIP: clusterIPs[0],
    clusterIPs,
    ...(random.percent(10) ? { externalIPs: ['198.51.100.7'] } : {}),
    ...(random.percent(20) ? { publishNotReadyAddresses: true } : {}),
  };
}

/** Names and numbers are unique in a Service; one alone needs no name. */
function randomPorts(random: Random, least: number) {
  const count = least + random.below(4);
  const unnamed = count === 1 && random.percent(50);
  const names = withLongName(random, random.some(PORT_NAMES, count, count));
  const numbers = random.some([53, 80, 443, 8080, 65535, 1], count, count);
  return names.map((name, i) => ({
    ...(unnamed ? {} : { name }),
    protocol: random.pick(['TCP', 'TCP', 'UDP', 'SCTP']),
    port: numbers[i],
  }));
}

/**
 * To the world, or into the cluster, whatever its zone is: in the two zones that are likely. A name
 * that is there, one that is not, one that has no records, one below another.
 */
function externalName(random: Random, others: readonly ObjectRef[]): string {
  if (random.percent(40)) return random.pick(EXTERNAL);
  const zone = random.pick(['cluster.local', 'cluster.local', 'internal']);
  const other = random.oneOf(others);
  const base = `${other?.name ?? 'web'}.${other?.namespace ?? 'shop'}.svc.${zone}`;
  return random.pick([
    base,
    base,
    `below.${base}`,
    `nope.${base.slice(base.indexOf('.') + 1)}`,
    `svc.${zone}`,
    zone,
    `ns.dns.${zone}`,
    `dns-version.${zone}`,
    '1.0.96.10.in-addr.arpa',
  ]);
}

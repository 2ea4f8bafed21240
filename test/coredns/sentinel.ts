/**
 * How it shows that a server has seen all that was written before: objects that are the last of
 * their kinds, and that every filter of a variant lets through.
 */
import { type RawObject, rawObject } from '../cluster/collections.ts';
import type { Variant } from './variant.ts';

/** What every selector of a variant takes. */
const LABELS = { tier: 'front', team: 'a' };

export function sentinel(number: number): readonly RawObject[] {
  const namespace = sentinelNamespace(number);
  const address = sentinelAddress(number);
  const endpoints = [{ addresses: [address], conditions: { ready: true } }];
  const slice = { addressType: 'IPv4', endpoints, ports: [] };
  const of = (service: string) => ({ ...LABELS, 'kubernetes.io/service-name': service });
  const ofImport = {
    ...LABELS,
    'multicluster.kubernetes.io/service-name': 'here',
    'multicluster.kubernetes.io/source-cluster': 'east',
  };
  const importing = { ...slice, endpoints: [{ addresses: ['198.18.0.1'], conditions: {} }] };
  return [
    rawObject('Namespace', '', namespace, {}, { labels: LABELS }),
    rawObject('Service', namespace, 'here', { spec: { clusterIP: 'None' } }, { labels: LABELS }),
    rawObject('Service', namespace, 'virtual', { spec: virtual(number) }, { labels: LABELS }),
    rawObject('EndpointSlice', namespace, 'here', slice, { labels: of('here') }),
    rawObject('EndpointSlice', namespace, 'virtual', slice, { labels: of('virtual') }),
    rawObject('Pod', namespace, 'here', podFields([address]), { labels: LABELS }),
    rawObject('ServiceImport', namespace, 'here', { spec: IMPORTED }, { labels: LABELS }),
    rawObject('EndpointSlice', namespace, 'imported', importing, { labels: ofImport }),
  ];
}

const IMPORTED = { type: 'Headless', ports: [] };

function virtual(number: number) {
  const clusterIP = `10.111.0.${number % 256}`;
  return { clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80, protocol: 'TCP' }] };
}

/** What the API wants of a pod that runs. */
export function podFields(addresses: readonly string[], phase = 'Running', hostNetwork = false) {
  return {
    spec: {
      nodeName: 'node-1',
      hostNetwork,
      containers: [{ name: 'main', image: 'image' }],
    },
    status: {
      phase,
      podIP: addresses[0],
      podIPs: addresses.map((ip) => ({ ip })),
      ...(hostNetwork ? { hostIP: addresses[0], hostIPs: addresses.map((ip) => ({ ip })) } : {}),
    },
  };
}

export function sentinelNamespace(number: number): string {
  return `sentinel-${number}`;
}

function sentinelAddress(number: number): string {
  return `203.0.113.${number % 256}`;
}

export function isSentinel({ metadata: { name, namespace } }: RawObject): boolean {
  return (namespace ?? name).startsWith('sentinel-');
}

/** Names that have addresses, each of them, once it has been seen. */
export function sentinelNames(
  { zones: [zone = ''], multicluster: [clusterset], ...variant }: Variant,
  number: number,
): readonly string[] {
  const namespace = sentinelNamespace(number);
  const names = [`virtual.${namespace}.svc.${zone}.`];
  if (!variant.noendpoints) names.push(`here.${namespace}.svc.${zone}.`);
  if (variant.pods === 'verified') {
    names.push(`${sentinelAddress(number).replaceAll('.', '-')}.${namespace}.pod.${zone}.`);
  }
  // Without endpoints CoreDNS knows none of those that were imported either.
  if (clusterset !== undefined && !variant.noendpoints) {
    names.push(`here.${namespace}.svc.${clusterset}.`);
  }
  return names;
}

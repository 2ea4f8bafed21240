/**
 * The names that a world may have, whether or not they exist: from its objects by the grammar of
 * the Kubernetes DNS specification, their parents, and what looks like them.
 */
import { isJson } from '../../libs/cluster/field.ts';
import { parseAddress, reverseName } from '../../libs/dns/address.ts';
import { lowerName, parentName } from '../../libs/dns/name.ts';
import type { RawObject } from '../cluster/collections.ts';
import type { Variant } from './variant.ts';
import type { World } from './world.ts';

/** Lower-case and absolute, none twice. */
export function namesOf(world: World, { zones, multicluster }: Variant): readonly string[] {
  const names = new Set<string>();
  for (const [i, zone] of [...zones, ...multicluster].entries()) {
    const apex = `${lowerName(zone)}.`;
    const isImports = i >= zones.length;
    for (const raw of world.values()) {
      for (const name of namesOfObject(raw, apex, isImports)) names.add(name);
    }
    for (const name of fixedNames(apex)) names.add(name);
  }
  for (const name of [...names]) {
    for (let up = parentName(name); up !== undefined; up = parentName(up)) names.add(up);
  }
  return [...names];
}

function namesOfObject(raw: RawObject, apex: string, isImports: boolean): readonly string[] {
  const { name, namespace = '' } = raw.metadata;
  const base = `${name}.${namespace}.svc.${apex}`;
  const spec = isJson(raw.spec) ? raw.spec : {};
  switch (raw.kind) {
    case 'Namespace':
      return [`${name}.svc.${apex}`, `${name}.pod.${apex}`];
    case 'Service':
    case 'ServiceImport': {
      const addresses = [...listOf(spec.clusterIPs), ...listOf(spec.ips)].map(String);
      const reverse = addresses.filter(isAddress).map(reverseName);
      return [base, ...portNames(spec.ports, base), ...zonalNames(base, ''), ...reverse];
    }
    case 'Pod':
      return podNames(raw, namespace, apex);
    default:
      return sliceNames(raw, namespace, apex, isImports);
  }
}

function sliceNames(
  raw: RawObject,
  namespace: string,
  apex: string,
  isImports: boolean,
): readonly string[] {
  const labels = isJson(raw.metadata.labels) ? raw.metadata.labels : {};
  const imported = labels['multicluster.kubernetes.io/service-name'];
  // Each in its own zone: in the other they are as good as any name that is not there.
  if (isImports !== (imported !== undefined)) return [];
  const service = imported ?? labels['kubernetes.io/service-name'] ?? 'nobody';
  const base = `${String(service)}.${namespace}.svc.${apex}`;
  const cluster = labels['multicluster.kubernetes.io/source-cluster'];
  const below = cluster === undefined ? base : `${String(cluster)}.${base}`;
  const hosts = listOf(raw.endpoints).flatMap((endpoint) => [
    ...hostNames(endpoint, below),
    ...zonalNames(base, isJson(endpoint) ? endpoint.zone : undefined),
  ]);
  return [base, ...portNames(raw.ports, base), ...hosts];
}

/** By each address, in its own spelling and in others, and with labels that mean nothing. */
function podNames(raw: RawObject, namespace: string, apex: string): readonly string[] {
  const status = isJson(raw.status) ? raw.status : {};
  return listOf(status.podIPs).flatMap((one) => {
    const address = isJson(one) ? String(one.ip) : '';
    const dashed = address.replace(/[.:]/g, '-');
    const base = `${dashed}.${namespace}.pod.${apex}`;
    const others = [`x.${base}`, `x.y.${base}`, `x.y.z.${base}`, `_x._tcp.${base}`];
    const spelt = address.replace('::', ':0:').replaceAll(':', '-');
    return [
      base,
      ...others,
      `0${base}`,
      `${spelt}.${namespace}.pod.${apex}`,
      `${dashed}.default.pod.${apex}`,
      reverseName(address),
    ];
  });
}

/** `zone` undefined: none of them. */
function zonalNames(base: string, zone: unknown): readonly string[] {
  if (typeof zone !== 'string') return [];
  const topology = zone === '' ? 'nowhere' : lowerName(zone);
  return [
    `${topology}.pin._zone.${base}`,
    `${topology}.prefer._zone.${base}`,
    `${topology}.nope._zone.${base}`,
    `pin._zone.${base}`,
  ];
}

/** Names that are there whatever the cluster has, or never. */
function fixedNames(apex: string): readonly string[] {
  return [
    ...['dns-version', 'x.dns-version', 'ns.dns', 'x.ns.dns', 'pod', 'x', 'svc.svc', '_tcp', 'any'],
    ...['nope.default.svc', 'nope.svc', '*.default.svc', '*.kubernetes.default.svc', '*', 'hosts'],
    ...['kubernetes.default.svc', '_https._tcp.kubernetes.default.svc', 'default.svc', 'a.b.c.d.e'],
    ...['https.tcp.kubernetes.default.svc', '_https._tcp.kubernetes.default'],
    ...['x.y.kubernetes.default.svc', 'kubernetes.default'],
    ...['10-244-0-1.default.pod', '10-244-0-1.nope.pod', 'x.10-244-0-1.default.pod'],
    ...['1-2-3.default.pod', '1-2-3-256.default.pod', '01-2-3-4.default.pod', '--1.default.pod'],
    ...['1-2-3-4-5.default.pod', 'fd00--1--2.default.pod', '--ffff-1-2-3-4.default.pod'],
    ...[`${'x'.repeat(63)}.default.svc`, `${'x'.repeat(63)}.default.pod`, 'a.b.c.default.svc'],
    ...['zone-a.pin._zone.kubernetes.default.svc', 'zone-a.pin._zone.nope.default.svc'],
  ]
    .map((left) => `${left}.${apex}`)
    .concat([
      `x${apex}`,
      `ns.dns.${apex}${apex}`,
      'example.',
      'a.example.',
      'both.example.',
      'nx.example.',
      'refused.example.',
    ])
    .concat(['300.1.96.10.in-addr.arpa.', '01.0.96.10.in-addr.arpa.', 'x.1.0.96.10.in-addr.arpa.'])
    .concat(['ns.dns.in-addr.arpa.', 'svc.in-addr.arpa.', 'ns.dns.10.in-addr.arpa.'])
    .concat(['1.0.0.0.0.0.0.0.0.d.f.ip6.arpa.', 'g.0.0.0.0.0.0.0.0.d.f.ip6.arpa.']);
}

/** `_port._protocol`, with what is nearly that. */
function portNames(ports: unknown, base: string): readonly string[] {
  return listOf(ports).flatMap((port) => {
    const { name, protocol } = isJson(port) ? port : {};
    const proto = String(protocol ?? 'tcp').toLowerCase();
    // One that has 64 octets with its underscore is no label.
    if (typeof name !== 'string' || name === '' || name.length > 62) return [];
    return [
      `_${name}._${proto}.${base}`,
      `_${name}._${proto === 'tcp' ? 'udp' : 'tcp'}.${base}`,
      `_nope._${proto}.${base}`,
      `x._${name}._${proto}.${base}`,
      `${name}.${proto}.${base}`,
      `_${name}.${proto}.${base}`,
      `${name}._${proto}.${base}`,
      `__${name}._${proto}.${base}`,
    ];
  });
}

/** Of an endpoint: its hostname, and addresses with dashes, which only one without hostname has. */
function hostNames(endpoint: unknown, base: string): readonly string[] {
  const { hostname, addresses, targetRef } = isJson(endpoint) ? endpoint : {};
  const dashed = listOf(addresses).map((address) => String(address).replace(/[.:]/g, '-'));
  const labels = dashed.flatMap((label) => [label, `${label}0`, `0${label}`]);
  if (typeof hostname === 'string') labels.push(hostname, `x.${hostname}`);
  if (isJson(targetRef) && String(targetRef.name).length < 64) labels.push(String(targetRef.name));
  return [
    ...labels.map((label) => `${label}.${base}`),
    ...listOf(addresses).map(String).map(reverseName),
  ];
}

function isAddress(text: string): boolean {
  return parseAddress(text) !== undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

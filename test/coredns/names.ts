/**
 * The names that a world may have, whether or not they exist: from its objects by the grammar of
 * the Kubernetes DNS specification, their parents, and what looks like them.
 */
import { isJson } from '../../libs/cluster/field.ts';
import { parseAddress, reverseName } from '../../libs/dns/address.ts';
import { lowerName, parentName } from '../../libs/dns/name.ts';
import type { RawObject } from '../cluster/collections.ts';
import type { World } from './world.ts';

/** Lower-case and absolute, none twice. */
export function namesOf(world: World, zone: string): readonly string[] {
  const apex = `${lowerName(zone)}.`;
  const names = new Set<string>();
  for (const raw of world.values()) for (const name of namesOfObject(raw, apex)) names.add(name);
  for (const name of fixedNames(apex)) names.add(name);
  for (const name of [...names]) {
    for (let up = parentName(name); up !== undefined; up = parentName(up)) names.add(up);
  }
  return [...names];
}

function namesOfObject(raw: RawObject, apex: string): readonly string[] {
  const { name, namespace = '' } = raw.metadata;
  if (raw.kind === 'Namespace') return [`${name}.svc.${apex}`, `${name}.pod.${apex}`];
  if (raw.kind === 'Service') {
    const spec = isJson(raw.spec) ? raw.spec : {};
    const addresses = listOf(spec.clusterIPs).map(String).filter(isAddress);
    const base = `${name}.${namespace}.svc.${apex}`;
    return [base, ...portNames(spec.ports, base), ...addresses.map(reverseName)];
  }
  const labels = raw.metadata.labels;
  const service = isJson(labels) ? labels['kubernetes.io/service-name'] : undefined;
  const base = `${String(service ?? 'nobody')}.${namespace}.svc.${apex}`;
  const hosts = listOf(raw.endpoints).flatMap((endpoint) => hostNames(endpoint, base));
  return [base, ...portNames(raw.ports, base), ...hosts];
}

/** Names that are there whatever the cluster has, or never. */
function fixedNames(apex: string): readonly string[] {
  return [
    ...['dns-version', 'x.dns-version', 'ns.dns', 'x.ns.dns', 'pod', 'x', 'svc.svc', '_tcp', 'any'],
    ...['nope.default.svc', 'nope.svc', '*.default.svc', '*.kubernetes.default.svc', '*', 'hosts'],
    ...['kubernetes.default.svc', '_https._tcp.kubernetes.default.svc', 'default.svc', 'a.b.c.d.e'],
    ...['_https._tcp.kubernetes.default', 'x.y.kubernetes.default.svc', 'kubernetes.default'],
    ...['10-244-0-1.default.pod', '10-244-0-1.nope.pod', 'x.10-244-0-1.default.pod'],
  ]
    .map((left) => `${left}.${apex}`)
    .concat([
      `x${apex}`,
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
    ];
  });
}

/** Of an endpoint: its hostname, and addresses with dashes, which only one without hostname has. */
function hostNames(endpoint: unknown, base: string): readonly string[] {
  const { hostname, addresses } = isJson(endpoint) ? endpoint : {};
  const dashed = listOf(addresses).map((address) => String(address).replace(/[.:]/g, '-'));
  const labels = dashed.flatMap((label) => [label, `${label}0`, `0${label}`]);
  if (typeof hostname === 'string') labels.push(hostname, `x.${hostname}`);
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

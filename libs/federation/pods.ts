/**
 * Names of pods by their addresses, `10-1-0-1.shop.pod.cluster.local` (Kubernetes DNS specification
 * of old, which CoreDNS keeps): of pods that are there (`pods verified`), or of any address that
 * can be asked for (`pods insecure`), which no list of names can hold.
 */
import { parseAddress } from '../dns/address.ts';
import type { ClusterState } from './cluster-state.ts';
import { hasNamespace } from './exposure.ts';
import { type Group, podGroup } from './group.ts';
import { matches } from './label-selector.ts';
import type { HomeLayer, ImportsLayer } from './layer.ts';
import { NameBuilder, type Names } from './names.ts';
import { srvWeight } from './records.ts';

/** A layer whose zones may have pods. */
export type PodLayer = HomeLayer | ImportsLayer;

/** What one pod group has in the zones of a layer. */
export function addPods(
  names: NameBuilder,
  layer: PodLayer,
  state: ClusterState,
  { namespace, address }: { readonly namespace: string; readonly address: string },
): void {
  if (layer.pods !== 'verified' || !hasNamespace(layer, state, namespace)) return;
  const { labels, ttl } = layer;
  const there = [...state.podsOfAddress.get(address)].filter((key) => {
    const pod = state.pods.get(key);
    if (pod === undefined || pod.namespace !== namespace) return false;
    return labels === undefined || matches(labels, pod.labels);
  });
  if (there.length === 0) return;
  for (const zone of layer.zones) {
    const name = podName({ namespace, address }, zone);
    addPod({ names, ttl, weight: srvWeight(there.length) }, name, name, address);
  }
}

/** Each dot or colon of the address a dash. */
export function podName(
  { namespace, address }: { readonly namespace: string; readonly address: string },
  zone: string,
): string {
  return `${address.replace(/[.:]/g, '-')}.${namespace}.pod.${zone}`;
}

/** What `pods insecure` says of a name that is a pod's, or has labels before that. */
export function insecurePod(
  layer: PodLayer,
  state: ClusterState | undefined,
  { label, namespace, zone }: { label: string; namespace: string; zone: string },
  name: string,
): Names {
  const names = new NameBuilder();
  const address = addressOfLabel(label);
  if (address === undefined || state === undefined || !hasNamespace(layer, state, namespace)) {
    return names.names();
  }
  const own = `${label}.${namespace}.pod.${zone}`;
  for (const owner of new Set([own, name])) {
    addPod({ names, ttl: layer.ttl, weight: srvWeight(1) }, owner, own, address);
  }
  return names.names();
}

/** The group of a pod's label; undefined when it is no address as pods are named by. */
export function podGroupOfLabel(namespace: string, label: string): Group | undefined {
  const address = addressOfLabel(label);
  // An address has one such label: that of another spelling of it is nobody's.
  if (address === undefined || address.replace(/[.:]/g, '-') !== label) return undefined;
  return podGroup(namespace, address);
}

function addressOfLabel(label: string): string | undefined {
  const isIPv4 = label.split('-').length === 4 && !label.includes('--');
  return parseAddress(label.replaceAll('-', isIPv4 ? '.' : ':'))?.text;
}

interface PodRecords {
  readonly names: NameBuilder;
  readonly ttl: number;
  readonly weight: number;
}

/** CoreDNS gives SRV too, to no port in particular. `own`: the pod's name without more labels. */
function addPod(
  { names, ttl, weight }: PodRecords,
  owner: string,
  own: string,
  address: string,
): void {
  names.add(owner, address.includes(':') ? 'AAAA' : 'A', ttl, address);
  names.add(owner, 'SRV', ttl, `0 ${weight} 0 ${own}`);
}

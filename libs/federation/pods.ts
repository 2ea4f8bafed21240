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
import type { HomeLayer } from './layer.ts';
import { NameBuilder, type Names } from './names.ts';

/** What one pod group has in the zones of a layer. */
export function addPods(
  names: NameBuilder,
  layer: HomeLayer,
  state: ClusterState,
  { namespace, address }: { readonly namespace: string; readonly address: string },
): void {
  if (layer.pods !== 'verified' || !hasNamespace(layer, state, namespace)) return;
  const { labels } = layer;
  const isThere = [...state.podsOfAddress.get(address)].some((key) => {
    const pod = state.pods.get(key);
    if (pod === undefined || pod.namespace !== namespace) return false;
    return labels === undefined || matches(labels, pod.labels);
  });
  if (!isThere) return;
  for (const zone of layer.zones) {
    addPod(names, podName({ namespace, address }, zone), address, layer);
  }
}

/** Each dot or colon of the address a dash. */
export function podName(
  { namespace, address }: { readonly namespace: string; readonly address: string },
  zone: string,
): string {
  return `${address.replace(/[.:]/g, '-')}.${namespace}.pod.${zone}`;
}

/** What `pods insecure` says of a name below `pod` of the zone: `labels` are those left of it. */
export function insecurePod(
  layer: HomeLayer,
  state: ClusterState | undefined,
  name: string,
  label: string,
  namespace: string,
): Names {
  const names = new NameBuilder();
  const address = addressOfLabel(label);
  const hasPods = state !== undefined && hasNamespace(layer, state, namespace);
  if (address !== undefined && hasPods) addPod(names, name, address, layer);
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

/** CoreDNS gives SRV too, to no port in particular. */
function addPod(names: NameBuilder, name: string, address: string, { ttl }: HomeLayer): void {
  names.add(name, address.includes(':') ? 'AAAA' : 'A', ttl, address);
  names.add(name, 'SRV', ttl, `0 100 0 ${name}`);
}

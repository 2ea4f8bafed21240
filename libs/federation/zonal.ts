/**
 * Names that choose endpoints by where they are: `ZONE.pin._zone.SERVICE…` has those in that
 * topology zone, `ZONE.prefer._zone.SERVICE…` them or, where there are none, all. A zone may have
 * dots, and any zone can be asked for, so the chain alone knows these names.
 */
import type { ClusterState } from './cluster-state.ts';
import { readyAddresses } from './endpoints.ts';
import { shownService } from './exposure.ts';
import type { HomeLayer } from './layer.ts';
import { NameBuilder, type Names } from './names.ts';
import { addSelection, addService } from './records.ts';

/** `below`: the labels left of the Service's own name, leftmost first. Undefined: no such name. */
export function zonalNames(
  layer: HomeLayer,
  state: ClusterState | undefined,
  { namespace, service: key, zone }: { namespace: string; service: string; zone: string },
  below: readonly string[],
): Names | undefined {
  const [directive] = below.slice(-2, -1);
  const wanted = below.slice(0, -2).join('.');
  if (!layer.zonal || state === undefined || below.at(-1) !== '_zone') return;
  if (directive !== undefined && directive !== 'pin' && directive !== 'prefer') return;
  const service = shownService(layer, state, `${namespace}/${key}`);
  if (service?.headless !== true) return;
  const ready = readyAddresses(state, namespace, key, layer);
  if (ready.length === 0) return;
  const names = new NameBuilder();
  const base = `${key}.${namespace}.svc.${zone}`;
  const owner = `${below.join('.')}.${base}`;
  if (wanted === '') {
    // Any zone can be asked for below it (RFC 8020).
    names.exists(owner);
    return names.names();
  }
  const there = ready.filter(({ topologyZone }) => topologyZone?.toLowerCase() === wanted);
  const chosen = there.length === 0 && directive === 'prefer' ? ready : there;
  const target = { names, base, ttl: layer.ttl };
  addService(target, service, ready, false); // the targets of SRV
  addSelection(target, owner, chosen);
  return names.names();
}

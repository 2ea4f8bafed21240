/**
 * A random cluster full of what is rare in a real one: Services of every shape under names that
 * mean something else in DNS, several slices to a Service, addresses shared and repeated, endpoints
 * that are not ready, ports without names, aliases to anything, pods in all states, imports of
 * other clusters, labels on some. Everything in it a real API server accepts.
 *
 *   seed ─► World ─► changedWorld ─► …      the state of the API, before and after changes
 */
import { isJson } from '../../libs/cluster/field.ts';
import { type ObjectRef, refKey } from '../../libs/event/object.ts';
import { type RawObject, rawObject, refOfRaw } from '../cluster/collections.ts';
import type { ClusterIPs } from './cluster-ips.ts';
import type { Random } from './random.ts';
import { randomImport, randomImportedSlice } from './random-import.ts';
import { randomNamespaceLabels } from './random-labels.ts';
import { randomPod } from './random-pod.ts';
import { FRONTING, randomService } from './random-service.ts';
import { randomSlice } from './random-slice.ts';

/** By the key of an object. */
export type World = ReadonlyMap<string, RawObject>;

/** `default` is in every cluster, with the API's own Service. */
export const NAMESPACES = [
  ...['default', 'shop', 'ops', 'svc', 'pod', 'dns', '10-0-0-1', 'dns-version', 'a'],
  'n'.repeat(63),
] as const;
const SERVICES = [
  ...['web', 'db', 'pay', 'svc', 'pod', 'ns', 'tcp', 'a', 'x1', 'dns-version', '0web'],
  ...['http', 'kubernetes', 's'.repeat(63), FRONTING, FRONTING, FRONTING],
] as const;

const SERVICES_MAX = 40;
const SLICES_MAX = 60;
const PODS_MAX = 25;
const IMPORTS_MAX = 12;

export function randomWorld(random: Random, ips: ClusterIPs): World {
  const world = new Map<string, RawObject>();
  const add = (raw: RawObject) => world.set(refKey(refOfRaw(raw)), raw);
  const namespaces = ['default', ...random.some(NAMESPACES.slice(1), 6, 3)];
  for (const name of namespaces) add(randomNamespace(random, name));
  const refs: ObjectRef[] = [];
  for (let i = 10 + random.below(SERVICES_MAX - 10); i > 0; i--) {
    const namespace = random.oneOf(namespaces) ?? 'default';
    const name = random.pick(SERVICES);
    // The API server owns that one.
    if (namespace === 'default' && name === 'kubernetes') continue;
    refs.push({ kind: 'Service', namespace, name });
  }
  for (const ref of refs) add(randomService(random, ref, refs, ips));
  for (let i = random.below(SLICES_MAX); i > 0; i--) add(sliceIn(random, namespaces, refs, i));
  for (let i = random.below(PODS_MAX); i > 0; i--) add(podIn(random, namespaces, i));
  const imported = Array.from({ length: random.below(IMPORTS_MAX) }, (): ObjectRef => {
    const namespace = random.oneOf(namespaces) ?? 'default';
    // Not of the name server's name, which CoreDNS takes for the same Service.
    const picked = random.pick(SERVICES);
    return { kind: 'ServiceImport', namespace, name: picked === FRONTING ? 'web' : picked };
  });
  for (const ref of imported) {
    add(randomImport(random, ref));
    for (let i = random.below(3); i > 0; i--) add(importedSliceOf(random, ref, i));
  }
  return world;
}

/** The same cluster some time later: some of it is gone, some is new, some is different. */
export function changedWorld(random: Random, before: World, ips: ClusterIPs): World {
  const after = new Map(before);
  const refs = [...before.values()].map(refOfRaw).filter(({ kind }) => kind === 'Service');
  const namespaces = [...before.values()]
    .filter(({ kind }) => kind === 'Namespace')
    .map(({ metadata }) => metadata.name);
  for (const [key, raw] of before) {
    const isNamespace = raw.kind === 'Namespace';
    if (!random.percent(isNamespace ? 20 : 40)) continue;
    if (!isNamespace && random.percent(40)) after.delete(key);
    else after.set(key, changed(random, raw, refs, ips));
  }
  for (let i = random.below(15); i > 0; i--) {
    const raw = sliceIn(random, namespaces, refs, SLICES_MAX + i);
    after.set(refKey(refOfRaw(raw)), raw);
  }
  return after;
}

function changed(
  random: Random,
  raw: RawObject,
  services: readonly ObjectRef[],
  ips: ClusterIPs,
): RawObject {
  const ref = refOfRaw(raw);
  switch (raw.kind) {
    case 'Namespace':
      return randomNamespace(random, ref.name);
    case 'Service':
      return randomService(random, ref, services, ips);
    case 'Pod':
      return randomPod(random, ref, true);
    case 'ServiceImport':
      return randomImport(random, ref);
    default:
      return importedBy(raw) === undefined
        ? randomSlice(random, ref, sliceService(random, services, ref.namespace))
        : randomImportedSlice(random, ref, importedBy(raw) ?? '');
  }
}

/** The ServiceImport of a slice. */
function importedBy({ metadata: { labels } }: RawObject): string | undefined {
  const name = isJson(labels) ? labels['multicluster.kubernetes.io/service-name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

function randomNamespace(random: Random, name: string): RawObject {
  return rawObject('Namespace', '', name, {}, { labels: randomNamespaceLabels(random) });
}

function podIn(random: Random, namespaces: readonly string[], number: number): RawObject {
  const namespace = random.oneOf(namespaces) ?? 'default';
  return randomPod(random, { kind: 'Pod', namespace, name: `pod-${number}` }, false);
}

function importedSliceOf(
  random: Random,
  { namespace, name }: ObjectRef,
  number: number,
): RawObject {
  const ref: ObjectRef = { kind: 'EndpointSlice', namespace, name: `${name}-from-${number}` };
  return randomImportedSlice(random, ref, name);
}

function sliceIn(
  random: Random,
  namespaces: readonly string[],
  services: readonly ObjectRef[],
  number: number,
): RawObject {
  const namespace = random.oneOf(services)?.namespace ?? random.oneOf(namespaces) ?? 'default';
  const ref: ObjectRef = { kind: 'EndpointSlice', namespace, name: `slice-${number}` };
  return randomSlice(random, ref, sliceService(random, services, namespace));
}

/** Of a Service in its namespace; of one that is not there; rarely of none. */
function sliceService(
  random: Random,
  services: readonly ObjectRef[],
  namespace: string,
): string | undefined {
  if (random.percent(3)) return undefined;
  if (random.percent(5)) return 'nobody';
  return random.oneOf(services.filter((one) => one.namespace === namespace))?.name ?? 'nobody';
}

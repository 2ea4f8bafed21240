/**
 * What one cluster said, folded: the facts at a position of its log, and what is needed to find
 * them.
 *
 *   state = entries.reduce(evolve)
 *
 * `evolve` depends on nothing but its arguments, and changes the state in place: a cluster of
 * 100,000 objects is not copied for each event. Whoever folds owns the state; everybody else reads
 * it. It returns the groups whose answers may have changed: only those are computed again.
 */
import { parseAddress } from '../dns/address.ts';
import type { Event } from '../event/event.ts';
import type {
  ClusterObject,
  EndpointSliceObject,
  NamespaceObject,
  NodeObject,
  ObjectRef,
  PodObject,
  ServiceExportObject,
  ServiceImportObject,
  ServiceObject,
} from '../event/object.ts';
import type { Group } from './group.ts';
import { addressGroup, namespaceGroup, podGroup, serviceGroup } from './group.ts';
import { MultiMap } from './multi-map.ts';
import { NodePlaces } from './node-places.ts';
import { PinnedServices } from './pinned-services.ts';
import type { Standing } from './standing.ts';

/** What of a cluster somebody may ask for: the rest is not kept, a fifth of a large cluster. */
export interface Kept {
  /** Of Services and EndpointSlices. */
  readonly labels: boolean;
  /** Which Services and EndpointSlices have an address. */
  readonly addresses: boolean;
}

const ALL_KEPT: Kept = { labels: true, addresses: true };

export class ClusterState {
  readonly cluster: string;
  /** Position of the last event folded. */
  position = 0;
  /** A watcher has said that all of its API is in the log: absence means that there is none. */
  complete = false;
  /** The same for its ServiceExports: who may not list them leaves them out of Synced. */
  exportsComplete = false;
  importsComplete = false;
  /** And for its Pods, which only some watch. */
  podsComplete = false;
  /** Objects that lists lacked, and that stay until someone confirms. */
  held = 0;
  /** By the control log, not by its own: see control-state.ts. */
  standing: Standing = 'live';
  isDrained = false;
  /** By the control log as well; set by pin.ts. */
  readonly pins = new PinnedServices();

  /** By `namespace/name`. */
  readonly services = new Map<string, ServiceObject>();
  readonly slices = new Map<string, EndpointSliceObject>();
  readonly exports = new Map<string, ServiceExportObject>();
  readonly imports = new Map<string, ServiceImportObject>();
  readonly pods = new Map<string, PodObject>();
  /** By name. */
  readonly namespaces = new Map<string, NamespaceObject>();
  readonly nodes = new Map<string, NodeObject>();

  /** Key of a Service → keys of its slices. */
  readonly slicesOfService = new MultiMap();
  /** Address → keys of the Services that have it as a cluster IP. */
  readonly servicesOfAddress = new MultiMap();
  /** External address → keys of the Services that the world reaches there. */
  readonly servicesOfExternal = new MultiMap();
  /** Address → keys of the slices that have it. */
  readonly slicesOfAddress = new MultiMap();
  /** Namespace → keys of its Services. */
  readonly servicesOfNamespace = new MultiMap();
  /** Address → keys of the Pods that have it. */
  readonly podsOfAddress = new MultiMap();
  readonly nodePlaces = new NodePlaces();

  readonly kept: Kept;

  constructor(cluster: string, kept: Kept = ALL_KEPT) {
    this.cluster = cluster;
    this.kept = kept;
  }
}

/** Folds one event into the state. Total: every event is good for every state. */
export function evolve(state: ClusterState, event: Event, position: number): readonly Group[] {
  state.position = position;
  switch (event.kind) {
    case 'observed':
      return observe(state, event.object);
    case 'removed':
      return remove(state, event.ref);
    case 'synced':
      state.complete = true;
      state.exportsComplete = event.counts.ServiceExport !== undefined;
      state.importsComplete = event.counts.ServiceImport !== undefined;
      state.podsComplete = event.counts.Pod !== undefined;
      return [];
    case 'removals-held':
      state.held = event.count;
      return [];
    case 'removals-released':
      state.held = 0;
      return [];
    case 'watch-started':
    case 'forgotten':
      return [];
  }
}

/** Whether the cluster has it, by its log: what is pinned hides that from answers only. */
export function hasObject(state: ClusterState, ref: ObjectRef): boolean {
  return objectOf(state, ref) !== undefined;
}

/** As its log has it. */
export function objectOf(state: ClusterState, ref: ObjectRef): ClusterObject | undefined {
  const { kind, namespace, name } = ref;
  if (state.pins.size > 0) {
    const aside = state.pins.aside(ref);
    // A slice of another Service is shown, whatever it is about to become.
    if (aside !== undefined || (kind !== 'EndpointSlice' && state.pins.holds(ref))) return aside;
  }
  const key = `${namespace}/${name}`;
  switch (kind) {
    case 'Namespace':
      return state.namespaces.get(name);
    case 'Node':
      return state.nodes.get(name);
    case 'Service':
      return state.services.get(key);
    case 'EndpointSlice':
      return state.slices.get(key);
    case 'Pod':
      return state.pods.get(key);
    case 'ServiceExport':
      return state.exports.get(key);
    case 'ServiceImport':
      return state.imports.get(key);
  }
}

/** All groups that have something in this state. */
export function groupsOf(state: ClusterState): ReadonlySet<Group> {
  const groups = new Set<Group>();
  for (const name of state.namespaces.keys()) groups.add(namespaceGroup(name));
  for (const { namespace, name } of state.services.values()) {
    groups.add(serviceGroup(namespace, name)).add(namespaceGroup(namespace));
  }
  for (const { namespace, name } of state.exports.values())
    groups.add(serviceGroup(namespace, name));
  for (const { namespace, name } of state.imports.values())
    groups.add(serviceGroup(namespace, name));
  for (const address of state.servicesOfAddress.keys()) groups.add(addressGroup(address));
  for (const address of state.slicesOfAddress.keys()) groups.add(addressGroup(address));
  for (const address of state.servicesOfExternal.keys()) groups.add(addressGroup(address));
  for (const pod of state.pods.values()) for (const group of groupsOfPod(pod)) groups.add(group);
  return groups;
}

function observe(state: ClusterState, object: ClusterObject): readonly Group[] {
  const { pins } = state;
  if (pins.size === 0) return show(state, object);
  if (!pins.holds(object)) {
    pins.forget(object);
    return show(state, object);
  }
  pins.keep(object);
  // A slice that was another Service's is that one's no more.
  return object.kind === 'EndpointSlice' ? hide(state, object) : [];
}

function remove(state: ClusterState, ref: ObjectRef): readonly Group[] {
  const { pins } = state;
  if (pins.size > 0 && (pins.forget(ref) || pins.holds(ref))) return [];
  return hide(state, ref);
}

/** Makes it part of what answers are made of. */
export function show(state: ClusterState, object: ClusterObject): readonly Group[] {
  const { namespace, name } = object;
  const key = `${namespace}/${name}`;
  switch (object.kind) {
    case 'Service': {
      const groups = removeService(state, key);
      state.services.set(key, keptService(state, object));
      state.servicesOfNamespace.add(namespace, key);
      for (const address of indexed(state, object.clusterIPs))
        state.servicesOfAddress.add(address, key);
      for (const address of externalAddresses(state, object)) {
        state.servicesOfExternal.add(address, key);
      }
      return groups.concat(groupsOfService(state, object));
    }
    case 'EndpointSlice': {
      const groups = removeSlice(state, key);
      state.slices.set(key, keptSlice(state, object));
      state.slicesOfService.add(`${namespace}/${object.service}`, key);
      for (const address of addressesOf(state, object)) state.slicesOfAddress.add(address, key);
      return groups.concat(groupsOfSlice(state, object));
    }
    case 'Namespace': {
      const before = state.namespaces.get(name);
      state.namespaces.set(name, object);
      return groupsOfNamespace(state, name, before, object);
    }
    case 'Node':
      removeNode(state, name);
      state.nodes.set(name, object);
      state.nodePlaces.add(object);
      return [];
    case 'Pod': {
      const groups = removePod(state, key);
      state.pods.set(key, object);
      for (const address of object.addresses) state.podsOfAddress.add(address, key);
      return groups.concat(groupsOfPod(object));
    }
    case 'ServiceExport':
      state.exports.set(key, object);
      return [serviceGroup(namespace, name)];
    case 'ServiceImport':
      state.imports.set(key, object);
      return [serviceGroup(namespace, name)];
  }
}

export function hide(state: ClusterState, { kind, namespace, name }: ObjectRef): readonly Group[] {
  const key = `${namespace}/${name}`;
  switch (kind) {
    case 'Service':
      return removeService(state, key);
    case 'EndpointSlice':
      return removeSlice(state, key);
    case 'Namespace': {
      const before = state.namespaces.get(name);
      state.namespaces.delete(name);
      return groupsOfNamespace(state, name, before, undefined);
    }
    case 'Node':
      removeNode(state, name);
      return [];
    case 'Pod':
      return removePod(state, key);
    case 'ServiceExport':
      return state.exports.delete(key) ? [serviceGroup(namespace, name)] : [];
    case 'ServiceImport':
      return state.imports.delete(key) ? [serviceGroup(namespace, name)] : [];
  }
}

function removeService(state: ClusterState, key: string): Group[] {
  const service = state.services.get(key);
  if (service === undefined) return [];
  const groups = groupsOfService(state, service);
  state.services.delete(key);
  state.servicesOfNamespace.delete(service.namespace, key);
  for (const address of indexed(state, service.clusterIPs))
    state.servicesOfAddress.delete(address, key);
  for (const address of externalAddresses(state, service)) {
    state.servicesOfExternal.delete(address, key);
  }
  return groups;
}

function removeSlice(state: ClusterState, key: string): Group[] {
  const slice = state.slices.get(key);
  if (slice === undefined) return [];
  state.slices.delete(key);
  state.slicesOfService.delete(`${slice.namespace}/${slice.service}`, key);
  for (const address of addressesOf(state, slice)) state.slicesOfAddress.delete(address, key);
  return groupsOfSlice(state, slice);
}

/** No group has answers of nodes: where who asks is, counts when he does. */
function removeNode(state: ClusterState, name: string): void {
  const node = state.nodes.get(name);
  if (node === undefined) return;
  state.nodes.delete(name);
  state.nodePlaces.delete(node);
}

function removePod(state: ClusterState, key: string): Group[] {
  const pod = state.pods.get(key);
  if (pod === undefined) return [];
  state.pods.delete(key);
  for (const address of pod.addresses) state.podsOfAddress.delete(address, key);
  return groupsOfPod(pod);
}

/**
 * A namespace that comes, goes or changes its labels shows or hides all that is in it. Mostly it
 * comes before the rest, and there is nothing yet.
 */
function groupsOfNamespace(
  state: ClusterState,
  name: string,
  before: NamespaceObject | undefined,
  after: NamespaceObject | undefined,
): readonly Group[] {
  if (before === undefined && after === undefined) return [];
  const groups = [namespaceGroup(name)];
  const isSame = before !== undefined && after !== undefined;
  if (isSame && JSON.stringify(before.labels) === JSON.stringify(after.labels)) return groups;
  for (const key of state.servicesOfNamespace.get(name)) {
    const service = state.services.get(key);
    if (service !== undefined) groups.push(...groupsOfService(state, service));
  }
  for (const pod of state.pods.values()) {
    if (pod.namespace === name) groups.push(...groupsOfPod(pod));
  }
  for (const { namespace, name: imported } of state.imports.values()) {
    if (namespace === name) groups.push(serviceGroup(namespace, imported));
  }
  return groups;
}

/**
 * A Service brings its endpoints' addresses with it: their PTR targets exist only while it does.
 */
function groupsOfService(state: ClusterState, service: ServiceObject): Group[] {
  const { namespace, name, clusterIPs } = service;
  const groups = [serviceGroup(namespace, name), namespaceGroup(namespace)];
  for (const address of indexed(state, clusterIPs)) groups.push(addressGroup(address));
  for (const address of externalAddresses(state, service)) groups.push(addressGroup(address));
  for (const key of state.slicesOfService.get(`${namespace}/${name}`)) {
    const slice = state.slices.get(key);
    if (slice !== undefined) groups.push(...addressesOf(state, slice).map(addressGroup));
  }
  return groups;
}

/** With the Service's own addresses: without ready endpoints it may have no names. */
function groupsOfSlice(state: ClusterState, slice: EndpointSliceObject): Group[] {
  const { namespace, service } = slice;
  const { clusterIPs = [] } = state.services.get(`${namespace}/${service}`) ?? {};
  return [
    serviceGroup(namespace, service),
    ...indexed(state, clusterIPs).map(addressGroup),
    ...addressesOf(state, slice).map(addressGroup),
  ];
}

function groupsOfPod({ namespace, addresses }: PodObject): Group[] {
  return addresses.map((address) => podGroup(namespace, address));
}

/** Without the names of load balancers. */
function externalAddresses(
  state: ClusterState,
  { external = [] }: ServiceObject,
): readonly string[] {
  return indexed(state, external).filter((one) => parseAddress(one) !== undefined);
}

function addressesOf(state: ClusterState, slice: EndpointSliceObject): readonly string[] {
  if (!state.kept.addresses) return NONE;
  return slice.endpoints.flatMap((endpoint) => endpoint.addresses);
}

const NONE: readonly string[] = [];

/** None where nobody asks for addresses. */
function indexed({ kept }: ClusterState, addresses: readonly string[]): readonly string[] {
  return kept.addresses ? addresses : NONE;
}

function keptService({ kept }: ClusterState, service: ServiceObject): ServiceObject {
  const { labels, ...others } = service;
  return kept.labels || labels === undefined ? service : others;
}

function keptSlice({ kept }: ClusterState, slice: EndpointSliceObject): EndpointSliceObject {
  const { labels, ...others } = slice;
  return kept.labels || labels === undefined ? slice : others;
}

/**
 * The objects of a big cluster as the API server keeps them in etcd: with what it adds to each that
 * is sent to it (uid, defaults, managedFields), which is half of their octets.
 *
 *   bigService ─► Service, its EndpointSlice, the IPAddress that reserves its cluster IP
 */
import { createHash } from 'node:crypto';
import type { BigService } from './big-world.ts';

export interface StoredObject {
  /** Below the prefix of the API server. */
  readonly key: string;
  readonly object: unknown;
}

const CREATED_AT = '2026-01-01T00:00:00Z';

export function namespaceObject(name: string): StoredObject {
  const metadata = {
    ...metadataOf('namespaces', '', name, ['f:metadata']),
    labels: { 'kubernetes.io/metadata.name': name },
  };
  const status = { phase: 'Active' };
  const spec = { finalizers: ['kubernetes'] };
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata, spec, status };
  return { key: `namespaces/${name}`, object };
}

/** With the IPAddress that reserves the cluster IP. */
export function objectsOf(service: BigService): readonly StoredObject[] {
  const objects = [serviceObject(service)];
  if (service.endpoints.length > 0) objects.push(sliceObject(service));
  if (service.clusterIP !== undefined) objects.unshift(ipAddressObject(service));
  return objects;
}

function serviceObject(service: BigService): StoredObject {
  const { namespace, name, clusterIP, externalName, ports } = service;
  const fields = ['f:internalTrafficPolicy', 'f:ports', 'f:selector', 'f:sessionAffinity'];
  const metadata = {
    ...metadataOf('services', namespace, name, fields),
    labels: { app: name },
  };
  const ip = clusterIP ?? 'None';
  const reached = {
    type: 'ClusterIP',
    clusterIP: ip,
    clusterIPs: [ip],
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    internalTrafficPolicy: 'Cluster',
    ports: ports.map((port) => ({ ...port, protocol: 'TCP', targetPort: port.name })),
    selector: { app: name },
    sessionAffinity: 'None',
  };
  const alias = { type: 'ExternalName', externalName, sessionAffinity: 'None' };
  const spec = externalName === undefined ? reached : alias;
  const status = { loadBalancer: {} };
  const object = { apiVersion: 'v1', kind: 'Service', metadata, spec, status };
  return { key: `services/specs/${namespace}/${name}`, object };
}

function sliceObject(service: BigService): StoredObject {
  const { namespace, name, ports, endpoints } = service;
  const sliceName = `${name}-${uidOf(`suffix/${namespace}/${name}`).slice(0, 5)}`;
  const labels = {
    app: name,
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    'kubernetes.io/service-name': name,
  };
  const controller = { apiVersion: 'v1', kind: 'Service', name, controller: true };
  const owner = { ...controller, blockOwnerDeletion: true, uid: serviceUid(service) };
  const metadata = {
    ...metadataOf('endpointslices', namespace, sliceName, ['f:addressType', 'f:endpoints']),
    generateName: `${name}-`,
    labels,
    ownerReferences: [owner],
  };
  const object = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata,
    addressType: 'IPv4',
    endpoints: endpoints.map(({ address }, i) => ({
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${service.number % 100}`,
      targetRef: {
        kind: 'Pod',
        name: `${name}-${i}`,
        namespace,
        uid: uidOf(`pod/${namespace}/${name}/${i}`),
      },
    })),
    ports: ports.map(({ name: port, port: number }) => ({
      name: port,
      port: number + 8000,
      protocol: 'TCP',
    })),
  };
  return { key: `endpointslices/${namespace}/${sliceName}`, object };
}

function ipAddressObject({ namespace, name, clusterIP = '' }: BigService): StoredObject {
  const metadata = {
    ...metadataOf('ipaddresses', '', clusterIP, ['f:parentRef']),
    // Of an old one without its Service the API server thinks that it leaked.
    creationTimestamp: new Date().toISOString(),
    labels: {
      'ipaddress.kubernetes.io/ip-family': 'IPv4',
      'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
    },
  };
  const parentRef = { group: '', namespace, name, resource: 'services' };
  const spec = { parentRef };
  const object = { apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress', metadata, spec };
  return { key: `ipaddresses/${clusterIP}`, object };
}

function serviceUid({ namespace, name }: BigService): string {
  return uidOf(`services/${namespace}/${name}`);
}

function metadataOf(kind: string, namespace: string, name: string, fields: readonly string[]) {
  const owned = Object.fromEntries(fields.map((field) => [field, {}]));
  return {
    name,
    ...(namespace === '' ? {} : { namespace }),
    uid: uidOf(`${kind}/${namespace}/${name}`),
    creationTimestamp: CREATED_AT,
    managedFields: [
      {
        manager: 'kube-controller-manager',
        operation: 'Update',
        apiVersion: 'v1',
        time: CREATED_AT,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } }, 'f:spec': owned },
      },
    ],
  };
}

function uidOf(of: string): string {
  const hex = createHash('sha1').update(of).digest('hex');
  const at = [0, 8, 12, 16, 20, 32];
  return at
    .slice(0, -1)
    .map((from, i) => hex.slice(from, at[i + 1]))
    .join('-');
}

/** JSON → fact, one reader a kind. */
import { Known } from './known.ts';
import type {
  ClusterObject,
  Endpoint,
  EndpointSliceObject,
  NamespaceObject,
  NodeObject,
  ObjectKind,
  ObjectRef,
  PodObject,
  ServiceExportObject,
  ServiceImportObject,
  ServiceObject,
  ServicePort,
} from './object.ts';
import { OBJECT_KINDS } from './object.ts';
import {
  type Json,
  optional,
  readBoolean,
  readLabels,
  readList,
  readNumber,
  readObject,
  readOneOf,
  readText,
  readTexts,
  readTrue,
} from './read.ts';

const PORTS = new Known<readonly ServicePort[]>(1000);
const TEXTS = new Known<string>(20_000);

/** Throws Malformed. */
export function readClusterObject(from: Json): ClusterObject {
  const { kind, namespace, name } = readRef(from);
  switch (kind) {
    case 'Service':
      return readService(namespace, name, from);
    case 'EndpointSlice':
      return readEndpointSlice(namespace, name, from);
    case 'Namespace':
      return {
        kind,
        namespace,
        name,
        ...optional(from, 'labels', readLabels),
      } satisfies NamespaceObject;
    case 'Node':
      return {
        kind,
        namespace,
        name,
        ...optional(from, 'topologyZone', readText),
        ...optional(from, 'topologyRegion', readText),
        ...optional(from, 'addresses', readTexts),
      } satisfies NodeObject;
    case 'Pod':
      return {
        kind,
        namespace,
        name,
        addresses: readTexts(from, 'addresses'),
        ...optional(from, 'hostNetwork', readTrue),
        ...optional(from, 'node', readKnownText),
        ...optional(from, 'labels', readLabels),
      } satisfies PodObject;
    case 'ServiceExport':
      return {
        kind,
        namespace,
        name,
        createdAt: readText(from, 'createdAt'),
        ...optional(from, 'labels', readLabels),
      } satisfies ServiceExportObject;
    case 'ServiceImport':
      return {
        kind,
        namespace,
        name,
        type: readOneOf(from, 'type', ['ClusterSetIP', 'Headless']),
        ips: readTexts(from, 'ips'),
        ports: readPorts(from),
      } satisfies ServiceImportObject;
  }
}

/** Throws Malformed. */
export function readRef(from: Json): ObjectRef & { readonly kind: ObjectKind } {
  return {
    kind: readOneOf(from, 'kind', OBJECT_KINDS),
    namespace: readKnownText(from, 'namespace'),
    name: readText(from, 'name'),
  };
}

function readService(namespace: string, name: string, from: Json): ServiceObject {
  return {
    kind: 'Service',
    namespace,
    name,
    type: readOneOf(from, 'type', ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']),
    clusterIPs: readTexts(from, 'clusterIPs'),
    headless: readBoolean(from, 'headless'),
    ...optional(from, 'externalName', readText),
    ports: readPorts(from),
    ...optional(from, 'external', readTexts),
    ...optional(from, 'publishNotReadyAddresses', readBoolean),
    ...optional(from, 'selectorless', readTrue),
    ...optional(from, 'labels', readLabels),
    ...optional(from, 'annotations', readLabels),
  };
}

function readEndpointSlice(namespace: string, name: string, from: Json): EndpointSliceObject {
  return {
    kind: 'EndpointSlice',
    namespace,
    name,
    service: readText(from, 'service'),
    ...optional(from, 'sourceCluster', readText),
    endpoints: readList(from, 'endpoints', readEndpoint),
    ports: readPorts(from),
    ...optional(from, 'labels', readLabels),
    ...optional(from, 'triggeredAt', readText),
  };
}

function readEndpoint(item: unknown): Endpoint {
  const from = readObject(item, 'an endpoint');
  return {
    addresses: readTexts(from, 'addresses'),
    ...optional(from, 'hostname', readText),
    ...optional(from, 'pod', readText),
    ready: readBoolean(from, 'ready'),
    ...optional(from, 'node', readKnownText),
    ...optional(from, 'topologyZone', readKnownText),
  };
}

function readPorts(from: Json): readonly ServicePort[] {
  const ports = readList(from, 'ports', (item) => {
    const port = readObject(item, 'a port');
    return {
      name: readText(port, 'name'),
      protocol: readText(port, 'protocol'),
      port: readNumber(port, 'port'),
    };
  });
  return PORTS.of(JSON.stringify(ports), ports);
}

function readKnownText(from: Json, field: string): string {
  const text = readText(from, field);
  return TEXTS.of(text, text);
}

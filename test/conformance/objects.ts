/** Kubernetes objects as the ported tests write them to a real API. */
import { isIPv6 } from 'node:net';
import { type RawObject, rawObject } from '../cluster/collections.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface Port {
  readonly name: string;
  readonly port: number;
  readonly protocol?: string;
}

export const HTTP: Port = { name: 'http', port: 80, protocol: 'TCP' };

/** `NAMESPACE/NAME`, as kubectl's users say. */
export function service(key: string, spec: Fields = {}, metadata: Fields = {}): RawObject {
  const [namespace, name] = parts(key);
  return rawObject('Service', namespace, name, { spec: { ports: [HTTP], ...spec } }, metadata);
}

export function headless(key: string, spec: Fields = {}): RawObject {
  return service(key, { clusterIP: 'None', ...spec });
}

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly hostname?: string;
  readonly ready?: boolean;
}

/** The EndpointSlice of a Service; a text is a ready endpoint with this address. */
export function slice(
  key: string,
  endpoints: readonly (string | Endpoint)[],
  ports: readonly Port[] = [HTTP],
  labels: Fields = {},
): RawObject {
  const [namespace, name] = parts(key);
  const given = endpoints.map((one) =>
    typeof one === 'string'
      ? { addresses: [one], conditions: { ready: true } }
      : {
          addresses: one.addresses,
          conditions: { ready: one.ready ?? true },
          ...(one.hostname === undefined ? {} : { hostname: one.hostname }),
        },
  );
  const isSix = given.some(({ addresses }) => addresses.some((address) => isIPv6(address)));
  return rawObject(
    'EndpointSlice',
    namespace,
    `${name}-${isSix ? 6 : 4}`,
    { addressType: isSix ? 'IPv6' : 'IPv4', endpoints: given, ports },
    { labels: { 'kubernetes.io/service-name': name, ...labels } },
  );
}

/** A running pod with these addresses. */
export function pod(key: string, podIPs: readonly string[], spec: Fields = {}): RawObject {
  const [namespace, name] = parts(key);
  const [podIP] = podIPs;
  const status = { phase: 'Running', podIP, podIPs: podIPs.map((ip) => ({ ip })) };
  const containers = [{ name: 'main', image: 'none.invalid/none' }];
  return rawObject('Pod', namespace, name, { spec: { containers, ...spec }, status });
}

export function serviceExport(key: string): RawObject {
  const [namespace, name] = parts(key);
  return rawObject('ServiceExport', namespace, name);
}

function parts(key: string): readonly [namespace: string, name: string] {
  const [namespace = '', name = ''] = key.split('/');
  return [namespace, name];
}

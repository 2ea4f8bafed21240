/** Kubernetes objects as the e2e tests send them to a real API. */

export const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };

/** A headless Service, without a selector: its slices are ours to write. */
export function headless(name: string) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: { clusterIP: 'None', ports: [{ name: 'http', protocol: 'TCP', port: 80 }] },
  };
}

export function clusterIP(name: string) {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: { ports: [{ name: 'http', protocol: 'TCP', port: 80 }] },
  };
}

export function slice(service: string, ...addresses: readonly string[]) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service}-1`,
      namespace: 'shop',
      labels: { 'kubernetes.io/service-name': service },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  };
}

export function serviceExport(name: string) {
  return {
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'ServiceExport',
    metadata: { name, namespace: 'shop' },
  };
}

/** Where objects of these kinds live in the API. */
export const PATHS = {
  services: '/api/v1/namespaces/shop/services',
  slices: '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices',
  exports: '/apis/multicluster.x-k8s.io/v1alpha1/namespaces/shop/serviceexports',
} as const;

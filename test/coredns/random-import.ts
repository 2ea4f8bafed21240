/** What a multicluster controller would have imported: a random ServiceImport, and its slices. */
import type { ObjectRef } from '../../libs/event/object.ts';
import { type RawObject, rawObject } from '../cluster/collections.ts';
import type { Random } from './random.ts';
import { randomLabels } from './random-labels.ts';
import { randomEndpoints, randomSlicePorts } from './random-slice.ts';

const IPS = ['10.98.0.1', '10.98.0.2', 'fd00:98::1', 'fd00:98::2'] as const;
/**
 * Of no other slice, as with slices without a label: CoreDNS gives no reply at all to PTR of one
 * that was imported.
 */
const ADDRESSES = {
  IPv4: ['10.244.9.9', '10.244.9.8'],
  IPv6: ['fd00:10:244::99', 'fd00:10:244::98'],
} as const;
/** CoreDNS looks for a namespace's labels here too, where they should not matter. */
const NAMESPACE_LABELS = { team: 'a' } as const;
const CLUSTERS = ['east', 'west', 'c'.repeat(63)] as const;

export function randomImport(random: Random, { namespace, name }: ObjectRef): RawObject {
  const type = random.pick(['Headless', 'Headless', 'ClusterSetIP']);
  const names = random.some(['http', 'grpc', 'dns'], 3);
  const ports = names.map((port, i) => ({
    ...(names.length === 1 && random.percent(50) ? {} : { name: port }),
    protocol: random.pick(['TCP', 'TCP', 'UDP']),
    port: 80 + i,
  }));
  const spec = { type, ports, ...(type === 'Headless' ? {} : { ips: random.some(IPS, 2, 1) }) };
  return rawObject('ServiceImport', namespace, name, { spec }, { labels: NAMESPACE_LABELS });
}

export function randomImportedSlice(
  random: Random,
  { namespace, name }: ObjectRef,
  service: string,
): RawObject {
  const addressType = random.percent(60) ? 'IPv4' : 'IPv6';
  const addresses = ADDRESSES[addressType];
  const fields = {
    addressType,
    endpoints: randomEndpoints(random, namespace, addresses, 4),
    ports: randomSlicePorts(random),
  };
  const labels = {
    ...randomLabels(random),
    'multicluster.kubernetes.io/service-name': service,
    'multicluster.kubernetes.io/source-cluster': random.pick(CLUSTERS),
  };
  return rawObject('EndpointSlice', namespace, name, fields, { labels });
}

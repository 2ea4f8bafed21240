/** Random lives of a few clusters: events over so few names that they meet. */
import fc from 'fast-check';
import type { Event } from '../../libs/event/event.ts';
import type { ClusterObject, ServiceObject } from '../../libs/event/object.ts';

const namespaces = fc.constantFrom('shop', 'ops');
const serviceNames = fc.constantFrom('web', 'db', 'pay');
const addresses = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.1.1', 'fd00::1', 'fd00::2');
const ports = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('', 'http', 'grpc'),
    protocol: fc.constantFrom('TCP', 'UDP'),
    port: fc.constantFrom(80, 443),
  }),
  { maxLength: 2, selector: (port) => port.name },
);

/** None, or one that selectors ask for. */
const labels = fc.constantFrom({}, { labels: { app: 'a' } }, { labels: { app: 'b' } });

const annotations = fc.constantFrom(
  ...[{}, {}, { annotations: { 'isthmus.dev/select': 'west then all' } }],
  { annotations: { 'isthmus.dev/select': 'home=2 all' } },
  { annotations: { 'isthmus.dev/select': 'nearest then all' } },
  { annotations: { 'isthmus.dev/select': 'then' } },
);

const services: fc.Arbitrary<ServiceObject> = fc
  .record({
    namespace: namespaces,
    name: serviceNames,
    shape: fc.constantFrom('virtual', 'headless', 'external'),
    clusterIPs: fc.uniqueArray(addresses, { maxLength: 2 }),
    externalName: fc.constantFrom('a.example.com', 'web.shop.svc.cluster.local', '192.0.2.1'),
    external: fc.constantFrom({}, { external: ['10.0.0.2'] }, { external: ['lb.example.com'] }),
    ports,
    labels,
    annotations,
  })
  .map(({ shape, clusterIPs, externalName, external, labels, annotations, ...rest }) => ({
    ...rest,
    kind: 'Service',
    type: shape === 'external' ? 'ExternalName' : 'ClusterIP',
    clusterIPs: shape === 'virtual' ? clusterIPs : [],
    headless: shape === 'headless',
    ...(shape === 'external' ? { externalName } : external),
    ...labels,
    ...annotations,
  }));

const nodeNames = fc.constantFrom('n1', 'n2');
const onNode = fc.constantFrom({}, { node: 'n1' }, { node: 'n2' });

const endpoints = fc
  .record({
    addresses: fc.uniqueArray(addresses, { minLength: 1, maxLength: 2 }),
    ready: fc.boolean(),
    on: onNode,
  })
  .map(({ on, ...endpoint }) => ({ ...endpoint, ...on }));
const named = fc
  .tuple(endpoints, fc.constantFrom('db-0', 'db-1'))
  .map(([one, hostname]) => ({ ...one, hostname }));
const placed = fc
  .tuple(endpoints, fc.constantFrom('east-1', 'east.2'))
  .map(([one, topologyZone]) => ({ ...one, pod: 'db-2', topologyZone }));

const slices = fc
  .record({
    kind: fc.constant('EndpointSlice' as const),
    namespace: namespaces,
    name: fc.constantFrom('s1', 's2', 's3'),
    service: serviceNames,
    endpoints: fc.array(fc.oneof(endpoints, named, placed), { maxLength: 3 }),
    ports,
    from: fc.constantFrom({}, {}, {}, { sourceCluster: 'west' }),
    labels,
  })
  .map(({ from, labels, ...slice }) => ({ ...slice, ...from, ...labels }));

const pods = fc
  .record({
    kind: fc.constant('Pod' as const),
    namespace: namespaces,
    name: fc.constantFrom('db-0', 'db-1'),
    addresses: fc.uniqueArray(addresses, { maxLength: 2 }),
    on: onNode,
    labels,
  })
  .map(({ on, labels, ...pod }) => ({ ...pod, ...on, ...labels }));

const zones = fc.constantFrom({}, { topologyZone: 'east-1' }, { topologyZone: 'a' });
const regions = fc.constantFrom({}, { topologyRegion: 'r1' }, { topologyRegion: 'r2' });
const nodes = fc
  .tuple(nodeNames, zones, regions, fc.uniqueArray(addresses, { maxLength: 1 }))
  .map(([name, zone, region, own]) => ({
    kind: 'Node' as const,
    namespace: '',
    name,
    ...zone,
    ...region,
    addresses: own,
  }));

const others = fc.oneof(
  fc
    .tuple(namespaces, labels)
    .map(([name, more]) => ({ kind: 'Namespace' as const, namespace: '', name, ...more })),
  fc.record({
    kind: fc.constant('ServiceExport' as const),
    namespace: namespaces,
    name: serviceNames,
    createdAt: fc.constantFrom('2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'),
  }),
  fc.record({
    kind: fc.constant('ServiceImport' as const),
    namespace: namespaces,
    name: serviceNames,
    type: fc.constantFrom('ClusterSetIP' as const, 'Headless' as const),
    ips: fc.uniqueArray(addresses, { maxLength: 1 }),
    ports,
  }),
);

const objects: fc.Arbitrary<ClusterObject> = fc.oneof(services, slices, pods, nodes, others);

const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: objects.map((object): Event => ({ kind: 'observed', object })) },
  {
    weight: 2,
    arbitrary: objects.map(
      ({ kind, namespace, name }): Event => ({
        kind: 'removed',
        ref: { kind, namespace, name },
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constant<Event>({
      kind: 'synced',
      writer: 'w',
      resourceVersions: {},
      counts: {},
      hash: '',
    }),
  },
);

/** What happened, in order: which of the clusters, and what. */
export type Histories = readonly (readonly [string, Event])[];

export const histories: fc.Arbitrary<Histories> = fc.array(
  fc.tuple(fc.constantFrom('east', 'west'), events),
  {
    maxLength: 40,
    size: 'max',
  },
);

/** The same in clusters that export Services already, with endpoints in several places. */
export const peopledHistories: fc.Arbitrary<Histories> = histories.map((history) => [
  ...peopled('east', '10.0.0.1', 'r1'),
  ...peopled('west', '10.0.1.1', 'r2'),
  ...history,
]);

function peopled(cluster: string, address: string, topologyRegion: string): Histories {
  const ports = [{ name: 'http', protocol: 'TCP', port: 80 }];
  const objects = ['web', 'db'].flatMap((name): readonly ClusterObject[] => {
    const clusterIPs = name === 'web' ? [address] : [];
    const of = { namespace: 'shop', name } as const;
    const endpoints = [
      { addresses: [address], ready: true, node: 'n1' },
      { addresses: ['10.0.0.2'], ready: true, topologyZone: 'a' },
    ];
    return [
      { kind: 'Service', ...of, type: 'ClusterIP', clusterIPs, headless: name === 'db', ports },
      { kind: 'EndpointSlice', ...of, name: `${name}-1`, service: name, endpoints, ports },
      { kind: 'ServiceExport', ...of, createdAt: '2026-01-01T00:00:00Z' },
    ];
  });
  const node: ClusterObject = {
    kind: 'Node',
    namespace: '',
    name: 'n1',
    topologyZone: 'east-1',
    topologyRegion,
    addresses: [address],
  };
  return [node, ...objects].map((object) => [cluster, { kind: 'observed', object }]);
}

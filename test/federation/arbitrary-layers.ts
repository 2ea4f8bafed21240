/**
 * Random layers over the clusters of arbitrary-events.ts: stanzas and federations with every
 * option, zones shared and own.
 */
import fc from 'fast-check';
import { ClientNetworks, parseNetwork } from '../../libs/federation/client-networks.ts';
import { federationConfig } from '../../libs/federation/federation-layers.ts';
import type {
  Across,
  ClustersetLayer,
  ExternalLayer,
  FederationConfig,
  HomeLayer,
  ImportsLayer,
  Layer,
  QualifiedLayer,
} from '../../libs/federation/layer.ts';
import type { Reach } from '../../libs/federation/reach.ts';
import {
  HOME_FIRST,
  MERGE_ALL,
  type Selection,
  type SelectionRules,
} from '../../libs/federation/selection.ts';

const clusters = fc.constantFrom('east', 'west');
const ttls = fc.constantFrom(0, 5, 30);
const fallthroughs = fc.constantFrom([], [], ['.'], ['in-addr.arpa.'], ['shop.svc.cluster.local.']);
const reverse = fc.constantFrom([], ['in-addr.arpa.', 'ip6.arpa.'], ['10.in-addr.arpa.']);
const selectors = fc.constantFrom(
  undefined,
  undefined,
  [{ key: 'app', operator: 'in' as const, values: ['a'] }],
  [{ key: 'app', operator: 'absent' as const, values: [] }],
);
const exposure = {
  namespaces: fc.constantFrom(undefined, undefined, new Set(['shop'])),
  namespaceLabels: selectors,
  labels: selectors,
};

const NEAREST: Selection = [[{ cluster: 'nearest', weight: 1 }]];
const selections = fc.constantFrom<Selection>(
  ...[HOME_FIRST, MERGE_ALL],
  [[{ cluster: 'west', weight: 1 }], [{ cluster: 'home', weight: 1 }]],
  [[{ cluster: 'east', weight: 1 }]],
  ...[NEAREST, NEAREST, NEAREST],
  [...NEAREST, [{ cluster: 'home', weight: 1 }]],
  [
    [
      { cluster: 'east', weight: 1 },
      { cluster: 'all', weight: 3 },
    ],
  ],
);
/** Nearest to whom: the addresses of arbitrary-events.ts are clients too. */
const places = fc.record({
  cluster: fc.constantFrom(undefined, 'east', 'west', 'south'),
  topologyZone: fc.constantFrom(undefined, 'east-1', 'a'),
  topologyRegion: fc.constantFrom(undefined, 'r1', 'r2'),
});
const clientNetworks = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom('10.0.0.1', '10.0.0.0/24', '10.0.0.0/8', 'fd00::/16'), places),
    { maxLength: 3, selector: ([text]) => text },
  )
  .map((all) => {
    const some = all.flatMap(([text, place]) => {
      const network = parseNetwork(text);
      return network === undefined ? [] : [[network, place] as const];
    });
    return new ClientNetworks(some);
  });

const ruled = <T>(key: T) => selections.map((one) => new Map([[key, one]]));
const rules: fc.Arbitrary<SelectionRules> = fc.record({
  all: fc.option(selections, { nil: undefined }),
  namespaces: fc.oneof(fc.constant(new Map<string, Selection>()), ruled('shop')),
  services: fc.oneof(fc.constant(new Map<string, Selection>()), ruled('ops/web')),
  stale: fc.constantFrom('serve' as const, 'last' as const, 'drop' as const),
});
const reaches: fc.Arbitrary<Reach> = fc.record({
  routable: fc.constantFrom(new Set<string>(), new Set(['east', 'west'])),
  gateways: fc.constantFrom(new Map(), new Map([['west', ['192.0.2.7', '2001:db8::7']]])),
});
const acrosses: fc.Arbitrary<Across> = fc.record({
  mode: fc.constantFrom('failover' as const, 'merge' as const),
  rules,
  reach: reaches,
});

const homes: fc.Arbitrary<HomeLayer> = fc.record({
  kind: fc.constant('home' as const),
  cluster: clusters,
  zones: fc.constantFrom(['cluster.local.'], ['other.local.', 'cluster.local.'], ['other.local.']),
  reverseZones: reverse,
  ttl: ttls,
  fallthrough: fallthroughs,
  ...exposure,
  pods: fc.constantFrom('disabled' as const, 'insecure' as const, 'verified' as const),
  endpointPodNames: fc.boolean(),
  endpoints: fc.constantFrom(true, true, false),
  ignoreEmptyService: fc.boolean(),
  zonal: fc.boolean(),
  across: fc.option(acrosses, { nil: undefined }),
});
const clustersets: fc.Arbitrary<ClustersetLayer> = fc.record({
  kind: fc.constant('clusterset' as const),
  cluster: clusters,
  zones: fc.constant(['clusterset.local.']),
  reverseZones: fc.constant([]),
  ttl: ttls,
  fallthrough: fallthroughs,
  namespaces: fc.constantFrom(undefined, undefined, new Set(['shop'])),
  clusterNames: fc.boolean(),
  rules,
  reach: reaches,
});
const qualifieds: fc.Arbitrary<QualifiedLayer> = fc.record({
  kind: fc.constant('qualified' as const),
  cluster: clusters,
  zones: fc.constantFrom(['many.local.'], ['many.local.', 'local.']),
  reverseZones: fc.constant([]),
  ttl: ttls,
  fallthrough: fallthroughs,
  ...exposure,
  endpointPodNames: fc.boolean(),
  endpoints: fc.constantFrom(true, true, false),
  ignoreEmptyService: fc.boolean(),
  reach: reaches,
});
const imports: fc.Arbitrary<ImportsLayer> = fc.record({
  pods: fc.constantFrom('disabled' as const, 'insecure' as const, 'verified' as const),
  endpointPodNames: fc.boolean(),
  ignoreEmptyService: fc.boolean(),
  kind: fc.constant('imports' as const),
  cluster: clusters,
  zones: fc.constant(['clusterset.local.']),
  reverseZones: fc.constant([]),
  ttl: ttls,
  fallthrough: fallthroughs,
  ...exposure,
});
const externals: fc.Arbitrary<ExternalLayer> = fc.record({
  kind: fc.constant('external' as const),
  cluster: clusters,
  zones: fc.constant(['ext.local.']),
  reverseZones: reverse,
  ttl: ttls,
  fallthrough: fallthroughs,
  ...exposure,
  apexLabel: fc.constant('dns'),
  headless: fc.boolean(),
});

const layers: fc.Arbitrary<Layer> = fc.oneof(
  { weight: 3, arbitrary: homes },
  { weight: 2, arbitrary: clustersets },
  { weight: 2, arbitrary: qualifieds },
  { weight: 1, arbitrary: imports },
  { weight: 1, arbitrary: externals },
);

// Endpoints have these addresses, so that a Service may front the name server.
const nameServers = fc.constantFrom(['192.0.2.53'], ['10.0.0.1'], ['10.0.0.2', 'fd00::1']);

export const configs: fc.Arbitrary<FederationConfig> = fc.record({
  layers: fc.array(layers, { minLength: 1, maxLength: 3 }),
  nameServers,
  clients: fc.record({ home: clusters, networks: clientNetworks }),
});

/** What the federation directive serves: all that there is is shown, and clusters are selected. */
export const federations: fc.Arbitrary<FederationConfig> = fc
  .record({
    across: fc.constantFrom('local' as const, 'failover' as const, 'merge' as const),
    rules,
    reach: reaches,
    clustersetNamespaces: fc.constantFrom(undefined, undefined, new Set(['shop'])),
    clusterNames: fc.boolean(),
    networks: clientNetworks,
    nameServers,
  })
  .map(({ nameServers, ...many }) =>
    federationConfig(
      {
        home: 'east',
        homeZone: 'cluster.local.',
        clustersetZone: 'clusterset.local.',
        qualifiedZone: 'many.local.',
        reverseZones: ['in-addr.arpa.', 'ip6.arpa.'],
        ttl: 5,
        many,
      },
      nameServers,
    ),
  );

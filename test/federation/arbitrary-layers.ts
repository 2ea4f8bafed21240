/** Random stanzas over the clusters of arbitrary-events.ts: every option, zones shared and own. */
import fc from 'fast-check';
import type {
  ExternalLayer,
  FederationConfig,
  HomeLayer,
  ImportsLayer,
  Layer,
} from '../../libs/federation/layer.ts';

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
  { weight: 1, arbitrary: imports },
  { weight: 1, arbitrary: externals },
);

export const configs: fc.Arbitrary<FederationConfig> = fc.record({
  layers: fc.array(layers, { minLength: 1, maxLength: 3 }),
  // Endpoints have these addresses, so that a Service may front the name server.
  nameServers: fc.constantFrom(['192.0.2.53'], ['10.0.0.1'], ['10.0.0.2', 'fd00::1']),
});

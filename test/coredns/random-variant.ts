/** Random variants of a stanza: some of each seed, over the same world. */

import type { Random } from './random.ts';
import { sentinelNamespace } from './sentinel.ts';
import type { Variant } from './variant.ts';
import { NAMESPACES } from './world.ts';

/** Further forward zones: beside the first, and within it. */
const FURTHER = [[], [], ['k8s.test'], ['east.cluster.local', 'k8s.test']] as const;
const CLUSTERSETS: readonly [string[], string[]] = [
  ['clusterset.local'],
  ['clusterset.local', 'Set.Example.org'],
];
const NAMESPACE_LABELS = [
  ...['team=a', 'team in (a, b)', 'team notin (c)', '!hidden', 'team=a,!hidden', 'team'],
  'kubernetes.io/metadata.name notin (shop, svc)',
] as const;
const LABELS = [
  ...['tier=front', 'tier in (front, side)', 'tier notin (back)', '!hidden', 'tier,!hidden'],
  'tier==front',
] as const;

/**
 * `federation` first, then stanzas of any kind, each with another thing that is rare. `sentinels`:
 * numbers of those that must be seen through its filters.
 */
export function variantsOf(random: Random, sentinels: readonly number[]): readonly Variant[] {
  const plain = { ...basic(random), directive: 'federation' as const };
  return [
    plain,
    { ...basic(random), ...podsAndEndpoints(random, ['insecure']), ...zonal(random) },
    { ...basic(random), ...podsAndEndpoints(random, ['verified']) },
    { ...basic(random), ...filters(random, sentinels) },
    {
      ...basic(random),
      ...podsAndEndpoints(random, ['disabled', 'insecure', 'verified']),
      ...filters(random, sentinels, 30),
      multicluster: random.pick(CLUSTERSETS),
    },
  ];
}

function basic(random: Random): Variant {
  const zone = random.pick(['cluster.local', 'cluster.local', 'k8s.Example.org', 'internal']);
  return {
    directive: 'kubernetes',
    zones: [zone],
    multicluster: [],
    reverse: random.pick([
      ['in-addr.arpa', 'ip6.arpa'],
      ['10.0.0.0/8', 'fd00::/8'],
      ['10.244.0.0/15', '10.96.0.0/16', 'ip6.arpa'],
    ]),
    ttl: random.pick([5, 30, 0, 1, 3600]),
    fallthrough: random.percent(50)
      ? random.pick([[], ['in-addr.arpa', 'ip6.arpa'], [zone]])
      : undefined,
    pods: undefined,
    noendpoints: false,
    options: [],
    forward: random.percent(50),
    transfer: random.percent(50),
  };
}

type Part = Partial<Variant>;

function podsAndEndpoints(
  random: Random,
  modes: readonly [Variant['pods'], ...Variant['pods'][]],
): Part {
  const options = random.some(['endpoint_pod_names', 'ignore empty_service'], 2);
  return { pods: random.pick(modes), options, ...further(random) };
}

function further(random: Random): Part {
  const more = random.pick(FURTHER);
  return more.length === 0 ? {} : { zones: ['cluster.local', ...more] };
}

function zonal(random: Random): Part {
  return { options: ['zonal', ...random.some(['endpoint_pod_names', 'ignore empty_service'], 2)] };
}

/** What is shown: `always` is how often each filter is there at least, of a hundred. */
function filters(random: Random, sentinels: readonly number[], always = 60): Part {
  const options: string[] = [];
  if (random.percent(always)) options.push(`labels ${random.pick(LABELS)}`);
  const names = [...random.some(NAMESPACES, 6, 2), ...sentinels.map(sentinelNamespace)];
  if (random.percent(50)) options.push(`namespaces ${names.join(' ')}`);
  else if (random.percent(always)) {
    options.push(`namespace_labels ${random.pick(NAMESPACE_LABELS)}`);
  }
  const noendpoints = random.percent(30);
  // Without endpoints, all Services would be empty.
  if (!noendpoints && random.percent(30)) options.push('ignore empty_service');
  return { options, noendpoints, ...further(random) };
}

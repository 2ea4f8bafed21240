import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClusterObject } from '../event/object.ts';
import { given, SHOP, service, shown, slice } from './given-clusters.ts';
import { type FederationConfig, HOME_DEFAULTS, type HomeLayer } from './layer.ts';
import type { Outcome } from './lookup.ts';

function stanza(cluster: string, ttl: number, more: Partial<HomeLayer> = {}): HomeLayer {
  return {
    ...HOME_DEFAULTS,
    kind: 'home',
    cluster,
    zones: ['cluster.local.'],
    reverseZones: ['10.in-addr.arpa.'],
    ttl,
    fallthrough: [],
    ...more,
  };
}

/** One zone of two clusters, as two stanzas of kubernetai: east is asked first. */
const SHARED: FederationConfig = {
  layers: [stanza('east', 10, { fallthrough: ['.'] }), stanza('west', 20)],
  nameServers: ['192.0.2.53'],
};
const CLUSTERS: Readonly<Record<string, readonly ClusterObject[]>> = {
  east: [SHOP, service('web', { clusterIPs: ['10.96.1.1'] })],
  west: [
    SHOP,
    service('web', { headless: true }),
    slice('web', ['fd00::1']),
    service('far', { headless: true }),
    slice('far', ['10.2.0.5']),
  ],
};

/** With the zone of the SOA, and its TTL, where there is none. */
function said(outcome: Outcome): readonly string[] {
  if (outcome.kind === 'outside' || !('soa' in outcome)) {
    return shown(outcome).filter((line) => !line.startsWith('+'));
  }
  const fallen = 'fallsThrough' in outcome && outcome.fallsThrough ? ', falls through' : '';
  return [`${outcome.kind} ${outcome.zone} ${outcome.soa.ttl}${fallen}`];
}

type Row = readonly [what: string, question: string, ...answer: readonly string[]];

function table(rows: readonly Row[], ask: (name: string, type: string) => Outcome): void {
  for (const [what, question, ...answer] of rows) {
    test(`${what}: ${question}`, () => {
      const [name = '', type = ''] = question.split(' ');
      const expected = answer.map((line) => (/^\d/.test(line) ? `${name} ${line}` : line));
      assert.deepEqual(said(ask(name, type)), expected);
    });
  }
}

describe('layers of one zone', () => {
  table(
    [
      ['the first that has the name', 'web.shop.svc.cluster.local. A', '10 IN A 10.96.1.1'],
      ['has it whatever the type', 'web.shop.svc.cluster.local. AAAA', 'nodata cluster.local. 10'],
      ['the second, if not', 'far.shop.svc.cluster.local. A', '20 IN A 10.2.0.5'],
      ['a name above others', '_tcp.far.shop.svc.cluster.local. A', 'nodata cluster.local. 10'],
      ['above PTR of the second', '2.10.in-addr.arpa. PTR', 'nodata 10.in-addr.arpa. 10'],
      ['nobody', 'nope.shop.svc.cluster.local. A', 'nxdomain cluster.local. 10'],
      ['none of their zones', 'far.shop.svc.other. A', 'outside'],
    ],
    given(CLUSTERS, true, SHARED),
  );
});

describe('while the first is not known completely', () => {
  const first = (fallthrough: readonly string[]): FederationConfig => ({
    ...SHARED,
    layers: [stanza('east', 10, { fallthrough }), stanza('west', 20, { fallthrough })],
  });
  const without = (config: FederationConfig) =>
    given({ ...CLUSTERS, east: [] }, ({ cluster }) => cluster !== 'east', config);

  describe('what the second has counts', () => {
    table(
      [
        ['its records', 'far.shop.svc.cluster.local. A', '20 IN A 10.2.0.5'],
        ['its other types', 'far.shop.svc.cluster.local. MX', 'nodata cluster.local. 10'],
        ['not that it has none', 'nope.shop.svc.cluster.local. A', 'unready cluster.local. 10'],
        ['PTR', '9.9.9.10.in-addr.arpa. PTR', 'unready 10.in-addr.arpa. 10'],
      ],
      without(SHARED),
    );
  });

  describe('and lets nobody else answer, nothing does', () => {
    const far = 'far.shop.svc.cluster.local. A';
    table([['the second', far, 'unready cluster.local. 10']], without(first([])));
  });

  describe('the next plugin may have the name, where the last falls through', () => {
    table(
      [
        [
          'what does not exist',
          'nope.shop.svc.cluster.local. A',
          'unready cluster.local. 10, falls through',
        ],
        ['what exists', 'far.shop.svc.cluster.local. MX', 'nodata cluster.local. 10'],
        [
          'an address of the world',
          '9.9.9.10.in-addr.arpa. PTR',
          'unready 10.in-addr.arpa. 10, falls through',
        ],
      ],
      without(first(['.'])),
    );
  });
});

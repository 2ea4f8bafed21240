import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chosenOf } from './chosen.ts';
import { selection, service } from './given-clusters.ts';
import { FAR } from './place.ts';
import { sharedOut } from './share.ts';
import { DRAINED, FIRST, GONE, LAST, type Rank } from './standing.ts';

/** `east 2` has two ready endpoints. */
function candidates(...clusters: readonly string[]) {
  return clusters.map((text) => {
    const [cluster = '', count] = text.split(' ');
    const ready = Array.from({ length: Number(count) }, (_, i) => [
      { ...ADDRESS, cluster, endpoint: `${i}`, address: `10.0.0.${i}` },
      { ...ADDRESS, cluster, endpoint: `${i}`, address: `fd00::${i}` },
    ]);
    const rank: Rank = FIRST;
    return { cluster, service: service('web'), ready: ready.flat(), rank, isLost: false };
  });
}
const ADDRESS = {
  hostname: 'h',
  ports: [],
  topologyZone: undefined,
  node: undefined,
  isLost: false,
};

describe('the first group with a ready endpoint answers', () => {
  for (const [wanted, clusters, expected] of [
    ['home then all', ['east 1', 'west 1'], ['east']],
    ['home then all', ['east 0', 'west 1', 'north 1'], ['west', 'north']],
    ['all', ['east 1', 'west 0', 'north 1'], ['east', 'north']],
    ['west then north then home', ['east 1', 'west 0', 'north 1'], ['north']],
    ['west', ['east 1', 'west 0'], []],
    ['south then west', ['east 1', 'west 1'], ['west']],
  ] as const) {
    test(`${wanted}: ${clusters.join(', ')}`, () => {
      const chosen = chosenOf(selection(wanted), { home: 'east' }, candidates(...clusters));
      assert.deepEqual(
        chosen.map(({ candidate }) => candidate.cluster),
        expected,
      );
    });
  }
});

test('what is near and stale answers after what is far and live, and before what is drained', () => {
  const all = candidates('east 1', 'west 1', 'north 1');
  const standing = (ranks: Readonly<Record<string, Rank>>) =>
    all.map((one) => ({ ...one, rank: ranks[one.cluster] ?? FIRST }));
  const asker = {
    home: 'east',
    distanceTo: ({ cluster }: { readonly cluster: string }) => (cluster === 'west' ? 0 : FAR),
  };
  for (const [ranks, expected] of [
    [{}, ['west']],
    [{ west: LAST }, ['east', 'north']],
    [{ west: LAST, east: LAST, north: DRAINED }, ['west']],
    [{ west: DRAINED, east: LAST, north: DRAINED }, ['east']],
    [{ west: GONE, east: GONE, north: GONE }, ['west']],
  ] as const) {
    const chosen = chosenOf(selection('nearest'), asker, standing(ranks));
    assert.deepEqual(
      chosen.map(({ candidate }) => candidate.cluster),
      expected,
      JSON.stringify(ranks),
    );
  }
});

describe('weights: so many endpoints of each cluster, with all their addresses, and SRV', () => {
  for (const [wanted, clusters, expected] of [
    ['all', ['east 4', 'west 4'], ['east 4 -', 'west 4 -']],
    ['all=7', ['east 4', 'west 4'], ['east 4 -', 'west 4 -']],
    ['east=3 west=1', ['east 4', 'west 4'], ['east 4 9', 'west 1 12']],
    ['home=3 all', ['east 6', 'west 4', 'north 1'], ['east 3 10', 'west 1 10', 'north 1 10']],
    ['east=1 west=9', ['east 8', 'west 9'], ['east 1 5', 'west 9 5']],
    ['east=100 west=1', ['east 2', 'west 2'], ['east 2 24', 'west 1 1']],
    ['east=3 west=1', ['east 0', 'west 4'], ['west 4 -']],
  ] as const) {
    test(`${wanted}: ${clusters.join(', ')}`, () => {
      const chosen = chosenOf(selection(wanted), { home: 'east' }, candidates(...clusters));
      const given = Map.groupBy(sharedOut(chosen), ({ cluster }) => cluster);
      const lines = [...given].map(([cluster, some]) => {
        const families = [...some].filter(({ address }) => address.includes(':')).length;
        assert.equal(families * 2, some.length, 'the same endpoints for A and AAAA');
        return `${cluster} ${families} ${some[0]?.srvWeight ?? '-'}`;
      });
      assert.deepEqual(lines, expected);
    });
  }
});

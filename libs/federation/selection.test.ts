import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { service } from './given-clusters.ts';
import { FAR } from './place.ts';
import {
  chosenOf,
  clustersOf,
  HOME_FIRST,
  MERGE_ALL,
  NO_RULES,
  parseSelection,
  type Selection,
  type SelectionRules,
  selectionOf,
  wrongAnnotation,
} from './selection.ts';
import { sharedOut } from './share.ts';
import { DRAINED, FIRST, GONE, LAST, type Rank } from './standing.ts';

function selection(text: string): Selection {
  const parsed = parseSelection(text);
  assert.ok(parsed.kind === 'selection', text);
  return parsed.selection;
}

function text(parsed: Selection): string {
  const words = parsed.map((group) => group.map(({ cluster, weight }) => `${cluster}=${weight}`));
  return words.map((group) => group.join(' ')).join(' then ');
}

describe('a selection is read', () => {
  test('as groups, and the clusters of each', () => {
    assert.deepEqual(selection('home then all'), HOME_FIRST);
    assert.deepEqual(selection('all'), MERGE_ALL);
    assert.equal(text(selection(' east=3  west then all ')), 'east=3 west=1 then all=1');
    assert.deepEqual(clustersOf(selection('nearest east=2 home then all')), ['east']);
  });

  const long = Array.from({ length: 17 }, (_, i) => `c${i}`);
  const many = Array.from({ length: 101 }, (_, i) => `c${i}`);
  for (const [wrong, why] of [
    ['', 'a group has no cluster'],
    ['east then', 'a group has no cluster'],
    ['then east', 'a group has no cluster'],
    ['East', '"East" is no name of a cluster'],
    ['east, west', '"east," is no name of a cluster'],
    ['east=0', 'the weight of east is not 1 to 100'],
    ['east=101', 'the weight of east is not 1 to 100'],
    ['east=1=2', 'the weight of east is not 1 to 100'],
    ['east=', 'the weight of east is not 1 to 100'],
    ['nearest=2', 'nearest has no weight'],
    [long.join(' then '), 'it has more than 16 groups'],
    [many.join(' '), 'it has more than 100 clusters'],
  ] as const) {
    test(`but not ${JSON.stringify(wrong.slice(0, 30))}: ${why}`, () => {
      assert.deepEqual(parseSelection(wrong), { kind: 'wrong', why });
    });
  }
});

test('who says more exactly what is meant decides', () => {
  const rules = {
    all: selection('all'),
    namespaces: new Map([['shop', selection('east')]]),
    services: new Map([['shop/web', selection('west')]]),
    stale: 'last',
  } as const;
  const annotations = { 'isthmus.dev/select': 'north' };
  const of = (name: string, more = {}, said: SelectionRules = rules) =>
    text(selectionOf(said, service(name, more), HOME_FIRST));
  assert.equal(of('web', { annotations }), 'west=1');
  assert.equal(of('db', { annotations }), 'north=1');
  assert.equal(of('db'), 'east=1');
  assert.equal(of('db', { namespace: 'ops' }), 'all=1');
  assert.equal(text(selectionOf(NO_RULES, service('db'), HOME_FIRST)), 'home=1 then all=1');
});

test('an annotation that can not be read is as if there was none, and it is said', () => {
  const wrong = service('web', { annotations: { 'isthmus.dev/select': 'east then' } });
  assert.deepEqual(selectionOf(NO_RULES, wrong, MERGE_ALL), MERGE_ALL);
  assert.equal(
    wrongAnnotation(wrong),
    'Cannot read the annotation isthmus.dev/select "east then" of shop/web: a group has no ' +
      'cluster; expected clusters, home, all or nearest, as in "home then all" or ' +
      '"east=3 west=1"; ' +
      'it is as if it had none',
  );
  assert.equal(wrongAnnotation(service('web')), undefined);
});

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

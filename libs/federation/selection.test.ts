import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { selection, service } from './given-clusters.ts';
import {
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

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { queryOf } from '../../test/plugin/ask-plugin.ts';
import { type Block, type Blocks, routeOf, routeOfAll } from './block.ts';
import { compose } from './chain.ts';
import type { View } from './plugin.ts';

const view = (name: string, takes: boolean): View => ({ name, takes: () => takes });
const block = (of?: View): Block => ({
  ...{ plugins: [], chain: compose([]), recursion: false, tableCapable: true, tableDenies: true },
  view: of,
});

const ROOT = block();
const ORG = block();
const SUB_ONE = block(view('one', false));
const SUB_TWO = block(view('two', true));
const NET = block(view('net', false));
const BLOCKS: Blocks = new Map([
  ['.', [ROOT]],
  ['example.org.', [ORG]],
  ['sub.example.org.', [SUB_ONE, SUB_TWO, block()]],
  ['example.net.', [NET]],
]);

describe('a query goes to the block', () => {
  const rows: readonly (readonly [string, string, string, Block, string])[] = [
    ['of the longest zone', 'a.example.org.', 'A', ORG, 'example.org.'],
    ['of the zone itself', 'example.org.', 'A', ORG, 'example.org.'],
    ['of whole labels', 'anexample.org.', 'A', ROOT, '.'],
    ['of the first view that takes it', 'a.sub.example.org.', 'A', SUB_TWO, 'sub.example.org.'],
    ['of a zone above where no view takes it', 'a.example.net.', 'A', ROOT, '.'],
    ["of the parent's side for DS", 'sub.example.org.', 'DS', ORG, 'example.org.'],
    ['of its zone for DS below the cut', 'a.example.org.', 'DS', ORG, 'example.org.'],
  ];
  for (const [what, name, type, expected, zone] of rows) {
    test(what, () => {
      const route = routeOf(BLOCKS, queryOf(name, type));
      assert.deepEqual([route?.zone, route?.block === expected], [zone, true]);
    });
  }
});

describe('who asks does not matter', () => {
  test('where no view is in between', () => {
    assert.equal(routeOfAll(BLOCKS, 'a.example.org.', 'A')?.block, ORG);
  });
  test('unless a view may take it', () => {
    assert.equal(routeOfAll(BLOCKS, 'a.sub.example.org.', 'A'), undefined);
    assert.equal(routeOfAll(BLOCKS, 'a.example.net.', 'A'), undefined);
  });
});

test('DS of a zone without a parent here is its own', () => {
  const only: Blocks = new Map([['example.org.', [ORG]]]);
  assert.equal(routeOf(only, queryOf('example.org.', 'DS'))?.block, ORG);
  assert.equal(routeOf(only, queryOf('example.com.', 'A')), undefined);
});

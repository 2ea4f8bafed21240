import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { encode } from '../../../libs/dns/encode.ts';
import { RCODE } from '../../../libs/dns/iana.ts';
import { asking, loadZone, NOW_SECONDS, query, records } from '../../../libs/table/asking.ts';
import { createTable } from '../../../libs/table/table-writer.ts';
import { SILENT } from '../../../libs/telemetry/log.ts';
import type { Block } from '../block.ts';
import type { ChainNamesChange } from '../chain-names.ts';
import { QueryGroups } from '../query-groups.ts';
import { CachedAnswersTable } from './cached-answers.ts';

const block = (change: Partial<Block> = {}): Block => ({
  plugins: [],
  chain: () => Promise.reject(new Error('not asked')),
  recursion: true,
  tableCapable: true,
  tableDenies: true,
  ...change,
});

const answer = (text: string) => ({
  type: 'A',
  authoritative: false,
  answer: records(text),
  authority: [],
  additional: [],
  cached: { saidAtSeconds: NOW_SECONDS, expiresAtSeconds: NOW_SECONDS + 60, denial: false },
});

/** Listeners that serve these blocks; the views in which a reader answers. */
function serving(...listeners: readonly Readonly<Record<string, Block>>[]) {
  const table = createTable({ octets: 1 << 20 });
  const groups = new QueryGroups(SILENT);
  const cached = new CachedAnswersTable(table, groups);
  cached.serveOn(
    listeners.map((blocks, i) => ({
      host: '',
      port: 53 + i,
      server: `dns://:${53 + i}`,
      sockets: undefined,
      blocks: new Map(Object.entries(blocks).map(([zone, block]) => [zone, [block]])),
    })),
  );
  const reader = asking(table);
  const viewsOf = (name: string) =>
    listeners.flatMap((_, view) =>
      typeof reader(encode(query(`${name} A`)), view) === 'number' ? [] : [view],
    );
  return { table, groups, cached, reader, viewsOf };
}

describe('cached answers', () => {
  test('are given where their block serves the name, and nowhere else', () => {
    const mine = block();
    const other = block();
    const { cached, viewsOf } = serving(
      { '.': mine },
      { '.': other },
      { 'example.': mine, '.': other },
      { 'a.example.': other, 'example.': mine },
    );
    const answers = cached.of(() => mine);
    assert.equal(answers.keep('a.example.', answer('a.example. 60 IN A 192.0.2.1')), true);
    assert.deepEqual(viewsOf('a.example.'), [0, 2]);
    answers.keep('test.', answer('test. 60 IN A 192.0.2.1'));
    assert.deepEqual(viewsOf('test.'), [0]);
    assert.equal(answers.takeHits('a.example.', 'A'), 2);
    answers.forget('a.example.', 'A');
    assert.deepEqual(viewsOf('a.example.'), []);
  });

  test('are counted for their block, apart by listener and zone', () => {
    const mine = block();
    const { cached, groups, viewsOf } = serving({ '.': mine, 'test.': mine }, { '.': mine });
    const answers = cached.of(() => mine);
    for (const name of ['a.example.', 'a.test.']) {
      answers.keep(name, answer(`${name} 60 IN A 192.0.2.1`));
      viewsOf(name);
    }
    assert.deepEqual(
      groups.all.map(({ server, zone, plugin }) => `${server} ${zone} ${plugin}`),
      ['dns://:53 . cache', 'dns://:54 . cache', 'dns://:53 test. cache'],
    );
    assert.deepEqual(answers.hits(), { success: 4, denial: 0 });
    assert.deepEqual(cached.of(() => block()).hits(), { success: 0, denial: 0 });
  });

  test('are kept by no block that sees every query, or is not there yet', () => {
    const watched = block({ tableCapable: false });
    const { cached, viewsOf } = serving({ '.': watched });
    for (const blockOf of [() => watched, () => undefined]) {
      const answers = cached.of(blockOf);
      assert.equal(answers.keep('a.example.', answer('a.example. 60 IN A 192.0.2.1')), false);
      assert.deepEqual(viewsOf('a.example.'), []);
    }
  });

  test('never stand in the place of a name of our own', () => {
    const mine = block();
    const { cached, table, viewsOf, reader } = serving({ '.': mine });
    const answers = cached.of(() => mine);
    const name = 'web.cluster.local.';
    assert.equal(answers.keep(name, answer(`${name} 60 IN A 192.0.2.1`)), true);
    loadZone(
      table,
      1,
      `cluster.local. 5 IN SOA ns.cluster.local. admin.cluster.local. 7 7200 1800 86400 5
       ${name} 5 IN A 10.0.0.1`,
    );
    const ours = reader(encode(query(`${name} A`)));
    assert.equal(answers.keep(name, answer(`${name} 60 IN A 192.0.2.1`)), false);
    answers.forget(name, 'A');
    assert.deepEqual(reader(encode(query(`${name} A`))), ours);
    assert.deepEqual(viewsOf(name), [0]);
  });

  test('are not kept where names that become ours are not put, whichever block has them', () => {
    const [mine, other] = [block(), block()];
    const { cached, viewsOf } = serving({ '.': mine }, { '.': mine }, { '.': other });
    cached.giveWayTo(mine, { zones: ['cluster.local.'], views: [1] });
    cached.giveWayTo(other, { zones: ['other.local.'], views: [2] });
    for (const [of, name, views] of [
      [mine, 'web.cluster.local.', [1]],
      [mine, 'a.example.', [0, 1]],
      [mine, 'web.other.local.', [0, 1]],
      [other, 'db.other.local.', [2]],
      [other, 'db.cluster.local.', [2]],
    ] as const) {
      cached.of(() => of).keep(name, answer(`${name} 60 IN A 192.0.2.1`));
      assert.deepEqual(viewsOf(name), views);
    }
  });

  test('that failed are left to the chain where a plugin has to see them', () => {
    const failed = { ...answer('a.test. 60 IN A 192.0.2.1'), answer: [], rcode: RCODE.SERVFAIL };
    for (const leavesFailures of [true, false]) {
      const mine = block({ leavesFailures });
      const { cached } = serving({ '.': mine });
      assert.equal(cached.of(() => mine).keep('a.test.', failed), !leavesFailures);
      const found = answer('a.test. 60 IN A 192.0.2.1');
      assert.equal(cached.of(() => mine).keep('a.test.', found), true);
    }
  });

  test('give way to what a plugin of the block answers itself', async () => {
    let own: readonly string[] = [];
    const told: ((change: ChainNamesChange) => void)[] = [];
    const mine = block({
      chainNames: {
        has: (name) => own.includes(name),
        isOpen: () => false,
        list: () => own,
        follow: (one) => void told.push(one),
      },
    });
    const { cached, viewsOf } = serving({ '.': mine }, { '.': block() });
    cached.followChainNames(mine);
    const answers = cached.of(() => mine);
    const keep = (name: string) => answers.keep(name, answer(`${name} 60 IN A 192.0.2.1`));
    assert.deepEqual([keep('a.test.'), keep('b.test.')], [true, true]);
    own = ['a.test.'];
    for (const tell of told) tell({ names: own, hasOthers: false });
    assert.deepEqual([viewsOf('a.test.'), viewsOf('b.test.')], [[], [0]]);
    assert.equal(keep('a.test.'), false);
    for (const tell of told) tell({ names: [], hasOthers: true });
    while (viewsOf('b.test.').length > 0) await nextTurn();
  });

  test('turn their addresses where the block has loadbalance', () => {
    const turned = block({ plugins: [{ name: 'loadbalance' }] });
    const { cached, reader } = serving({ '.': turned }, { '.': block() });
    const name = 'a.example.';
    const text = [1, 2, 3, 4].map((n) => `${name} 60 IN A 192.0.2.${n}`).join('\n');
    cached.of(() => turned).keep(name, answer(text));
    const orders = new Set<string>();
    for (let i = 0; i < 100; i++) orders.add(String(reader(encode(query(`${name} A`)))));
    assert.equal(orders.size, 4);
  });
});

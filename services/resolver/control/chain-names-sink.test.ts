import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode } from '../../../libs/dns/encode.ts';
import { parentName } from '../../../libs/dns/name.ts';
import { NameBuilder } from '../../../libs/federation/names.ts';
import { HAND_OVER } from '../../../libs/table/answerer.ts';
import { asking, query, records } from '../../../libs/table/asking.ts';
import { createTable } from '../../../libs/table/table-writer.ts';
import type { ChainNames } from '../chain-names.ts';
import { ChainNamesSink } from './chain-names-sink.ts';
import { createTableSink } from './table-sink.ts';

const ZONE = 'cluster.local.';
const [SOA] = records(
  'cluster.local. 5 IN SOA ns.cluster.local. root.cluster.local. 7 7200 1800 86400 5',
);

/** The chain's are what a test says; a wildcard stands for what is below it. */
class GivenNames implements ChainNames {
  names: readonly string[] = [];
  readonly has = (name: string) =>
    this.names.includes(name) || this.names.includes(`*.${parentName(name) ?? '.'}`);
  readonly isOpen = (name: string) => this.names.includes(`*.${name}`);
  readonly list = () => this.names.map((name) => name.replace(/^\*\./, ''));
  readonly follow = () => {};
}

/** Clusters have web, db and below.none; nothing else exists. */
function given(...names: readonly string[]) {
  assert.ok(SOA !== undefined);
  const soa = SOA;
  const table = createTable({ octets: 1 << 20 });
  const inner = createTableSink({
    ...{ table, zones: [ZONE], views: [0], firstZone: 1, rotate: false },
    recursionAvailable: false,
  });
  const chainNames = new GivenNames();
  chainNames.names = names;
  const sink = new ChainNamesSink(inner, [ZONE], chainNames);
  const builder = new NameBuilder();
  for (const name of ['web', 'db', 'below.none'])
    builder.add(`${name}.${ZONE}`, 'A', 5, '10.0.0.1');
  builder.exists(ZONE);
  const all = builder.names();
  const putAll = () => {
    for (const name of all.keys()) sink.put(ZONE, name, all);
  };
  sink.setZone(ZONE, soa, false);
  putAll();
  sink.setZone(ZONE, soa, true);
  const ask = asking(table);
  /** The names that a reader leaves to the chain. */
  const left = (...asked: readonly string[]) =>
    asked.filter((name) => ask(encode(query(`${name}.${ZONE} A`))) === HAND_OVER);
  const change = (now: readonly string[], changed: readonly string[]) => {
    chainNames.names = now.map((name) => `${name}.${ZONE}`);
    sink.changed(changed.map((name) => `${name}.${ZONE}`));
  };
  return { table, sink, left, change, putAll };
}

describe('a name that a plugin answers itself is left to the chain', () => {
  test('whether a cluster has it or not', () => {
    const { left } = given(`web.${ZONE}`, `other.${ZONE}`);
    assert.deepEqual(left('web', 'db', 'other', 'none'), ['web', 'other']);
  });

  test('as soon as it does', () => {
    const { left, change } = given();
    assert.deepEqual(left('web', 'db', 'other', 'none'), []);
    change(['web', 'other'], ['web', 'other']);
    assert.deepEqual(left('web', 'db', 'other', 'none'), ['web', 'other']);
  });

  test('until it does no more; one of a cluster until it is put again', () => {
    const { left, change, putAll, table } = given(`web.${ZONE}`, `other.${ZONE}`);
    const { names } = table;
    change([], ['web', 'other']);
    assert.deepEqual([left('web', 'db', 'other', 'none'), table.names], [['web'], names - 1]);
    putAll();
    assert.deepEqual(left('web', 'db', 'other', 'none'), []);
  });

  test('also when its cluster has it no more', () => {
    const { left, sink, change, table } = given(`web.${ZONE}`);
    sink.remove(ZONE, `web.${ZONE}`);
    assert.deepEqual(left('web'), ['web']);
    const { names } = table;
    change([], ['web']);
    assert.deepEqual([left('web'), table.names], [[], names - 1]);
  });

  test('with all that a wildcard stands for', () => {
    const { left, change, putAll } = given();
    change(['*.apps', '*.db'], ['apps', 'db']);
    assert.deepEqual(left('a.apps', 'apps', 'a.db', 'db', 'web'), ['a.apps', 'apps', 'a.db', 'db']);
    putAll();
    assert.deepEqual(left('a.apps', 'a.db', 'db', 'web'), ['a.apps', 'a.db']);
  });

  test('with all that a wildcard stands for, also where it is there for a name below it', () => {
    const { left } = given(`*.${ZONE}`);
    assert.deepEqual(left('web', 'none', 'other'), ['web', 'none', 'other']);
  });

  test('a name with a wildcard below it that its cluster has no more goes with the wildcard', () => {
    const { sink, left, change, table } = given(`*.web.${ZONE}`);
    sink.remove(ZONE, `web.${ZONE}`);
    assert.deepEqual(left('web', 'a.web'), ['web', 'a.web']);
    const { names } = table;
    change([], ['web']);
    assert.deepEqual([left('web', 'a.web'), table.names], [[], names - 1]);
  });

  test('a name that was there for one below it goes with that', () => {
    const { left, change, table } = given();
    const { names } = table;
    change(['b.other', 'other'], ['b.other', 'other']);
    assert.deepEqual(left('b.other', 'other'), ['b.other', 'other']);
    change([], ['b.other', 'other']);
    assert.deepEqual([left('b.other', 'other'), table.names], [[], names]);
  });

  test('but not what is in none of the zones', () => {
    const { left, sink } = given('example.org.');
    sink.changed(['example.org.', 'example.com.']);
    assert.deepEqual(left('web', 'none'), []);
  });
});

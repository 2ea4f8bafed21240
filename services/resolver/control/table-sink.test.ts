import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode } from '../../../libs/dns/encode.ts';
import { NameBuilder } from '../../../libs/federation/names.ts';
import { HAND_OVER } from '../../../libs/table/answerer.ts';
import { asking, query, records } from '../../../libs/table/asking.ts';
import { readCounters } from '../../../libs/table/counters.ts';
import { createTable } from '../../../libs/table/table-writer.ts';
import { createTableSink, type TableSinkOptions } from './table-sink.ts';

const SOA = 'cluster.local. 5 IN SOA ns.cluster.local. root.cluster.local. 7 7200 1800 86400 5';

describe('a table sink', () => {
  const given = (rest: Partial<TableSinkOptions>) => {
    const table = createTable({ octets: 1 << 20 });
    const options = { zones: ['cluster.local.'], views: [0], firstZone: 1, rotate: false };
    const sink = createTableSink({
      ...options,
      table,
      recursionAvailable: false,
      ...rest,
    });
    const [soa] = records(SOA);
    assert.ok(soa !== undefined);
    return { table, sink, soa };
  };

  test('has readers count by the labels of each listener, also what they deny', () => {
    const groupOf = (view: number) => 7 + view;
    const { table, sink, soa } = given({ views: [2, 4], groupOf });
    sink.setZone('cluster.local.', soa, true);
    const names = new NameBuilder();
    names.add('web.cluster.local.', 'A', 5, '10.0.0.1');
    sink.put('cluster.local.', 'cluster.local.', names.names());
    sink.put('cluster.local.', 'web.cluster.local.', names.names());
    const ask = asking(table);
    ask(encode(query('web.cluster.local. A')), 2);
    ask(encode(query('web.cluster.local. A')), 4);
    ask(encode(query('nope.cluster.local. A')), 4);
    const { groups } = readCounters(table.memory);
    assert.deepEqual(
      [groups[7 + 2]?.responses, groups[7 + 4]?.responses],
      [
        [{ rcode: 0, kind: 'own', count: 1 }],
        [
          { rcode: 0, kind: 'own', count: 1 },
          { rcode: 3, kind: 'own', count: 1 },
        ],
      ],
    );
  });

  test('leaves a name that no message can hold to the chain, and goes on', () => {
    const told: string[] = [];
    const { table, sink, soa } = given({ onUnencodable: (name) => told.push(name) });
    sink.setZone('cluster.local.', soa, true);
    const names = new NameBuilder();
    const long = `${'x'.repeat(64)}.cluster.local.`;
    names.add('cluster.local.', 'A', 5, '10.0.0.1');
    names.add('odd.cluster.local.', 'SRV', 5, `0 100 80 ${long}`);
    names.add(long, 'A', 5, '10.0.0.2');
    for (const name of names.names().keys()) sink.put('cluster.local.', name, names.names());
    sink.remove('cluster.local.', long);
    const ask = asking(table);
    assert.deepEqual(told, ['odd.cluster.local.', long]);
    assert.equal(ask(encode(query('odd.cluster.local. SRV'))), HAND_OVER);
    assert.notEqual(ask(encode(query('cluster.local. A'))), HAND_OVER);
  });

  test('tells once that the table is full, and leaves to the chain what has no room', () => {
    const told: string[] = [];
    const table = createTable({ octets: 1 << 17 });
    const { sink, soa } = given({ table, onFull: (name) => told.push(name) });
    sink.setZone('cluster.local.', soa, true);
    const ask = asking(table);
    const put = (i: number) => {
      const name = `web-${i}.cluster.local.`;
      const names = new NameBuilder();
      names.add(name, 'A', 5, '10.0.0.1');
      sink.put('cluster.local.', name, names.names());
      return name;
    };
    let i = 0;
    while (told.length === 0) put(i++);
    assert.deepEqual(told, [`web-${i - 1}.cluster.local.`]);
    const name = put(i);
    assert.equal(told.length, 1);
    assert.equal(ask(encode(query(`${name} A`))), HAND_OVER);
    assert.equal(ask(encode(query('nope.cluster.local. A'))), HAND_OVER, 'nothing is denied');
    assert.notEqual(ask(encode(query('web-0.cluster.local. A'))), HAND_OVER);
  });

  test('says that the table has not so many zones', () => {
    const zones = Array.from({ length: 100 }, (_, i) => `z${i}.`);
    assert.throws(() => given({ zones, views: [0, 1, 2, 3, 4, 5] }), {
      message:
        'Cannot serve 100 zones on 6 listeners from the table: that is 600; expected at most 511',
    });
  });
});

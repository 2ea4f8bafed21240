import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode } from '../dns/encode.ts';
import { formatRecord } from '../dns/presentation.ts';
import { HAND_OVER } from './answerer.ts';
import { asking, edns, query, records } from './asking.ts';
import { given, read, SOA } from './given-zone.ts';
import { createTable } from './table-writer.ts';

describe('a table', () => {
  const answered = (lines: readonly string[], rest = {}) => ({
    rcode: 0,
    truncated: false,
    answer: lines,
    authority: [],
    additional: [],
    ...rest,
  });
  const A = 'new.shop.svc.cluster.local. 5 IN A 10.0.0.9';
  const put = (table: ReturnType<typeof createTable>, line: string, rest = {}) =>
    records(line).map(({ name, type }) =>
      table.put(name, 0, 1, [
        {
          type,
          authoritative: true,
          answer: records(line),
          authority: [],
          additional: [],
          ...rest,
        },
      ]),
    );
  const askNew = encode(query('new.shop.svc.cluster.local. A'));

  test('answers a name once it is put, denies it once it is removed', () => {
    const { table, ask } = given();
    const before = read(ask(askNew));
    put(table, A);
    assert.deepEqual(read(ask(askNew)), answered([A]));
    table.remove('new.shop.svc.cluster.local.', 0);
    assert.deepEqual(read(ask(askNew)), before);
    assert.equal(typeof before === 'object' && before.rcode, 3);
  });

  test('knows names above and keeps them as long as there is one below', () => {
    const { table, ask } = given();
    const names = table.names;
    const rcode = (name: string) => {
      const response = read(ask(encode(query(`${name} A`))));
      return typeof response === 'object' ? response.rcode : response;
    };
    put(table, 'a.b.c.cluster.local. 5 IN A 10.0.0.1');
    put(table, 'd.b.c.cluster.local. 5 IN A 10.0.0.1');
    assert.deepEqual([rcode('b.c.cluster.local.'), rcode('c.cluster.local.')], [0, 0]);
    table.remove('a.b.c.cluster.local.', 0);
    assert.deepEqual([rcode('b.c.cluster.local.'), rcode('c.cluster.local.')], [0, 0]);
    table.put('b.c.cluster.local.', 0, 1, []);
    table.remove('d.b.c.cluster.local.', 0);
    assert.equal(rcode('b.c.cluster.local.'), 0, 'was put by itself');
    table.remove('b.c.cluster.local.', 0);
    assert.deepEqual([rcode('b.c.cluster.local.'), rcode('c.cluster.local.')], [3, 3]);
    assert.equal(table.names, names);
  });

  test('answers what it knows of an incomplete zone, and leaves denials to the chain', () => {
    const { table, zone, ask } = given();
    table.setZone(1, { ...zone, complete: false });
    assert.equal(typeof ask(encode(query('web.shop.svc.cluster.local. A'))), 'object');
    assert.equal(ask(encode(query('web.shop.svc.cluster.local. TXT'))), HAND_OVER);
    assert.equal(ask(encode(query('nope.cluster.local. A'))), HAND_OVER);
  });

  test('denies with the SOA that was set last', () => {
    const { table, zone, ask } = given();
    for (const [from, to] of [
      [' 7 ', ' 8 '],
      [' 7 ', ' 4294967295 '],
      ['hostmaster.', 'root.'],
      [' 86400 5', ' 86400 9'],
      [' 7 ', ' 9 '],
    ] as const) {
      const [soa = zone.soa] = records(SOA.replace(from, to));
      assert.notDeepEqual(soa, zone.soa);
      table.setZone(1, { ...zone, soa });
      for (const name of ['nope.cluster.local.', 'x.dns.cluster.local.']) {
        const response = read(ask(encode(query(`${name} A`))));
        assert.deepEqual(response, answered([], { rcode: 3, authority: [formatRecord(soa)] }));
      }
    }
  });

  test('denies nothing in a zone that was removed', () => {
    const { table, ask } = given();
    table.removeZone(1);
    assert.equal(ask(encode(query('nope.cluster.local. A'))), HAND_OVER);
    assert.throws(
      () => table.put('web.cluster.local.', 0, 1, []),
      /it is not set; expected setZone/,
    );
  });

  test('refuses views, zones and names that it can not have', () => {
    const { table, zone } = given();
    const put = (name: string, view: number, id: number) => () => table.put(name, view, id, []);
    assert.throws(put('web.cluster.local.', 256, 1), /Cannot put into view "256"/);
    assert.throws(put('web.example.com.', 0, 1), /Cannot put "web\.example\.com\.": it is outside/);
    assert.throws(() => table.setZone(0, zone), /Cannot set the zone "0"/);
    assert.throws(() => createTable({ octets: 2 ** 31 }), /Cannot create a table of "2147483648"/);
  });

  test('leaves types that an alias does not have to the chain, and names marked so altogether', () => {
    const { table, ask } = given();
    put(table, 'alias.cluster.local. 5 IN CNAME example.com.');
    assert.equal(typeof ask(encode(query('alias.cluster.local. CNAME'))), 'object');
    assert.equal(ask(encode(query('alias.cluster.local. A'))), HAND_OVER);
    table.put('cut.cluster.local.', 0, 1, [], { handOver: true });
    assert.equal(ask(encode(query('cut.cluster.local. A'))), HAND_OVER);
    assert.equal(ask(encode(query('x.y.cut.cluster.local. A'))), HAND_OVER);
  });

  test('answers each view with its own variant', () => {
    const { table, ask } = given();
    const line = 'web.shop.svc.cluster.local. 5 IN A 192.0.2.1';
    table.put('web.shop.svc.cluster.local.', 3, 1, [
      { type: 'A', authoritative: true, answer: records(line), authority: [], additional: [] },
    ]);
    const packet = encode(query('web.shop.svc.cluster.local. A'));
    assert.deepEqual(read(ask(packet, 3)), answered([line]));
    assert.deepEqual(
      read(ask(packet, 0)),
      answered(['web.shop.svc.cluster.local. 5 IN A 10.0.0.1']),
    );
    assert.equal(ask(encode(query('db.shop.svc.cluster.local. A')), 4), HAND_OVER);
  });

  test('begins with each address in turn, behind the alias that leads to them', () => {
    const { table, ask } = given();
    const alias = 'r.cluster.local. 5 IN CNAME t.cluster.local.';
    const addresses = [1, 2, 3].map((i) => `t.cluster.local. 5 IN A 10.0.3.${i}`);
    table.put('r.cluster.local.', 0, 1, [
      {
        type: 'A',
        authoritative: true,
        answer: records([alias, ...addresses].join('\n')),
        authority: records(SOA),
        additional: [],
        rotate: true,
      },
    ]);
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const response = read(ask(encode(query('r.cluster.local. A'))));
      assert.ok(typeof response === 'object');
      const [first, ...rest] = response.answer;
      assert.equal(first, alias);
      assert.deepEqual([...rest].sort(), addresses);
      assert.deepEqual(response.authority, [SOA]);
      seen.add(rest.join());
    }
    assert.equal(seen.size, 3, 'each address was first, the others behind it in their order');
  });

  test('gives flags, response code and sections as they were stored', () => {
    const { table, ask } = given();
    const line = 'example.cluster.local. 300 IN A 192.0.2.7';
    const flags = { authoritative: false, recursionAvailable: true, authenticData: true };
    const sections = { answer: records(line), authority: records(SOA), additional: records(A) };
    const none = { answer: [], authority: [], additional: [] };
    const rows = [
      { type: 'A', ...flags, ...none, answer: records(line) },
      { type: 'AAAA', ...flags, ...sections },
      { type: 'MX', ...flags, ...none, rcode: 3, authority: records(SOA), authoritative: true },
    ];
    table.put('example.cluster.local.', 0, 1, rows);
    for (const row of rows) {
      for (const authenticData of [false, true]) {
        const plain = query(`example.cluster.local. ${row.type}`);
        const asked = { ...plain, flags: { ...plain.flags, authenticData } };
        const { rcode = 0, type: _, ...stored } = { rcode: 0, ...row };
        const { answer, authority, additional, ...own } = stored;
        const rest = { ...asked.flags, ...own, response: true };
        const response = {
          ...asked,
          rcode,
          flags: { ...rest, authenticData },
          answer,
          authority,
          additional,
        };
        assert.deepEqual(ask(encode(asked)), encode(response), row.type);
      }
    }
  });

  test('grows beyond its first slots and forgets everything again', () => {
    const { table, ask } = given(16 << 20);
    const names = table.names;
    const line = (i: number) => `n${i}.grow.cluster.local. 5 IN A 10.1.${i >> 8}.${i & 255}`;
    for (let i = 0; i < 10_000; i++) assert.deepEqual(put(table, line(i)), ['stored']);
    for (let i = 0; i < 10_000; i += 997) {
      assert.deepEqual(
        read(ask(encode(query(`n${i}.grow.cluster.local. A`)))),
        answered([line(i)]),
      );
    }
    for (let i = 0; i < 10_000; i++) table.remove(`n${i}.grow.cluster.local.`, 0);
    assert.equal(table.names, names);
  });

  test('says when it is full, and then leaves to the chain what it could not take', () => {
    const { table, ask } = given(128 << 10);
    const line = (i: number) => `n${i}.full.cluster.local. 5 IN A 10.1.${i >> 8}.${i & 255}`;
    let i = 0;
    while (put(table, line(i))[0] === 'stored') i++;
    assert.equal(table.refusals, 1);
    assert.equal(ask(encode(query(`n${i}.full.cluster.local. A`))), HAND_OVER);
    assert.equal(ask(encode(query('nope.cluster.local. A'))), HAND_OVER, 'may be the one missing');
    assert.equal(typeof ask(encode(query('web.shop.svc.cluster.local. TXT'))), 'object');

    for (let k = 1; k < 10; k++) table.remove(`n${i - k}.full.cluster.local.`, 0);
    table.collect();
    assert.deepEqual(put(table, line(i)), ['stored']);
    assert.deepEqual(read(ask(encode(query(`n${i}.full.cluster.local. A`)))), answered([line(i)]));
    assert.equal(typeof ask(encode(query('nope.cluster.local. A'))), 'object');
  });

  test('hands over a name whose new answers found no room', () => {
    const { table, ask } = given(128 << 10);
    let i = 0;
    while (put(table, `n${i}.cluster.local. 5 IN A 10.0.0.1`)[0] === 'stored') i++;
    const large = Array.from(
      { length: 3000 },
      (_, k) => `n0.cluster.local. 5 IN A 10.1.${k >> 8}.${k & 255}`,
    );
    const [first = ''] = large;
    table.put('n0.cluster.local.', 0, 1, [
      {
        type: 'A',
        authoritative: true,
        answer: records(large.join('\n')),
        authority: [],
        additional: [],
      },
    ]);
    assert.equal(ask(encode(query('n0.cluster.local. A'))), HAND_OVER);
    for (let k = 1; k < 10; k++) table.remove(`n${k}.cluster.local.`, 0);
    table.collect();
    assert.deepEqual(put(table, first), ['stored']);
    assert.deepEqual(read(ask(encode(query('n0.cluster.local. A')))), answered([first]));
  });

  test('says TC, over TCP too, for what exceeds every message', () => {
    const { table } = given(4 << 20);
    const ask = asking(table, { transport: 'tcp', reader: 1 });
    const large = Array.from(
      { length: 4096 },
      (_, k) => `n0.cluster.local. 5 IN A 10.1.${k >> 8}.${k & 255}`,
    );
    table.put('n0.cluster.local.', 0, 1, [
      {
        type: 'A',
        authoritative: true,
        answer: records(large.join('\n')),
        authority: [],
        additional: [],
      },
    ]);
    const response = read(ask(encode(query('n0.cluster.local. A', { edns: edns(1232) }))));
    assert.deepEqual(response, answered([], { truncated: true }));
  });
});

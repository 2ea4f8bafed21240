import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from '../dns/encode.ts';
import { HAND_OVER } from './answerer.ts';
import { asking, loadZone, NOW_SECONDS, query, records } from './asking.ts';
import { createTable } from './table-writer.ts';

const ZONE = `
  cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 7 7200 1800 86400 5
  a.b.cluster.local. 5 IN A 10.0.0.1
  web.cluster.local. 5 IN A 10.0.0.1
`;
const NAMES = ['cluster.local.', 'b.cluster.local.', 'a.b.cluster.local.', 'web.cluster.local.'];
const CACHED = {
  ...{ type: 'A', authoritative: false, authority: [], additional: [] },
  answer: records('kept.example. 5 IN A 192.0.2.1'),
  cached: { saidAtSeconds: NOW_SECONDS, expiresAtSeconds: NOW_SECONDS + 60, denial: false },
};

/** Two views with the same names. */
function given() {
  const table = createTable({ octets: 1 << 25 });
  for (const view of [0, 1]) {
    loadZone(table, 1 + view, ZONE, true, view);
    table.keep('kept.example.', view, 0, CACHED);
  }
  const ask = asking(table);
  const isThere = (name: string, view: number) =>
    typeof ask(encode(query(`${name} A`)), view) !== 'number';
  return { table, isThere };
}

test('a view that is dropped leaves nothing, and the others as they are', () => {
  const { table, isThere } = given();
  const all = table.names;
  table.removeZone(1);
  for (const _piece of table.dropView(0));
  assert.equal(table.names, all / 2);
  for (const name of [...NAMES, 'kept.example.']) {
    assert.deepEqual([isThere(name, 0), isThere(name, 1)], [false, true], name);
  }
});

test('names put while a view is dropped, and slots that grow, are no obstacle', () => {
  const { table, isThere } = given();
  table.removeZone(1);
  let put = 0;
  for (const _piece of table.dropView(0)) {
    for (let i = 0; i < 3000 && put < 60_000; i++, put++) {
      table.put(`n${put}.cluster.local.`, 1, 2, []);
    }
  }
  assert.equal(table.names, put + NAMES.length + 1);
  assert.ok(isThere('web.cluster.local.', 1));
});

test('once it is dropped the same view can be filled anew', () => {
  const { table } = given();
  table.removeZone(1);
  for (const _piece of table.dropView(0));
  const ask = asking(table);
  assert.equal(ask(encode(query('web.cluster.local. A')), 0), HAND_OVER);
  loadZone(table, 3, ZONE);
  assert.equal(typeof ask(encode(query('web.cluster.local. A')), 0), 'object');
});

test('what is cached can be dropped alone, or of one name', () => {
  const { table, isThere } = given();
  const asked = ['kept.example.', 'b.cluster.local.', 'web.cluster.local.'];
  assert.deepEqual(
    asked.map((name) => table.has(name, 0)),
    [false, false, true],
    'neither what is cached, nor what is only above another',
  );
  table.forget('kept.example.', 0);
  table.forget('web.cluster.local.', 0);
  assert.deepEqual([isThere('kept.example.', 0), isThere('web.cluster.local.', 0)], [false, true]);
  for (const _piece of table.dropCached(1));
  assert.deepEqual([isThere('kept.example.', 1), isThere('web.cluster.local.', 1)], [false, true]);
  assert.equal(table.names, 2 * NAMES.length);
});

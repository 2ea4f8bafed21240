import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode } from '../dns/encode.ts';
import { asking, query, records } from './asking.ts';
import { read, SOA } from './given-zone.ts';
import { READER_EPOCH, ROOT_EPOCH, ROOT_SLOTS, readerWord } from './layout.ts';
import type { TableWriter } from './table-writer.ts';
import { createTable } from './table-writer.ts';

const APEX = 'cluster.local.';

const given = (octets: number) => {
  const table = createTable({ octets, seed: 1, poison: true });
  const [soa] = records(SOA);
  assert.ok(soa !== undefined);
  table.setZone(1, { apex: APEX, soa, complete: true });
  return table;
};

const put = (table: TableWriter, i: number, addresses: number) => {
  const name = `n${i}.${APEX}`;
  const answer = Array.from({ length: addresses }, (_, k) => {
    return { name, type: 'A', ttl: 5, rdata: `10.${addresses & 255}.${k >> 8}.${k & 255}` };
  });
  const rest = { authoritative: true, authority: [], additional: [] };
  return table.put(name, 0, 1, [{ type: 'A', answer, ...rest }]);
};

describe('memory of a table', () => {
  test('is enough for ever for names whose sizes change', () => {
    const table = given(448 << 10);
    const names = 400;
    // The largest take 300 KiB, slots and their successors some 100 KiB more.
    for (const addresses of [1, 40, 2, 39, 17, 38, 5, 40, 1, 33, 36, 1, 40]) {
      // In an order of its own each time, as Pods come and go.
      for (let k = 0; k < names; k++) {
        assert.equal(put(table, (k * 7919 + addresses) % names, addresses), 'stored');
      }
    }
    assert.equal(table.refusals, 0);
  });

  test('is as before when all names are gone again', () => {
    const table = given(8 << 20);
    for (let i = 0; i < 500; i++) put(table, i, 3);
    for (let i = 0; i < 500; i++) table.remove(`n${i}.${APEX}`, 0);
    table.collect();
    const { octets } = table;
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 500; i++) put(table, i, 1 + ((i + round) % 30));
      for (let i = 0; i < 500; i++) table.remove(`n${i}.${APEX}`, 0);
      table.collect();
      assert.equal(table.octets, octets);
    }
  });

  test('is left alone by an update that says what is there', () => {
    const table = given(1 << 20);
    put(table, 1, 3);
    // A reader that stays in its batch: what is retired now is not free.
    const words = new Int32Array(table.memory);
    words[readerWord(5) + READER_EPOCH] = words[ROOT_EPOCH] ?? 0;
    const { octets } = table;
    for (let i = 0; i < 100; i++) put(table, 1, 3);
    assert.equal(table.octets, octets);
    put(table, 1, 4);
    assert.ok(table.octets > octets);
  });

  test('is not used again while a reader may still look at it', () => {
    const table = given(1 << 20);
    const ask = asking(table);
    const words = new Int32Array(table.memory);
    for (let i = 0; i < 200; i++) put(table, i, 2);
    words[readerWord(5) + READER_EPOCH] = words[ROOT_EPOCH] ?? 0;
    const before = table.octets;
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 200; i++) put(table, i, 3 + (round & 1));
    }
    assert.ok(table.octets > before + 10 * 200 * 100, 'nothing was freed');
    words[readerWord(5) + READER_EPOCH] = 0;
    table.collect();
    assert.ok(table.octets < before + 200 * 100, 'all of it was freed');
    const said = read(ask(encode(query(`n7.${APEX} A`))));
    assert.equal(typeof said === 'object' && said.answer.length, 4);
  });

  test('has slots for names that come in the middle of their growth', () => {
    const table = given(64 << 20);
    const ask = asking(table);
    const words = new Int32Array(table.memory);
    const gone = new Set<number>();
    const slots = new Set<number>();
    // Names of before are changed and removed while the slots that they are in are copied.
    for (let i = 0; i < 40_000; i++) {
      assert.equal(put(table, i, 1), 'stored');
      const other = ((i >> 2) * 7919) % ((i >> 2) + 1); // four times in a row
      if (gone.delete(other) || i % 3 > 0) put(table, other, 2);
      else {
        table.remove(`n${other}.${APEX}`, 0);
        gone.add(other);
      }
      slots.add(words[ROOT_SLOTS] ?? 0);
    }
    assert.ok(slots.size >= 5, `${slots.size} times other slots`);
    for (let i = 0; i < 40_000; i++) {
      const said = ask(encode(query(`n${i}.${APEX} A`)));
      assert.ok(typeof said === 'object');
      assert.equal((said[3] ?? 0) & 15, gone.has(i) ? 3 : 0, `n${i}`);
    }
    assert.equal(table.names, 40_001 - gone.size);
  });
});

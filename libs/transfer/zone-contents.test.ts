import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { formatRecord, parseRecord } from '../dns/presentation.ts';
import type { RRset } from '../dns/rrset.ts';
import { serialOf } from './serial.ts';
import { ZoneContents } from './zone-contents.ts';
import { HISTORY_LIMITS } from './zone-history.ts';
import type { ZoneSource } from './zone-source.ts';

const ZONE = 'a.test.';
const soaOf = (serial: number, ttl = 5) =>
  parseRecord(`${ZONE} ${ttl} IN SOA ns.${ZONE} h.${ZONE} ${serial} 7200 1800 86400 5`);

/** One record of zone-file text per set. */
const rrset = (line: string): RRset => {
  const { name, type, ttl, rdata } = parseRecord(line);
  return { name, type, ttl, rdatas: [rdata] };
};

const given = (limits = HISTORY_LIMITS) => {
  const contents = new ZoneContents([ZONE], limits);
  const source = contents.source(ZONE) ?? assert.fail('no source');
  const put = (...lines: readonly string[]) => {
    for (const [name, rrsets] of Map.groupBy(lines.map(rrset), ({ name }) => name)) {
      contents.put(ZONE, name, rrsets);
    }
  };
  const seal = (serial: number) => contents.setZone(ZONE, soaOf(serial), true);
  return { contents, source, put, seal };
};

const recordsOf = (source: ZoneSource) => [...source.records()].map(formatRecord);

/** Each difference as its lines, `-` and `+` before them. */
const differences = (source: ZoneSource, serial: number) =>
  source
    .differencesSince(serial)
    ?.map(({ from, to, removed, added }) => [
      `${serialOf(from)} to ${serialOf(to)}`,
      ...removed.map((record) => `- ${formatRecord(record)}`),
      ...added.map((record) => `+ ${formatRecord(record)}`),
    ]);

describe('a zone', () => {
  test('has no SOA before an exact one came', () => {
    const { contents, source, put, seal } = given();
    put('web.a.test. 5 IN A 192.0.2.1');
    contents.setZone(ZONE, soaOf(1), false);
    assert.equal(source.soa(), undefined);
    seal(2);
    assert.deepEqual(source.soa(), soaOf(2));
    assert.deepEqual(recordsOf(source), ['web.a.test. 5 IN A 192.0.2.1']);
  });

  test('is as of its last exact serial, whatever was told since', () => {
    const { contents, source, put, seal } = given();
    put('web.a.test. 5 IN A 192.0.2.1');
    seal(1);
    put('web.a.test. 5 IN A 192.0.2.2');
    contents.setZone(ZONE, soaOf(2), false);
    seal(1);
    assert.deepEqual(source.soa(), soaOf(1));
    assert.deepEqual(recordsOf(source), ['web.a.test. 5 IN A 192.0.2.1']);
    seal(3);
    assert.deepEqual(recordsOf(source), ['web.a.test. 5 IN A 192.0.2.2']);
  });

  test('gives its records in one order: NS of the apex, the apex, then names', () => {
    const { source, put, seal } = given();
    put(
      'z.a.test. 5 IN A 192.0.2.1',
      'b.z.a.test. 5 IN A 192.0.2.2',
      'a.test. 5 IN TXT "x"',
      'a.test. 5 IN NS ns.a.test.',
      'ns.a.test. 5 IN A 192.0.2.53',
      'c.ns.a.test. 5 IN A 192.0.2.3',
      'a.test. 5 IN SOA ns.a.test. h.a.test. 9 9 9 9 9',
    );
    seal(1);
    assert.deepEqual(recordsOf(source), [
      'a.test. 5 IN NS ns.a.test.',
      'a.test. 5 IN TXT "x"',
      'ns.a.test. 5 IN A 192.0.2.53',
      'c.ns.a.test. 5 IN A 192.0.2.3',
      'z.a.test. 5 IN A 192.0.2.1',
      'b.z.a.test. 5 IN A 192.0.2.2',
    ]);
  });

  test('stays as it was for who reads it, while it changes', () => {
    const { source, put, seal } = given();
    put('b.a.test. 5 IN A 192.0.2.1', 'c.a.test. 5 IN A 192.0.2.2');
    seal(1);
    const seen: string[] = [];
    for (const record of source.records()) {
      put('b.a.test. 5 IN A 192.0.2.9', 'c.a.test. 5 IN A 192.0.2.9');
      seal(2 + seen.length);
      seen.push(formatRecord(record));
    }
    assert.deepEqual(seen, ['b.a.test. 5 IN A 192.0.2.1', 'c.a.test. 5 IN A 192.0.2.2']);
  });

  test('is told of no other zone', () => {
    const { contents } = given();
    contents.put('b.test.', 'b.test.', []);
    contents.remove('b.test.', 'b.test.');
    contents.setZone('b.test.', soaOf(1), true);
    assert.equal(contents.source('b.test.'), undefined);
  });
});

describe('the differences since a serial', () => {
  test('are condensed: what came and went again is not told', () => {
    const { contents, source, put, seal } = given();
    put('web.a.test. 5 IN A 192.0.2.1', 'db.a.test. 5 IN A 192.0.2.7');
    seal(1);
    put('web.a.test. 5 IN A 192.0.2.2', 'new.a.test. 5 IN A 192.0.2.3');
    seal(2);
    contents.remove(ZONE, 'new.a.test.');
    put('web.a.test. 5 IN A 192.0.2.4');
    seal(5);
    assert.deepEqual(differences(source, 1), [
      ['1 to 5', '- web.a.test. 5 IN A 192.0.2.1', '+ web.a.test. 5 IN A 192.0.2.4'],
    ]);
    assert.deepEqual(differences(source, 5), []);
  });

  test('are empty when only the serial moved, and nobody is called for that', () => {
    const { source, put, seal } = given();
    let called = 0;
    const stop = source.onChange(() => called++);
    put('web.a.test. 5 IN A 192.0.2.1');
    seal(1);
    seal(2);
    put('web.a.test. 5 IN A 192.0.2.1');
    seal(3);
    assert.equal(called, 1);
    assert.deepEqual(differences(source, 1), [['1 to 3']]);
    assert.deepEqual(differences(source, 2), [['2 to 3']]);
    put('web.a.test. 5 IN A 192.0.2.2');
    seal(4);
    assert.equal(called, 2);
    const change = ['- web.a.test. 5 IN A 192.0.2.1', '+ web.a.test. 5 IN A 192.0.2.2'];
    assert.deepEqual(differences(source, 2), [['2 to 4', ...change]]);
    stop();
    put('web.a.test. 5 IN A 192.0.2.3');
    seal(5);
    assert.equal(called, 2);
  });

  test('begin with the SOA of then', () => {
    const { contents, source, seal } = given();
    seal(1);
    contents.setZone(ZONE, soaOf(2, 30), true);
    assert.deepEqual(source.differencesSince(1), [
      { from: soaOf(1), to: soaOf(2, 30), removed: [], added: [] },
    ]);
  });

  test('go on where serials begin again', () => {
    const { source, put, seal } = given();
    seal(0xffff_ffff);
    put('web.a.test. 5 IN A 192.0.2.1');
    seal(0);
    assert.deepEqual(differences(source, 0xffff_ffff), [
      ['4294967295 to 0', '+ web.a.test. 5 IN A 192.0.2.1'],
    ]);
  });

  const unknown: readonly (readonly [what: string, serials: readonly number[], asked: number])[] = [
    ['that never was', [5], 4],
    ['that was left out', [5, 7], 6],
    ['of before the serials went back', [5, 7, 6], 5],
    ['that is too many steps ago', [1, 2, 3, 4], 1],
  ];
  for (const [what, serials, asked] of unknown) {
    test(`are unknown for a serial ${what}`, () => {
      const { source, put, seal } = given({ ...HISTORY_LIMITS, stepsMax: 2 });
      for (const serial of serials) {
        put(`web.a.test. 5 IN A 192.0.2.${serial}`);
        seal(serial);
      }
      assert.equal(source.differencesSince(asked), undefined);
    });
  }

  test('are unknown when there were too many records, or serials, since', () => {
    const { source, put, seal } = given({ ...HISTORY_LIMITS, recordsMax: 3, serialsMax: 4 });
    seal(1);
    put('a.a.test. 5 IN A 192.0.2.1', 'b.a.test. 5 IN A 192.0.2.1');
    seal(2);
    put('c.a.test. 5 IN A 192.0.2.1', 'd.a.test. 5 IN A 192.0.2.1');
    seal(3);
    assert.equal(source.differencesSince(1), undefined);
    assert.equal(differences(source, 2)?.length, 1);
    for (const serial of [4, 5, 6]) seal(serial);
    assert.equal(source.differencesSince(2), undefined);
    assert.equal(differences(source, 3)?.length, 1);
  });
});

test('who follows the differences from any serial has what the whole zone says', () => {
  const name = fc.constantFrom('a.test.', 'b.a.test.', 'c.b.a.test.', 'd.a.test.');
  const record = fc.record({
    type: fc.constantFrom('A', 'TXT'),
    ttl: fc.constantFrom(5, 30),
    host: fc.integer({ min: 1, max: 3 }),
  });
  const put = fc.record({ name, records: fc.array(record, { maxLength: 3 }) });
  const turn = fc.record({
    puts: fc.array(put, { maxLength: 3 }),
    exact: fc.boolean(),
    step: fc.integer({ min: 0, max: 3 }),
  });
  const limits = fc.record({
    stepsMax: fc.integer({ min: 1, max: 30 }),
    recordsMax: fc.integer({ min: 1, max: 60 }),
    serialsMax: fc.integer({ min: 1, max: 30 }),
  });
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 30 }), limits, (turns, limits) => {
      const { contents, source } = given(limits);
      const copies = new Map<number, readonly string[]>();
      let serial = 0xffff_fff0;
      for (const { puts, exact, step } of turns) {
        for (const { name, records } of puts) {
          const rrsets = records.map(({ type, ttl, host }) => ({
            name,
            type,
            ttl,
            rdatas: [type === 'A' ? `192.0.2.${host}` : `"${host}"`],
          }));
          if (records.length === 0) contents.remove(ZONE, name);
          else contents.put(ZONE, name, rrsets);
        }
        serial = (serial + step) >>> 0;
        contents.setZone(ZONE, soaOf(serial), exact);
        const soa = source.soa();
        if (soa === undefined) continue;
        const now = recordsOf(source).sort();
        copies.set(serialOf(soa), now);
        for (const [from, copy] of copies) {
          const found = source.differencesSince(from);
          if (found === undefined) continue;
          const followed = new Set(copy);
          for (const { removed, added } of found) {
            for (const each of removed) assert.ok(followed.delete(formatRecord(each)));
            for (const each of added) {
              assert.ok(!followed.has(formatRecord(each)));
              followed.add(formatRecord(each));
            }
          }
          assert.deepEqual([...followed].sort(), now);
        }
      }
    }),
  );
});

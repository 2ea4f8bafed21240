import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encode } from '../dns/encode.ts';
import { durationCell } from './answer-counter.ts';
import { createAnswerer, HAND_OVER } from './answerer.ts';
import { edns, NOW_SECONDS, query, records } from './asking.ts';
import { growthOf, readCacheHits, readCells, readCounters, SECONDS_BOUNDS } from './counters.ts';
import { SOA, ZONE } from './given-zone.ts';
import { CONTROL_READER, readerIo } from './layout.ts';
import { createTable } from './table-writer.ts';

const [OWN, ALSO_OWN, CACHED] = [3, 4, 15];

/** Names of two groups of our own, cached ones of a third, and what a reader says to packets. */
function given(reader = 0) {
  const table = createTable({ octets: 1 << 20, seed: 1 });
  const [soa] = records(SOA);
  assert.ok(soa !== undefined);
  table.setZone(1, { apex: 'cluster.local.', soa, complete: true, group: OWN });
  const otherSoa = { ...soa, name: 'other.test.' };
  table.setZone(2, { apex: 'other.test.', soa: otherSoa, complete: true, group: ALSO_OWN });
  const answer = (lines: string) => {
    const answers = records(lines);
    const sections = { authoritative: true, answer: answers, authority: [], additional: [] };
    return { type: answers[0]?.type ?? 'A', ...sections };
  };
  const many = ZONE.split('\n').filter((line) => line.includes('many.shop'));
  table.put('web.shop.svc.cluster.local.', 0, 1, [
    answer('web.shop.svc.cluster.local. 5 IN A 10.0.0.1'),
    answer('web.shop.svc.cluster.local. 5 IN AAAA fd00::1'),
  ]);
  table.put('many.shop.svc.cluster.local.', 0, 1, [answer(many.join('\n'))]);
  table.put('a.other.test.', 0, 2, [answer('a.other.test. 5 IN A 10.0.0.2')]);
  const cached = { saidAtSeconds: NOW_SECONDS, expiresAtSeconds: NOW_SECONDS + 60 };
  const kept = answer('kept.example. 60 IN A 192.0.2.1');
  table.keep('kept.example.', 0, CACHED, { ...kept, cached: { ...cached, denial: false } });
  table.keep('gone.example.', 0, CACHED, {
    ...kept,
    rcode: 3,
    answer: [],
    authority: records(SOA),
    cached: { ...cached, denial: true },
  });
  const answerer = createAnswerer(table.memory, reader);
  const bytes = new Uint8Array(table.memory);
  const at = readerIo(reader);
  const ask = (
    question: string,
    { family = 0, ...rest }: Parameters<typeof query>[1] & Family = {},
  ) => {
    const packet = encode(query(question, rest));
    bytes.set(packet, at);
    return {
      asked: packet.length,
      said: answerer.answer(at, packet.length, 0, NOW_SECONDS, family),
    };
  };
  return { table, ask, endBatch: (elapsedMs: number) => answerer.counter.endBatch(elapsedMs) };
}

interface Family {
  readonly family?: 0 | 1;
}

const observed = ({ cells }: { readonly cells: readonly number[] }) =>
  cells.reduce((sum, count) => sum + count);

describe('counters', () => {
  test('tell types, families and DO of a group', () => {
    const { table, ask, endBatch } = given();
    const DO = edns(1232, { dnssecOk: true });
    ask('web.shop.svc.cluster.local. A');
    ask('web.shop.svc.cluster.local. A', { edns: edns(1232) });
    ask('web.shop.svc.cluster.local. A', { edns: DO });
    ask('web.shop.svc.cluster.local. AAAA', { family: 1 });
    ask('web.shop.svc.cluster.local. AAAA', { family: 1, edns: DO });
    ask('web.shop.svc.cluster.local. TYPE65400');
    ask('web.shop.svc.cluster.local. NAPTR');
    endBatch(0);
    const [v4, v6] = [{ family: 'ipv4' }, { family: 'ipv6' }];
    assert.deepEqual(readCounters(table.memory).groups[OWN]?.queries, [
      { ...v4, dnssecOk: false, type: 'A', count: 2 },
      { ...v4, dnssecOk: false, type: 'other', count: 2 },
      { ...v4, dnssecOk: true, type: 'A', count: 1 },
      { ...v6, dnssecOk: false, type: 'AAAA', count: 1 },
      { ...v6, dnssecOk: true, type: 'AAAA', count: 1 },
    ]);
  });

  test('tell codes, and what was cached, by group', () => {
    const { table, ask, endBatch } = given();
    ask('web.shop.svc.cluster.local. MX');
    ask('nope.cluster.local. A');
    ask('many.shop.svc.cluster.local. A');
    ask('a.other.test. A');
    ask('kept.example. A');
    ask('kept.example. A');
    ask('gone.example. A');
    assert.equal(ask('kept.example. TXT').said, HAND_OVER);
    endBatch(0);
    const { groups, truncated } = readCounters(table.memory);
    assert.deepEqual(
      groups.map(({ responses }) => responses).filter(({ length }) => length > 0),
      [
        [
          { rcode: 0, kind: 'own', count: 2 },
          { rcode: 3, kind: 'own', count: 1 },
        ],
        [{ rcode: 0, kind: 'own', count: 1 }],
        [
          { rcode: 0, kind: 'success', count: 2 },
          { rcode: 3, kind: 'denial', count: 1 },
        ],
      ],
    );
    assert.equal(truncated, 1);
    assert.deepEqual(readCacheHits(table.memory, CACHED), { success: 2, denial: 1 });
    assert.deepEqual(readCacheHits(table.memory, OWN), { success: 0, denial: 0 });
  });

  test('put sizes into their buckets, bounds included', () => {
    const { table, ask, endBatch } = given();
    const small = ask('web.shop.svc.cluster.local. A');
    const large = ask('many.shop.svc.cluster.local. A', { edns: edns(1232) });
    endBatch(0);
    const { requestOctets, responseOctets } = readCounters(table.memory).groups[OWN] ?? {};
    assert.ok(requestOctets !== undefined && responseOctets !== undefined);
    assert.equal(requestOctets.sum, small.asked + large.asked);
    assert.equal(responseOctets.sum, small.said + large.said);
    for (const [{ bounds, cells }, sizes] of [
      [requestOctets, [small.asked, large.asked]],
      [responseOctets, [small.said, large.said]],
    ] as const) {
      const expected = bounds.map(
        (bound, i) => sizes.filter((size) => size <= bound && size > (bounds[i - 1] ?? -1)).length,
      );
      assert.deepEqual(cells, [...expected, 0]);
    }
  });

  test('give each query the time of its batch', () => {
    const { table, ask, endBatch } = given();
    ask('web.shop.svc.cluster.local. A');
    ask('a.other.test. A');
    ask('web.shop.svc.cluster.local. A');
    endBatch(0.75);
    ask('web.shop.svc.cluster.local. A');
    endBatch(0.25);
    endBatch(100);
    const { groups, batches } = readCounters(table.memory);
    const [own, other] = [groups[OWN]?.seconds, groups[ALSO_OWN]?.seconds];
    assert.deepEqual(
      [own?.cells.slice(0, 4), other?.cells.slice(0, 4)],
      [
        [1, 0, 2, 0],
        [0, 0, 1, 0],
      ],
    );
    assert.deepEqual([own && observed(own), other && observed(other)], [3, 1]);
    assert.deepEqual([own?.sum, other?.sum], [0.00175, 0.00075]);
    assert.equal(batches, 3);
  });

  test('lose nothing of a batch that is larger than what is noted of one', () => {
    const { table, ask, endBatch } = given();
    for (let i = 0; i < 1000; i++) ask('web.shop.svc.cluster.local. A');
    endBatch(1);
    const { responses, seconds } = readCounters(table.memory).groups[OWN] ?? {};
    assert.deepEqual(responses, [{ rcode: 0, kind: 'own', count: 1000 }]);
    assert.equal(seconds && observed(seconds), 1000);
  });

  test('are those of the readers that were asked for', () => {
    const { table, ask, endBatch } = given(CONTROL_READER);
    ask('web.shop.svc.cluster.local. A');
    endBatch(0);
    const of = (readers: readonly number[]) =>
      readCounters(table.memory, readers).groups[OWN]?.responses.length;
    assert.deepEqual([of([0, 1]), of([CONTROL_READER])], [0, 1]);
  });

  test('grow from one reading to the next, and may begin again', () => {
    const { table, ask, endBatch } = given();
    const before = readCells(table.memory);
    ask('web.shop.svc.cluster.local. A');
    endBatch(0);
    const now = readCells(table.memory);
    assert.equal(growthOf(now, before).reduce((sum, count) => sum + count) > 0, true);
    assert.ok(growthOf(now, now).every((count) => count === 0));
    assert.deepEqual([...growthOf(Float64Array.of(3, 7), Float64Array.of(5, 4))], [3, 3]);
  });
});

test('a duration falls into the first bucket that holds it', () => {
  const linear = (elapsedMs: number) => {
    const cell = SECONDS_BOUNDS.findIndex((bound) => elapsedMs <= bound * 1000);
    return cell === -1 ? SECONDS_BOUNDS.length : cell;
  };
  for (const bound of SECONDS_BOUNDS) {
    for (const elapsedMs of [bound * 1000, bound * 1000 + 2 ** -20, bound * 1000 - 2 ** -20]) {
      assert.equal(durationCell(elapsedMs), linear(elapsedMs), `${elapsedMs} ms`);
    }
  }
  fc.assert(
    fc.property(fc.double({ min: 0, max: 20_000, noNaN: true }), (elapsedMs) => {
      assert.equal(durationCell(elapsedMs), linear(elapsedMs));
    }),
  );
});

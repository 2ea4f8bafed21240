import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encode } from '../dns/encode.ts';
import type { Message } from '../dns/message.ts';
import { UDP_OCTETS_MAX, udpLimit } from '../dns/message.ts';
import type { RR } from '../dns/rrset.ts';
import { createAnswerer, HAND_OVER } from './answerer.ts';
import { asking, edns, NOW_SECONDS, query, records } from './asking.ts';
import { given, SOA } from './given-zone.ts';
import { CACHED_DENIAL, CACHED_NOT, CACHED_SUCCESS, HITS_MAX, readerIo } from './layout.ts';
import type { CachedTimes, TableAnswer } from './table-answer.ts';
import { createTable } from './table-writer.ts';

const A = 'example.com. 300 IN A 192.0.2.7';
const AAAA = 'example.com. 60 IN AAAA 2001:db8::7';
const MX = 'example.com. 200 IN MX 10 mail.example.com.\nmail.example.com. 90 IN A 192.0.2.8';

const times = (lifetimeSeconds: number, saidAtSeconds = NOW_SECONDS): CachedTimes => ({
  saidAtSeconds,
  expiresAtSeconds: saidAtSeconds + lifetimeSeconds,
  denial: false,
});

const answer = (text: string, cached: CachedTimes, rest: Partial<TableAnswer> = {}) => ({
  type: records(text)[0]?.type ?? '',
  authoritative: false,
  recursionAvailable: true,
  answer: records(text),
  authority: [],
  additional: [],
  cached,
  ...rest,
});

/** What the chain says to `asked` of an answer that is so old. */
const aged = (asked: Message, stored: TableAnswer, seconds: number): Uint8Array => {
  const older = (rrs: readonly RR[]) =>
    rrs.map((rr) => ({ ...rr, ttl: Math.max(0, rr.ttl - seconds) }));
  const { authoritative, recursionAvailable = false, authenticData = false } = stored;
  const flags = { authoritative, recursionAvailable, response: true, truncated: false };
  return encode(
    {
      ...asked,
      rcode: stored.rcode ?? 0,
      flags: {
        ...asked.flags,
        ...flags,
        authenticData: authenticData && asked.flags.authenticData,
      },
      answer: older(stored.answer),
      authority: older(stored.authority),
      additional: older(stored.additional),
      edns: asked.edns && edns(UDP_OCTETS_MAX),
    },
    udpLimit(asked),
  );
};

const askA = query('example.com. A');
const packetOf = (question: string) => encode(query(question));

describe('a cached answer', () => {
  test('is given until it expires, each TTL less by the time since', () => {
    const { table, ask } = given();
    const stored = answer(MX, times(200), { additional: records(A) });
    assert.equal(table.keep('example.com.', 0, 0, stored), 'stored');
    const asked = query('EXAMPLE.com. MX');
    for (const age of [0, 1, 89, 90, 150, 199]) {
      assert.deepEqual(
        ask(encode(asked), 0, NOW_SECONDS + age),
        aged(asked, stored, age),
        `${age}`,
      );
    }
    assert.equal(ask(encode(asked), 0, NOW_SECONDS + 200), HAND_OVER);
    assert.deepEqual(ask(encode(asked), 0, NOW_SECONDS - 50), aged(asked, stored, 0), 'clock');
  });

  test('was said before it is kept', () => {
    const { table, ask } = given();
    const stored = answer(A, times(300, NOW_SECONDS - 100.5));
    table.keep('example.com.', 0, 0, stored);
    assert.deepEqual(ask(encode(askA)), aged(askA, stored, 101));
    assert.equal(ask(encode(askA), 0, NOW_SECONDS + 199), HAND_OVER);
  });

  test('is for its name and type, and for who asks for recursion without DNSSEC', () => {
    const { table, ask } = given();
    const stored = answer(A, times(300), { authenticData: true });
    table.keep('example.com.', 0, 0, stored);
    const flags = { ...askA.flags };
    const given0 = [
      askA,
      { ...askA, flags: { ...flags, authenticData: true } },
      { ...askA, edns: edns(1232) },
    ];
    for (const asked of given0) assert.deepEqual(ask(encode(asked)), aged(asked, stored, 0));
    const handedOver = [
      query('example.com. AAAA'),
      query('www.example.com. A'),
      query('com. A'),
      { ...askA, flags: { ...flags, recursionDesired: false } },
      { ...askA, flags: { ...flags, checkingDisabled: true } },
      { ...askA, edns: edns(1232, { dnssecOk: true }) },
    ];
    for (const asked of handedOver) assert.equal(ask(encode(asked)), HAND_OVER);
    assert.equal(ask(encode(askA), 1), HAND_OVER, 'another view');
  });

  test('stays beside those of other types, until it expires or is forgotten', () => {
    const { table, ask } = given();
    const a = answer(A, times(300));
    const aaaa = answer(AAAA, times(60));
    table.keep('example.com.', 0, 0, a);
    table.keep('example.com.', 0, 0, aaaa);
    const askAaaa = query('example.com. AAAA');
    assert.deepEqual(ask(encode(askA), 0, NOW_SECONDS + 59), aged(askA, a, 59));
    assert.deepEqual(ask(encode(askAaaa), 0, NOW_SECONDS + 59), aged(askAaaa, aaaa, 59));
    const names = table.names;
    table.forget('example.com.', 0, 'A');
    table.forget('example.com.', 0, 'MX');
    assert.equal(ask(encode(askA)), HAND_OVER);
    assert.deepEqual(ask(encode(askAaaa)), aged(askAaaa, aaaa, 0));
    const newer = answer(A.replace('192.0.2.7', '192.0.2.9'), times(300));
    table.keep('example.com.', 0, 0, newer);
    assert.deepEqual(ask(encode(askA)), aged(askA, newer, 0));
    table.forget('example.com.', 0, 'AAAA');
    table.forget('example.com.', 0, 'A');
    table.forget('example.com.', 0, 'A');
    assert.equal(table.names, names - 1);
    assert.equal(ask(encode(askA)), HAND_OVER);
  });

  test('counts its own hits, up to a limit, and keeps them when its neighbours change', () => {
    const { table, ask } = given();
    const hits = (type: string) => table.takeHits('example.com.', 0, type);
    const askTimes = (type: string, count: number) => {
      const packet = packetOf(`example.com. ${type}`);
      for (let i = 0; i < count; i++) ask(packet);
    };
    assert.equal(hits('A'), 0);
    table.keep('example.com.', 0, 0, answer(A, times(300)));
    table.keep('example.com.', 0, 0, answer(AAAA, times(300)));
    askTimes('A', 3);
    askTimes('AAAA', 2);
    table.keep('example.com.', 0, 0, answer(MX, times(300)));
    assert.deepEqual(
      [hits('A'), hits('A'), hits('AAAA'), hits('MX'), hits('TXT')],
      [3, 0, 2, 0, 0],
    );
    askTimes('A', HITS_MAX + 5);
    assert.equal(hits('A'), HITS_MAX);
    assert.equal(table.takeHits('web.shop.svc.cluster.local.', 0, 'A'), 0);
  });

  test('says by which group and kind it counts', () => {
    const { table, zone } = given();
    const answerer = createAnswerer(table.memory, 2);
    const bytes = new Uint8Array(table.memory);
    const counted = (question: string) => {
      const packet = packetOf(question);
      bytes.set(packet, readerIo(2));
      answerer.answer(readerIo(2), packet.length, 0, NOW_SECONDS, 0);
      return [answerer.group, answerer.cachedKind];
    };
    table.keep('example.com.', 0, 15, answer(A, times(300)));
    const denial = { ...times(300), denial: true };
    table.keep('example.com.', 0, 15, {
      ...answer(A, denial, { answer: [], authority: records(SOA) }),
      type: 'TXT',
    });
    table.setZone(2, { ...zone, apex: 'own.test.', group: 7 });
    table.put('a.b.own.test.', 0, 2, []);
    assert.deepEqual(counted('example.com. A'), [15, CACHED_SUCCESS]);
    assert.deepEqual(counted('example.com. TXT'), [15, CACHED_DENIAL]);
    assert.deepEqual(counted('web.shop.svc.cluster.local. A'), [0, CACHED_NOT]);
    assert.deepEqual(counted('a.b.own.test. A'), [7, CACHED_NOT], 'NODATA');
    assert.deepEqual(counted('b.own.test. A'), [7, CACHED_NOT], 'empty non-terminal');
    assert.deepEqual(counted('x.own.test. A'), [7, CACHED_NOT], 'NXDOMAIN');
    table.remove('a.b.own.test.', 0);
    assert.throws(() => table.keep('example.com.', 0, 16, answer(A, times(1))), /the group "16"/);
    assert.throws(() => table.setZone(2, { ...zone, group: -1 }), /the group "-1"/);
    const { cached: _, ...untimed } = answer(A, times(1));
    assert.throws(() => table.keep('example.com.', 0, 0, untimed), /it has no times/);
  });

  test('gives way to our own name, and never takes its place', () => {
    const { table, ask } = given();
    const stored = answer('new.cluster.local. 300 IN A 192.0.2.1', times(300));
    assert.equal(table.keep('web.shop.svc.cluster.local.', 0, 0, stored), 'taken');
    assert.equal(table.keep('svc.cluster.local.', 0, 0, stored), 'taken', 'empty non-terminal');
    const above = answer('up.cluster.local. 300 IN A 192.0.2.1', times(300));
    table.keep('up.cluster.local.', 0, 0, above);
    table.keep('new.up.cluster.local.', 0, 0, stored);
    table.remove('new.up.cluster.local.', 0);
    assert.notEqual(
      ask(packetOf('new.up.cluster.local. A')),
      HAND_OVER,
      'is not removed: not ours',
    );
    table.put('new.up.cluster.local.', 0, 1, []);
    for (const name of ['new.up', 'up']) {
      const asked = query(`${name}.cluster.local. A`);
      const nodata = { authoritative: true, recursionAvailable: false, answer: [] };
      const expected = answer(SOA, times(0), { ...nodata, authority: records(SOA) });
      assert.deepEqual(ask(encode(asked)), aged(asked, expected, 0), name);
      table.forget(`${name}.cluster.local.`, 0, 'A');
    }
    assert.equal(table.keep('up.cluster.local.', 0, 0, above), 'taken');
  });

  test('goes when its successor finds no room, or our own name does not', () => {
    const table = createTable({ octets: 64 << 10, seed: 1 });
    const ask = asking(table);
    const [soa] = records(SOA);
    assert.ok(soa !== undefined);
    table.setZone(1, { apex: 'cluster.local.', soa, complete: true });
    const stored = answer('x.cluster.local. 300 IN A 192.0.2.1', times(300));
    assert.equal(table.keep('x.cluster.local.', 0, 0, stored), 'stored');
    assert.equal(table.keep('y.cluster.local.', 0, 0, stored), 'stored');
    const large = { ...stored, answer: Array.from({ length: 2500 }, () => stored.answer).flat() };
    assert.equal(table.keep('y.cluster.local.', 0, 0, large), 'full');
    assert.equal(ask(packetOf('y.cluster.local. A')), HAND_OVER);
    const { cached: _, ...own } = large;
    assert.equal(table.put('x.cluster.local.', 0, 1, [own]), 'full');
    assert.equal(table.keep('x.cluster.local.', 0, 0, stored), 'taken', 'is ours, though not here');
    assert.equal(ask(packetOf('x.cluster.local. A')), HAND_OVER);
    table.put('apart.cluster.local.', 0, 1, []);
    assert.equal(ask(packetOf('nope.cluster.local. A')), HAND_OVER, 'one is missing');
    table.remove('x.cluster.local.', 0);
    assert.equal(table.keep('x.cluster.local.', 0, 0, stored), 'stored');
    assert.equal(table.names, 3);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encode } from '../dns/encode.ts';
import type { Message } from '../dns/message.ts';
import { NO_FLAGS, TCP_OCTETS_MAX } from '../dns/message.ts';
import { OPTION_COOKIE } from '../dns/server-cookie.ts';
import { DROP, HAND_OVER } from './answerer.ts';
import { asking, edns, expected, query, records } from './asking.ts';
import { given, read, ZONE } from './given-zone.ts';

/**
 * Queries of any name, type and EDNS that a client may send. Names: of the zone, below those, or
 * beside them all.
 */
function anyQueries(known: readonly string[]): fc.Arbitrary<Message> {
  const owner = fc.constantFrom(...known);
  const names = fc
    .oneof(
      owner,
      fc.tuple(labels, owner).map(([label, name]) => `${label}.${name}`),
      fc.array(labels, { maxLength: 3 }).map((list) => [...list, 'cluster.local.'].join('.')),
    )
    .chain(cased);
  return fc
    .record({
      id: fc.nat({ max: 65535 }),
      name: names,
      type: types,
      flags: fc.record({
        recursionDesired: fc.boolean(),
        checkingDisabled: fc.boolean(),
        authenticData: fc.boolean(),
      }),
      edns: opts,
    })
    .map(({ id, name, type, flags, edns }) =>
      query(`${name} ${type}`, { id, edns, flags: { ...NO_FLAGS, ...flags } }),
    );
}

const labels = fc.constantFrom(
  ...['web', 'db', 'many', 'shop', 'svc', '_http', '_pg', '_tcp', 'dns', 'ns', 'hostmaster'],
  ...['dns-version', 'nope', 'x'.repeat(63), 'cluster', 'a\\.b', '\\200'],
);
const cased = (name: string) =>
  fc
    .uint8Array({ minLength: 8, maxLength: 8 })
    .map((bits) =>
      [...name].map((c, i) => (((bits[i & 7] ?? 0) >> (i % 5)) & 1 ? c.toUpperCase() : c)).join(''),
    );
const types = fc.constantFrom('A', 'AAAA', 'SRV', 'SOA', 'NS', 'TXT', 'PTR', 'HTTPS', 'TYPE65280');
const cookies = fc
  .oneof(
    fc.uint8Array({ minLength: 8, maxLength: 8 }),
    fc.uint8Array({ minLength: 16, maxLength: 40 }),
  )
  .map((data) => ({ code: OPTION_COOKIE, data }));
const others = fc
  .record({ code: fc.nat({ max: 20 }), data: fc.uint8Array({ maxLength: 40 }) })
  .filter(({ code }) => code !== OPTION_COOKIE);
const options = fc.array(fc.oneof(cookies, others), { maxLength: 3 });
const opts = fc.option(
  fc.record({
    udpSize: fc.oneof(fc.integer({ min: 0, max: 65535 }), fc.integer({ min: 500, max: 700 })),
    version: fc.constant(0),
    dnssecOk: fc.boolean(),
    options,
  }),
  { nil: undefined },
);

const queries = anyQueries(records(ZONE).map(({ name }) => name));

describe('the answer from the table', () => {
  const { zone, ask, table } = given();
  const overTcp = asking(table, { transport: 'tcp', reader: 1 });

  test('is octet for octet the message that the codec writes', () => {
    fc.assert(
      fc.property(queries, (asked) => {
        const packet = encode(asked);
        assert.deepEqual(ask(packet), expected(zone, ZONE, asked));
        assert.deepEqual(overTcp(packet), expected(zone, ZONE, asked, TCP_OCTETS_MAX));
      }),
      { numRuns: 10_000 },
    );
  });

  test('has the zone deny below what its SOA names, where that is compressed further', () => {
    for (const name of ['x.dns', 'ns.dns', 'a.b.ns.dns', 'hostmaster', 'x.hostmaster', 'xdns']) {
      const asked = query(`${name}.Cluster.Local. TXT`);
      assert.deepEqual(ask(encode(asked)), expected(zone, ZONE, asked), name);
    }
  });

  test('is left to the chain for everything unusual', () => {
    const plain = encode(query('web.shop.svc.cluster.local. A'));
    const changed = (...octets: readonly (readonly [number, number])[]) => {
      const packet = plain.slice();
      for (const [at, octet] of octets) packet[at] = octet;
      return packet;
    };
    const rows: readonly (readonly [string, Uint8Array])[] = [
      ['opcode NOTIFY', changed([2, 0x21])],
      ['no question', changed([5, 0])],
      ['two questions', changed([5, 2])],
      ['records in ANSWER', changed([7, 1])],
      ['records in AUTHORITY', changed([9, 1])],
      ['an additional record that is not there', changed([11, 1])],
      ['class CH', changed([plain.length - 1, 3])],
      ['octets after the question', Buffer.concat([plain, Buffer.of(0)])],
      ['a header alone', plain.slice(0, 12)],
      [
        'EDNS version 1',
        encode(query('web.shop.svc.cluster.local. A', { edns: edns(1232, { version: 1 }) })),
      ],
      ...[0, 7, 9, 15, 41].map((octets) => {
        const options = [{ code: OPTION_COOKIE, data: new Uint8Array(octets) }];
        const asked = query('web.shop.svc.cluster.local. A', { edns: edns(1232, { options }) });
        return [`a COOKIE of ${octets} octets`, encode(asked)] as const;
      }),
      ...['ANY', 'AXFR', 'IXFR', 'TKEY', 'OPT'].map(
        (type) => [type, encode(query(`web.shop.svc.cluster.local. ${type}`))] as const,
      ),
      ['DS of a name that is there', encode(query('cluster.local. DS'))],
      ['a name outside of every zone', encode(query('example.com. A'))],
    ];
    for (const [what, packet] of rows) assert.equal(ask(packet), HAND_OVER, what);
  });

  test('is silence for responses and for less than a header', () => {
    const response = encode(
      query('web.shop.svc.cluster.local. A', { flags: { ...NO_FLAGS, response: true } }),
    );
    assert.equal(ask(response), DROP);
    assert.equal(ask(response.slice(0, 11)), DROP);
    assert.equal(ask(new Uint8Array(0)), DROP);
  });

  test('says TC with empty sections where the client can take less', () => {
    const asked = query('many.shop.svc.cluster.local. A', { edns: edns(600) });
    assert.deepEqual(read(ask(encode(asked))), {
      rcode: 0,
      truncated: true,
      answer: [],
      authority: [],
      additional: [],
    });
  });
});

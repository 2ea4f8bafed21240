import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decode } from './decode.ts';
import { encode } from './encode.ts';
import type { Message } from './message.ts';
import { NO_FLAGS, queryMessage, udpLimit } from './message.ts';
import { parseRecord } from './presentation.ts';

const response: Message = {
  id: 0x1234,
  flags: { ...NO_FLAGS, response: true, authoritative: true, recursionDesired: true },
  opcode: 0,
  rcode: 0,
  question: { name: 'Web.shop.', type: 'A', class: 1 },
  answer: [],
  authority: [],
  additional: [],
  edns: undefined,
};

const hexOf = (message: Message) => Buffer.from(encode(message)).toString('hex');
const records = (...lines: readonly string[]) => lines.map(parseRecord);
const HEADER = 12;
const QUESTION = '0357656204 73686f7000 0001 0001'.replaceAll(' ', '');

describe('encode', () => {
  test('writes header and question in the case of the client', () => {
    assert.equal(hexOf(response), `1234850000010000 00000000${QUESTION}`.replace(' ', ''));
  });

  test('writes a query as the resolver of a pod does', () => {
    const hex = hexOf(queryMessage('Web.shop.', 'A'));
    assert.equal(hex, `0000 0100 0001 0000 0000 0000 ${QUESTION}`.replaceAll(' ', ''));
    const other = hexOf(queryMessage('Web.shop.', 'AAAA', { id: 7, flags: NO_FLAGS }));
    assert.ok(other.startsWith('000700000001'), other);
  });

  test('points at names that stand already, whatever their case', () => {
    const hex = hexOf({ ...response, answer: records('web.SHOP. 5 IN A 10.0.0.1') });
    assert.ok(hex.endsWith(`${QUESTION}c00c0001000100000005 00040a000001`.replace(' ', '')), hex);
  });

  test('points from the rdata of a CNAME, not from that of an SRV', () => {
    const cname = hexOf({ ...response, answer: records('web.shop. 5 IN CNAME db.shop.') });
    assert.ok(cname.endsWith('0005 026462c010'.replace(' ', '')), cname);
    const srv = hexOf({ ...response, answer: records('web.shop. 5 IN SRV 1 2 3 db.shop.') });
    assert.ok(srv.endsWith('000f 0001 0002 0003 026462 0473686f70 00'.replaceAll(' ', '')), srv);
  });

  test('points at no place that fourteen bits do not reach', () => {
    const text = `"${'x'.repeat(250)}"`;
    const filler = Array.from({ length: 70 }, () => `a. 5 IN TXT ${text}`);
    const answer = records(
      ...filler,
      'late.example. 5 IN A 10.0.0.1',
      'late.example. 5 IN A ::'.replace('A ::', 'AAAA ::'),
    );
    const read = decode(encode({ ...response, answer }));
    assert.equal(read.kind, 'message');
    assert.deepEqual(read.kind === 'message' && read.message.answer, answer);
  });

  test('writes OPT last, with the upper bits of the response code', () => {
    const edns = {
      udpSize: 1232,
      version: 0,
      dnssecOk: true,
      options: [{ code: 15, data: Uint8Array.of(0, 14) }],
    };
    const hex = hexOf({ ...response, rcode: 16, edns });
    assert.ok(hex.endsWith('00 0029 04d0 01008000 0006 000f 0002 000e'.replaceAll(' ', '')), hex);
    assert.equal(hex.slice(6, 8), '00');
  });

  test('leaves all records out of what does not fit, and says so', () => {
    const answer = Array.from({ length: 40 }, (_, i) =>
      parseRecord(`web.shop. 5 IN A 10.0.0.${i}`),
    );
    const whole = encode({ ...response, answer });
    assert.deepEqual(encode({ ...response, answer }, whole.length), whole);
    const short = encode({ ...response, answer }, whole.length - 1);
    assert.equal(short.length, HEADER + QUESTION.length / 2);
    const read = decode(short);
    assert.deepEqual(read, {
      kind: 'message',
      message: { ...response, flags: { ...response.flags, truncated: true } },
    });
  });

  test('never exceeds what the length field of TCP can say', () => {
    const line = `web.shop. 5 IN TXT ${`"${'x'.repeat(255)}" `.repeat(100)}`;
    const read = decode(encode({ ...response, answer: records(line, line, line) }));
    assert.equal(read.kind === 'message' && read.message.flags.truncated, true);
  });

  test('gives a name with escapes and one without the same pointers', () => {
    const answer = records('a\\.b.web.test. 5 IN A 10.0.0.1', 'c.WEB.test. 5 IN A 10.0.0.2');
    const octets = encode({ ...response, question: undefined, answer });
    const read = decode(octets);
    assert.deepEqual(
      read.kind === 'message' ? read.message.answer.map(({ name }) => name) : read.why,
      ['a\\.b.web.test.', 'c.web.test.'],
    );
    // Header, a.b, web, test, root, fixed and address; then c, a pointer, fixed and address.
    assert.equal(octets.length, 12 + (4 + 4 + 5 + 1 + 14) + (2 + 2 + 14));
  });

  test('refuses a name that is none', () => {
    const long = `${'x'.repeat(63)}.`.repeat(4);
    const tooWide = `${'x'.repeat(64)}.`;
    for (const name of [long, tooWide, 'a..b.', 'a..', '..', '.a.', 'a\u0100.']) {
      const answer = [{ name, type: 'A', ttl: 5, rdata: '10.0.0.1' }];
      assert.throws(() => encode({ ...response, answer }), /Cannot use the domain name/);
    }
  });

  test('refuses a type that is none', () => {
    const answer = [{ name: 'a.', type: 'AA', ttl: 5, rdata: '10.0.0.1' }];
    assert.throws(() => encode({ ...response, answer }), /Cannot encode the record type "AA"/);
  });
});

describe('udpLimit', () => {
  const edns = { version: 0, dnssecOk: false, options: [] };
  const rows: readonly (readonly [udpSize: number | undefined, limit: number])[] = [
    [undefined, 512],
    [0, 512],
    [1000, 1000],
    [4096, 1232],
  ];
  for (const [udpSize, limit] of rows) {
    test(`is ${limit} for a client that can receive ${udpSize}`, () => {
      const query = { edns: udpSize === undefined ? undefined : { ...edns, udpSize } };
      assert.equal(udpLimit(query), limit);
    });
  }
});

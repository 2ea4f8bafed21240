import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decode } from './decode.ts';
import { encode } from './encode.ts';
import { type EdnsOption, type Message, NO_FLAGS, queryMessage } from './message.ts';
import { padded } from './padding.ts';
import { parseRecord } from './presentation.ts';
import { wireRecords } from './wire-records.ts';

const PADDING = 12;
const edns = (...options: readonly EdnsOption[]) => {
  return { udpSize: 1232, version: 0, dnssecOk: false, options };
};
const query = queryMessage('web.shop.', 'A', {
  id: 7,
  flags: NO_FLAGS,
  edns: edns({ code: 10, data: new Uint8Array(8) }, { code: PADDING, data: new Uint8Array(20) }),
});
const replyOf = (addresses: number, options: readonly EdnsOption[] = []): Message => ({
  ...query,
  flags: { ...NO_FLAGS, response: true },
  answer: Array.from({ length: addresses }, (_, i) => parseRecord(`web.shop. 5 IN A 10.0.1.${i}`)),
  edns: edns(...options),
});

const paddedTo = (asked: Message, reply: Message) => {
  const octets = padded(encode(asked), encode(reply));
  const decoded = decode(octets);
  assert.equal(decoded.kind, 'message');
  const options = decoded.kind === 'message' ? (decoded.message.edns?.options ?? []) : [];
  const rest = options.filter(({ code }) => code !== PADDING);
  if (decoded.kind === 'message') {
    assert.deepEqual({ ...decoded.message, edns: undefined }, { ...reply, edns: undefined });
  }
  return { octets: octets.length, options: rest.length, all: options };
};

describe('padding', () => {
  test('makes the sizes of responses alike, and nothing else of them other', () => {
    assert.equal(paddedTo(query, replyOf(1)).octets, 468);
    assert.equal(paddedTo(query, replyOf(25)).octets, 468);
    assert.equal(paddedTo(query, replyOf(27)).octets, 936);
    const option = { code: 15, data: Uint8Array.of(0, 3) };
    const kept = paddedTo(query, replyOf(1, [option]));
    assert.deepEqual([kept.octets, kept.options], [468, 1]);
    assert.ok(kept.all.at(-1)?.data.every((octet) => octet === 0));
  });

  test('has room in a whole block even where only its option fits', () => {
    for (let octets = 300; octets < 500; octets++) {
      const option = { code: 15, data: new Uint8Array(octets) };
      assert.equal(paddedTo(query, replyOf(1, [option])).octets % 468, 0, `${octets}`);
    }
  });

  test('ends where a message may not be longer', () => {
    const option = { code: 15, data: new Uint8Array(65_535 - 65) };
    assert.equal(paddedTo(query, replyOf(1, [option])).octets, 65_535);
  });

  const unpadded: readonly (readonly [why: string, asked: Message, reply: Message])[] = [
    ['the query had no EDNS', { ...query, edns: undefined }, replyOf(1)],
    ['the query had no padding', { ...query, edns: edns() }, replyOf(1)],
    ['the response has no EDNS', query, { ...replyOf(1), edns: undefined }],
  ];
  for (const [why, asked, reply] of unpadded) {
    test(`is left out where ${why}`, () => {
      assert.deepEqual(padded(encode(asked), encode(reply)), encode(reply));
    });
  }

  test('leaves a signed response as it was signed', () => {
    const reply = encode(replyOf(1));
    const signed = Buffer.concat([reply, Buffer.from([0, 0, 250, 0, 255, 0, 0, 0, 0, 0, 0])]);
    signed.writeUInt16BE(2, 10);
    assert.equal(padded(encode(query), signed), signed);
  });

  test('takes whatever comes for a query and a response', () => {
    const packets = fc.uint8Array({ maxLength: 80 });
    fc.assert(fc.property(packets, packets, (one, other) => padded(one, other).length >= 0));
  });
});

describe('records of a packet', () => {
  test('are those that the codec reads', () => {
    const reply = replyOf(3);
    const records = wireRecords(encode({ ...reply, authority: reply.answer.slice(0, 1) })) ?? [];
    assert.deepEqual(
      records.map(({ section, type, ttl, rdata, end }) => [section, type, ttl, end - rdata]),
      [
        ['answer', 1, 5, 4],
        ['answer', 1, 5, 4],
        ['answer', 1, 5, 4],
        ['authority', 1, 5, 4],
        ['additional', 41, 0, 0],
      ],
    );
  });

  test('are none where the packet is cut, or goes on', () => {
    const packet = encode(replyOf(2));
    for (let octets = 0; octets < packet.length; octets++) {
      assert.equal(wireRecords(packet.subarray(0, octets)), undefined, `${octets}`);
    }
    assert.equal(wireRecords(Buffer.concat([packet, Buffer.of(0)])), undefined);
  });
});

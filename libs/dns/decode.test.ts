import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decode } from './decode.ts';
import { encode } from './encode.ts';
import type { Message } from './message.ts';
import { NO_FLAGS } from './message.ts';
import { parseRecord } from './presentation.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const HEADER = '1234 0100';
const QUESTION = '03776562 00 0001 0001';
const A = 'c00c 0001 0001 00000005 0004 0a000001';
const OPT = '00 0029 04d0 00008000 0000';

describe('decode', () => {
  test('reads a query with EDNS', () => {
    assert.deepEqual(decode(hex(`${HEADER} 0001 0000 0000 0001 ${QUESTION} ${OPT}`)), {
      kind: 'message',
      message: {
        id: 0x1234,
        flags: { ...NO_FLAGS, recursionDesired: true },
        opcode: 0,
        rcode: 0,
        question: { name: 'web.', type: 'A', class: 1 },
        answer: [],
        authority: [],
        additional: [],
        edns: { udpSize: 1232, version: 0, dnssecOk: true, options: [] },
      },
    });
  });

  test('reads within a larger buffer', () => {
    const whole = hex(`ffff ${HEADER} 0001 0001 0000 0000 ${QUESTION} ${A} ffff`);
    const read = decode(whole.subarray(2, -2));
    assert.deepEqual(read.kind === 'message' && read.message.answer, [
      parseRecord('web. 5 IN A 10.0.0.1'),
    ]);
  });

  test('keeps nothing of the buffer it reads', () => {
    const option = `${OPT.slice(0, -4)}0005 000a 0001 42`;
    const buffer = Buffer.from(hex(`${HEADER} 0001 0000 0000 0001 ${QUESTION} ${option}`));
    const read = decode(buffer);
    buffer.fill(0);
    const [cookie] = (read.kind === 'message' && read.message.edns?.options) || [];
    assert.deepEqual(cookie, { code: 10, data: Uint8Array.of(0x42) });
  });

  test('leaves out records of other classes, and takes a TTL of 32 bits for 0', () => {
    const chaos = A.replace('0001 00000005', '0003 00000005');
    const long = A.replace('00000005', '80000000');
    const read = decode(hex(`${HEADER} 0001 0002 0000 0000 ${QUESTION} ${chaos} ${long}`));
    assert.deepEqual(read.kind === 'message' && read.message.answer, [
      parseRecord('web. 0 IN A 10.0.0.1'),
    ]);
  });

  const malformed: readonly (readonly [what: string, text: string, why: RegExp])[] = [
    ['two questions', `0002 0000 0000 0000 ${QUESTION} ${QUESTION}`, /2 questions/],
    ['counts that the octets cannot hold', '0000 ffff ffff ffff', /more records than octets/],
    ['half a question', '0001 0000 0000 0000 03776562 00 0001', /no whole question/],
    ['a record without its end', `0001 0001 0000 0000 ${QUESTION} c00c 0001 0001`, /leaves|more/],
    [
      'rdata without its end',
      `0001 0001 0000 0000 ${QUESTION} ${A.slice(0, -2)}`,
      /rdata that leaves/,
    ],
    [
      'an A of three octets',
      `0001 0001 0000 0000 ${QUESTION} ${A.replace('0004 0a', '0003 ')}`,
      /bad rdata of a A/,
    ],
    ['octets at the end', `0001 0000 0000 0000 ${QUESTION} 00`, /octets after the last record/],
    ['two OPT', `0001 0000 0000 0002 ${QUESTION} ${OPT} ${OPT}`, /a second OPT/],
    ['OPT as an answer', `0001 0001 0000 0000 ${QUESTION} ${OPT}`, /outside of ADDITIONAL/],
    ['OPT with an owner', `0001 0000 0000 0001 ${QUESTION} c00c ${OPT.slice(3)}`, /a bad OPT/],
    [
      'an option that leaves OPT',
      `0001 0000 0000 0001 ${QUESTION} ${OPT.slice(0, -4)}0004 000a0001`,
      /a bad OPT/,
    ],
    ['half an option', `0001 0000 0000 0001 ${QUESTION} ${OPT.slice(0, -4)}0002 000a`, /a bad OPT/],
  ];
  for (const [what, text, why] of malformed) {
    test(`finds ${what} malformed, and keeps the id`, () => {
      const read = decode(hex(`${HEADER} ${text}`));
      assert.equal(read.kind, 'malformed');
      assert.equal(read.kind === 'malformed' && read.id, 0x1234);
      assert.match(read.kind === 'malformed' ? read.why : '', why);
    });
  }

  test('has no id of less than a header', () => {
    const short = { kind: 'malformed', id: undefined, why: 'shorter than a header' };
    for (const length of [0, 1, 11]) assert.deepEqual(decode(new Uint8Array(length)), short);
  });
});

/** `.ci/run` asks for a million. */
const MANGLED = Number(process.env.ISTHMUS_MANGLED_PACKETS ?? 20_000);

describe(`decode of ${MANGLED} mangled packets`, () => {
  const message: Message = {
    id: 1,
    flags: { ...NO_FLAGS, response: true },
    opcode: 0,
    rcode: 0,
    question: { name: '_http._tcp.web.shop.svc.cluster.local.', type: 'SRV', class: 1 },
    answer: [
      '_http._tcp.web.shop.svc.cluster.local. 5 IN SRV 0 50 80 a.web.shop.svc.cluster.local.',
      'a.web.shop.svc.cluster.local. 5 IN CNAME b.web.shop.svc.cluster.local.',
    ].map(parseRecord),
    authority: [
      parseRecord('cluster.local. 5 IN SOA ns.cluster.local. h.cluster.local. 1 2 3 4 5'),
    ],
    additional: [
      'a.web.shop.svc.cluster.local. 5 IN AAAA 2001:db8::1',
      'x. 5 IN TXT "a" "b"',
      'x. 5 IN NAPTR 1 2 "s" "t" "u" web.shop.svc.cluster.local.',
      String.raw`x. 5 IN TYPE65280 \# 3 c0ffee`,
    ].map(parseRecord),
    edns: {
      udpSize: 1232,
      version: 0,
      dnssecOk: true,
      options: [{ code: 10, data: new Uint8Array(8) }],
    },
  };
  const { answer, authority, additional, ...rest } = message;
  const bare = { ...rest, answer: [], authority: [], additional: [] };
  const seeds = [message, bare, { ...bare, edns: undefined }].map((some) => encode(some));

  test('gives a value for each, and what it reads can be written and read again', () => {
    const random = randomFrom(0x15_7405);
    const counts = { message: 0, malformed: 0 };
    for (let i = 0; i < MANGLED; i++) {
      const packet = mangle(seeds[random(seeds.length)] ?? new Uint8Array(), random);
      try {
        const read = decode(packet);
        counts[read.kind]++;
        if (read.kind !== 'message') continue;
        // Octets are compared: in a message a compressed name has the case of the name before.
        const written = encode(read.message);
        const again = decode(written);
        assert.deepEqual(again.kind === 'message' && encode(again.message), written);
      } catch (cause) {
        throw new Error(`packet ${i}: ${Buffer.from(packet).toString('hex')}`, { cause });
      }
    }
    // Otherwise the mangling is too tame, or too wild, to prove anything.
    assert.ok(
      counts.message > MANGLED / 50 && counts.malformed > MANGLED / 50,
      JSON.stringify(counts),
    );
  });
});

/** Integers below a bound, the same ones for the same seed (xorshift32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Octets that mean much where a length, a pointer or a count stands. */
const LOADED = [0x00, 0x01, 0x0c, 0x29, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff];

/** One to four changes: an octet, a cut, a piece moved, a piece doubled. */
function mangle(packet: Uint8Array, random: (below: number) => number): Uint8Array {
  let octets = [...packet];
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(octets.length + 1);
    const size = 1 + random(16);
    const change = random(10);
    if (change < 3) octets[at] = random(256);
    else if (change < 7) octets[at] = LOADED[random(LOADED.length)] ?? 0;
    else if (change === 7) octets = octets.slice(0, at);
    else if (change === 8) octets.splice(at, size);
    else octets.splice(at, 0, ...octets.slice(Math.max(0, at - size), at));
  }
  return Uint8Array.from(octets);
}

/** What is true of every reply, whatever was sent and whoever answers. */
import assert from 'node:assert/strict';
import { cookieOf } from '../../libs/dns/cookie-reply.ts';
import { decode } from '../../libs/dns/decode.ts';
import { OPCODE, RCODE } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { TCP_OCTETS_MAX, UDP_OCTETS_PLAIN, udpLimit } from '../../libs/dns/message.ts';

const HEADER_OCTETS = 12;
const BIT_RESPONSE = 0x80;
/** Opcode and RD; then CD, and the bit that nobody may set. */
const BITS_KEPT = 0x79;
const BIT_CD = 0x10;
const BIT_RESERVED = 0x40;

/** Throws AssertionError. */
export function checkReply(
  packet: Uint8Array,
  transport: 'udp' | 'tcp',
  reply: Uint8Array | undefined,
): void {
  if (packet.length < HEADER_OCTETS || ((packet[2] ?? 0) & BIT_RESPONSE) !== 0) {
    assert.equal(reply, undefined, 'a response, or less than a header, has a reply');
    return;
  }
  assert.ok(reply !== undefined, 'no reply');
  const asked = decode(packet);
  const said = decode(reply);
  assert.ok(said.kind === 'message', 'the reply is malformed');
  checkHeader(packet, reply);
  const query = asked.kind === 'message' ? asked.message : undefined;
  const most = query === undefined ? UDP_OCTETS_PLAIN : udpLimit(query);
  const limit = transport === 'udp' ? most : TCP_OCTETS_MAX;
  assert.ok(reply.length <= limit, `${reply.length} octets; the client takes ${limit}`);
  if (reply.length === HEADER_OCTETS) {
    assert.ok([RCODE.FORMERR, RCODE.NOTIMP].some((rcode) => rcode === said.message.rcode));
    return;
  }
  assert.ok(query !== undefined, 'what can not be read has more than a header in its reply');
  assert.equal(query.opcode, OPCODE.QUERY);
  checkQuestion(packet, reply, said.message);
  checkEdns(query, said.message);
}

function checkHeader(packet: Uint8Array, reply: Uint8Array): void {
  const [second = 0, third = 0] = reply.subarray(2);
  assert.deepEqual([...reply.subarray(0, 2)], [...packet.subarray(0, 2)], 'another id');
  assert.notEqual(second & BIT_RESPONSE, 0, 'no response');
  assert.equal(second & BITS_KEPT, (packet[2] ?? 0) & BITS_KEPT, 'another opcode, or RD');
  assert.equal(third & BIT_CD, (packet[3] ?? 0) & BIT_CD, 'another CD');
  assert.equal(third & BIT_RESERVED, 0, 'the reserved bit');
}

/** Octet for octet: its case is how clients know their question again. */
function checkQuestion(packet: Uint8Array, reply: Uint8Array, { question }: Message): void {
  if (question === undefined) {
    assert.equal(packet[5], 0, 'the question is missing');
    return;
  }
  let end = HEADER_OCTETS;
  while (reply[end] !== 0) end += (reply[end] ?? 0) + 1;
  end += 5;
  assert.deepEqual([...reply.subarray(4, 6)], [0, 1]);
  assert.deepEqual(
    [...reply.subarray(HEADER_OCTETS, end)],
    [...packet.subarray(HEADER_OCTETS, end)],
    'another question',
  );
}

function checkEdns(query: Message, reply: Message): void {
  assert.equal(reply.edns === undefined, query.edns === undefined, 'EDNS is for who speaks it');
  if (reply.edns === undefined || query.edns === undefined) return;
  assert.equal(reply.edns.version, 0);
  assert.equal(reply.edns.dnssecOk, query.edns.dnssecOk, 'another DO');
  assert.equal(reply.rcode === RCODE.BADVERS, query.edns.version !== 0);
  const [asked, said] = [cookieOf(query), cookieOf(reply)];
  if (said === undefined) {
    const isRight = [RCODE.BADVERS, RCODE.FORMERR].some((rcode) => rcode === reply.rcode);
    assert.ok(asked === undefined || isRight, 'no cookie for who sent one');
    return;
  }
  assert.ok(asked !== undefined, 'a cookie for who sent none');
  assert.equal(said.length, 24);
  assert.deepEqual([...said.subarray(0, 8)], [...asked.subarray(0, 8)], 'another client cookie');
}

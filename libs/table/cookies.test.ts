import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decode } from '../dns/decode.ts';
import { encode } from '../dns/encode.ts';
import { OPTION_COOKIE } from '../dns/server-cookie.ts';
import { createAnswerer, HAND_OVER } from './answerer.ts';
import { asking, edns, NOW_SECONDS, query } from './asking.ts';
import { given } from './given-zone.ts';
import { ROOT_COOKIES, readerIo } from './layout.ts';

const CLIENT_COOKIE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

const queryWith = (cookie: Uint8Array, name = 'web.shop.svc.cluster.local.', size = 1232) =>
  encode(
    query(`${name} A`, { edns: edns(size, { options: [{ code: OPTION_COOKIE, data: cookie }] }) }),
  );

const replyOf = (response: Uint8Array | number) => {
  const decoded = typeof response === 'number' ? undefined : decode(response);
  assert.ok(decoded?.kind === 'message');
  const { flags, answer, edns } = decoded.message;
  assert.deepEqual(
    edns?.options.map(({ code }) => code),
    [OPTION_COOKIE],
  );
  return { truncated: flags.truncated, answers: answer.length, cookie: edns?.options[0]?.data };
};

describe('a query with a COOKIE is answered from the table', () => {
  const { ask } = given();
  const learnt = replyOf(ask(queryWith(CLIENT_COOKIE))).cookie ?? CLIENT_COOKIE;

  test('with the cookie of its client, and one of ours', () => {
    assert.equal(learnt.length, 24);
    assert.deepEqual(learnt.slice(0, 8), CLIENT_COOKIE);
  });

  test('with the same for half an hour, then with another', () => {
    const after = (seconds: number) =>
      replyOf(ask(queryWith(learnt), 0, NOW_SECONDS + seconds)).cookie;
    assert.deepEqual(after(0), learnt);
    assert.deepEqual(after(1800), learnt);
    const renewed = after(1801) ?? CLIENT_COOKIE;
    assert.notDeepEqual(renewed, learnt);
    assert.deepEqual(renewed.slice(0, 8), CLIENT_COOKIE);
  });

  test('never with what another server made', () => {
    const foreign = Uint8Array.of(...CLIENT_COOKIE, ...new Uint8Array(32).fill(0xab));
    assert.deepEqual(replyOf(ask(queryWith(foreign))).cookie, learnt);
  });

  test('within what the client can receive', () => {
    const name = 'many.shop.svc.cluster.local.';
    const whole = ask(queryWith(CLIENT_COOKIE, name));
    assert.ok(whole instanceof Uint8Array);
    const limited = (size: number) => replyOf(ask(queryWith(CLIENT_COOKIE, name, size)));
    assert.deepEqual(limited(whole.length), { truncated: false, answers: 40, cookie: learnt });
    assert.deepEqual(limited(whole.length - 1), { truncated: true, answers: 0, cookie: learnt });
  });

  test('for its own address', () => {
    const { table } = given();
    const other = asking(table);
    const bytes = new Uint8Array(table.memory);
    const answerer = createAnswerer(table.memory, 1);
    const at = readerIo(1);
    const address = at + 4096;
    const askFrom = (octets: readonly number[]) => {
      const packet = queryWith(CLIENT_COOKIE);
      bytes.set(packet, at);
      bytes.set(octets, address);
      const client = address + (octets.length === 16 ? 1 : 0);
      const size = answerer.answer(at, packet.length, 0, NOW_SECONDS, client);
      return replyOf(bytes.slice(at, at + size)).cookie;
    };
    assert.deepEqual(replyOf(other(queryWith(CLIENT_COOKIE))).cookie, askFrom([192, 0, 2, 7]));
    assert.notDeepEqual(askFrom([192, 0, 2, 8]), learnt);
    const ipv6 = [0x20, 0x01, 0x0d, 0xb8, ...new Array<number>(11).fill(0), 7];
    assert.notDeepEqual(askFrom(ipv6), askFrom([...ipv6.slice(0, 15), 8]));
  });
});

test('without a secret the chain answers a query with a COOKIE, and no other', () => {
  const { table } = given();
  new Int32Array(table.memory)[ROOT_COOKIES] = 0;
  const bytes = new Uint8Array(table.memory);
  const answerer = createAnswerer(table.memory, 0);
  const at = readerIo(0);
  const answer = (packet: Uint8Array) => {
    bytes.set(packet, at);
    return answerer.answer(at, packet.length, 0, NOW_SECONDS, at + 4096);
  };
  assert.equal(answer(queryWith(CLIENT_COOKIE)), HAND_OVER);
  const plain = encode(query('web.shop.svc.cluster.local. A', { edns: edns(1232) }));
  assert.ok(answer(plain) > 0);
});

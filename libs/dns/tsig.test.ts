import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { decode } from './decode.ts';
import { encode } from './encode.ts';
import { NO_FLAGS, queryMessage } from './message.ts';
import type { TsigAlgorithm, TsigKey } from './tsig.ts';
import {
  replyOctets,
  TSIG_ALGORITHMS,
  TSIG_ERROR,
  TsigSigner,
  tellError,
  type Verified,
  verify,
} from './tsig.ts';

const NOW_SECONDS = 1_700_000_000;
const now = () => NOW_SECONDS;
const secret = Buffer.from('a secret of some octets');
const keyOf = (algorithm?: TsigAlgorithm): TsigKey => ({ name: 'key.test.', algorithm, secret });
const keysOf = (key: TsigKey) => new Map([[key.name, key]]);
const KEY = keyOf();

const query = (name = 'web.test.') =>
  encode(
    queryMessage(name, 'AXFR', {
      id: 0x1234,
      flags: NO_FLAGS,
      edns: { udpSize: 1232, version: 0, dnssecOk: false, options: [] },
    }),
  );

const signed = (key = KEY, message = query()) => new TsigSigner(key, now).sign(message);
const check = (packet: Uint8Array, key = KEY, nowSeconds = NOW_SECONDS, prior?: Uint8Array) =>
  verify(packet, keysOf(key), nowSeconds, prior);
const said = (verified: Verified) => (verified.kind === 'wrong' ? verified.error : verified.kind);
const tsigOf = (verified: Verified) =>
  'tsig' in verified ? verified.tsig : assert.fail(verified.kind);

describe('a signed message', () => {
  for (const algorithm of TSIG_ALGORITHMS) {
    test(`is taken with ${algorithm}, and grows by what was told`, () => {
      const signer = new TsigSigner(keyOf(algorithm), now);
      const packet = signer.sign(query());
      assert.equal(said(check(packet, keyOf(algorithm))), 'ok');
      assert.equal(packet.length - query().length, signer.octets);
      assert.ok(replyOctets(tsigOf(check(packet, keyOf(algorithm)))) >= signer.octets);
    });
  }

  test('is the message with one record more, which decoding leaves out', () => {
    const decoded = decode(signed());
    assert.deepEqual(decoded, decode(query()));
    assert.deepEqual(tsigOf(check(signed())).message, query());
  });

  // By hand, so that both sides can't be wrong alike (RFC 8945 § 4.3).
  test('has the MAC of the message and the variables', () => {
    const variables = Buffer.concat([
      Buffer.from('\x03key\x04test\x00', 'latin1'),
      Buffer.from([0, 255, 0, 0, 0, 0]),
      Buffer.from('\x0bhmac-sha256\x00', 'latin1'),
      Buffer.from([0, 0, 0x65, 0x53, 0xf1, 0, 1, 44, 0, 0, 0, 0]),
    ]);
    const mac = createHmac('sha256', secret).update(query()).update(variables).digest();
    assert.deepEqual(Buffer.from(tsigOf(check(signed())).mac), mac);
  });

  test('is taken whatever the case of the key, and with the id that a forwarder changed', () => {
    const packet = signed();
    packet[0] = 0x99;
    const at = Buffer.from(packet).lastIndexOf('key');
    packet[at] = 0x4b; // K
    assert.equal(said(check(packet)), 'ok');
  });

  const later: readonly (readonly [seconds: number, what: string])[] = [
    [300, 'ok'],
    [-300, 'ok'],
    [301, 'BADTIME'],
    [-301, 'BADTIME'],
  ];
  for (const [seconds, what] of later) {
    test(`is ${what} where the clock is ${seconds} s later`, () => {
      assert.equal(said(check(signed(), KEY, NOW_SECONDS + seconds)), what);
    });
  }

  test('is a BADKEY of a key that is not here, or not for that algorithm', () => {
    assert.equal(said(verify(signed(), new Map(), NOW_SECONDS)), 'BADKEY');
    assert.equal(said(check(signed(), keyOf('hmac-sha512.'))), 'BADKEY');
    assert.equal(said(check(signed(keyOf('hmac-md5.sig-alg.reg.int.')))), 'BADKEY');
  });

  test('is a BADSIG with another secret', () => {
    assert.equal(said(check(signed({ ...KEY, secret: Buffer.from('another') }))), 'BADSIG');
  });

  test('is never taken with an octet changed, and always gives a value', () => {
    const whole = signed();
    for (let at = 2; at < whole.length; at++) {
      for (const flip of [1, 0x20, 0x80, 0xff]) {
        const packet = Uint8Array.from(whole);
        packet[at] = (packet[at] ?? 0) ^ flip;
        // The case of both names is not signed (§ 4.3.3).
        if (flip === 0x20 && said(check(packet)) === 'ok') continue;
        assert.notEqual(said(check(packet)), 'ok', `octet ${at}`);
      }
      assert.notEqual(said(check(whole.slice(0, at))), 'ok', `${at} octets`);
    }
  });

  test('is malformed when its TSIG is not the last, or not the only one', () => {
    const twice = signed(KEY, signed());
    assert.equal(said(check(twice)), 'malformed');
    const answered = Uint8Array.from(signed());
    answered[7] = 1; // one more record than there are
    assert.equal(said(check(answered)), 'malformed');
  });

  test('is refused with a part of its MAC, once that part was right', () => {
    const cut = (octets: number) => {
      const packet = Buffer.from(signed());
      const end = packet.length - 6;
      const short = Buffer.concat([packet.subarray(0, end - 32 + octets), packet.subarray(end)]);
      const macSizeAt = end - 32 - 2;
      short.writeUInt16BE(octets, macSizeAt);
      const rdataAt = macSizeAt - 8 - 13;
      short.writeUInt16BE(short.readUInt16BE(rdataAt - 2) - 32 + octets, rdataAt - 2);
      return short;
    };
    assert.equal(said(check(cut(32))), 'ok');
    assert.equal(said(check(cut(16))), 'BADTRUNC');
    assert.equal(said(check(cut(15))), 'malformed');
    const wrong = cut(16);
    wrong[wrong.length - 7] = (wrong[wrong.length - 7] ?? 0) ^ 1;
    assert.equal(said(check(wrong)), 'BADSIG');
  });
});

test('a message without a TSIG is unsigned', () => {
  assert.equal(said(check(query())), 'unsigned');
});

describe('a reply', () => {
  test('is signed over the MAC of its request', () => {
    const { mac } = tsigOf(check(signed()));
    const reply = new TsigSigner(KEY, now, mac).sign(query());
    assert.equal(said(check(reply, KEY, NOW_SECONDS, mac)), 'ok');
    assert.equal(said(check(reply)), 'BADSIG');
  });

  test('of several messages signs each over the one before, and the time only', () => {
    const { mac } = tsigOf(check(signed()));
    const signer = new TsigSigner(KEY, now, mac);
    const first = tsigOf(check(signer.sign(query()), KEY, NOW_SECONDS, mac));
    const second = signer.sign(query('more.test.'));
    const timers = Buffer.from([0, 0, 0x65, 0x53, 0xf1, 0, 1, 44]);
    const expected = createHmac('sha256', secret)
      .update(Buffer.from([0, 32]))
      .update(first.mac)
      .update(query('more.test.'))
      .update(timers)
      .digest();
    assert.deepEqual(Buffer.from(signer.mac ?? []), expected);
    assert.deepEqual(Buffer.from(tsigOf(check(second)).mac), expected);
  });

  test('to a wrong time is signed, and says what time it is here', () => {
    const nowHere = NOW_SECONDS + 1000;
    const asked = tsigOf(check(signed(), KEY, nowHere));
    const signer = new TsigSigner(KEY, () => nowHere, asked.mac);
    const reply = signer.signError(query(), 'BADTIME', asked);
    const verified = check(reply, KEY, NOW_SECONDS, asked.mac);
    assert.equal(verified.kind, 'ok');
    const { error, other, timeSeconds } = tsigOf(verified);
    assert.deepEqual([error, timeSeconds], [TSIG_ERROR.BADTIME, NOW_SECONDS]);
    assert.equal(Buffer.from(other).readUIntBE(0, 6), nowHere);
  });

  test('to a wrong key says so in a TSIG without a MAC', () => {
    const asked = tsigOf(verify(signed(), new Map(), NOW_SECONDS));
    const reply = tellError(query(), 'BADKEY', asked);
    const { message, ...record } = { ...asked, error: TSIG_ERROR.BADKEY };
    assert.deepEqual(decode(reply), decode(message));
    const name = Buffer.from('\x03key\x04test\x00', 'latin1');
    const rdata = reply.subarray(query().length + name.length + 10);
    assert.equal(rdata.length, 13 + 16);
    assert.deepEqual([...rdata.subarray(-4)], [0, record.error, 0, 0]);
  });
});

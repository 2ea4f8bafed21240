import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ipv4Octets, ipv6Octets } from '../dns/address.ts';
import { nameToWire } from '../dns/name.ts';
import type { RR } from '../dns/rrset.ts';
import { records } from './asking.ts';
import { encodeTail } from './encode-tail.ts';
import { REFUSED } from './plain-name.ts';
import { PlainTail } from './plain-tail.ts';
import type { TableAnswer } from './table-answer.ts';
import { writeIpv4, writeIpv6 } from './write-rdata.ts';

const KEY = 20;
const bytes = new Uint8Array(1 << 17);
const plain = new PlainTail(bytes);

/** The tail that the short way writes, or REFUSED. */
const written = (name: string, answer: TableAnswer) => {
  const key = nameToWire(name);
  bytes.set(key, KEY);
  const tail = KEY + key.length + 3;
  const end = plain.write(name, KEY, key.length, tail, answer);
  return end === REFUSED ? REFUSED : bytes.slice(tail, end);
};
const coded = (name: string, answer: TableAnswer) =>
  encodeTail(name, nameToWire(name).length, answer).octets;

const label = fc.constantFrom(
  ...['a', 'b', 'web', 'db', 'svc', '_http', '_tcp', 'A', 'WEB', 'x'.repeat(62), '0'],
);
const plainName = fc
  .array(label, { maxLength: 4 })
  .map((labels) => (labels.length === 0 ? '.' : `${labels.join('.')}.`));
const oddName = fc.constantFrom(
  'a\\.b.c.',
  'a b.',
  '"a".',
  'a.\\200.',
  'ä.',
  'no-dot',
  'a..b.',
  '',
);
const addresses = fc.tuple(
  fc.constant('A'),
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((four) => four.join('.')),
);
const names = fc.tuple(fc.constantFrom('PTR', 'CNAME', 'NS'), plainName);
const services = fc.tuple(
  fc.constant('SRV'),
  fc
    .tuple(fc.nat({ max: 65535 }), fc.nat({ max: 65535 }), plainName)
    .map(([weight, port, target]) => `0 ${weight} ${port} ${target}`),
);
const ipv6 = fc.tuple(
  fc.constant('AAAA'),
  fc.constantFrom('::', '::1', 'fd00::1:2', '1:2:3:4:5:6:7:8', 'FE80::', '1::8', '1:2:3:4:5:6:7::'),
);
const rr = (owner: fc.Arbitrary<string>): fc.Arbitrary<RR> =>
  fc
    .tuple(owner, fc.oneof(addresses, names, services, ipv6), fc.nat({ max: 2 ** 31 - 1 }))
    .map(([name, [type, rdata], ttl]) => ({ name, type, ttl, rdata }));
const shape = { type: 'A', authoritative: true, authority: [] };

describe('the short way of a tail', () => {
  test('writes what the codec writes', () => {
    const lower = plainName.map((name) => name.toLowerCase()).filter((name) => name !== '.');
    const escaped = fc.constantFrom('a\\.web.svc.', '\\119eb.svc.', 'x.\\119eb.', '\\097.');
    const asked = fc.oneof({ weight: 9, arbitrary: lower }, { weight: 1, arbitrary: escaped });
    const both = asked.chain((name) =>
      fc.record({
        name: fc.constant(name),
        answer: fc.array(rr(fc.oneof(fc.constant(name), plainName)), { maxLength: 8 }),
        additional: fc.array(rr(plainName), { maxLength: 4 }),
      }),
    );
    fc.assert(
      fc.property(both, ({ name, answer, additional }) => {
        const whole: TableAnswer = { ...shape, answer, additional };
        const tail = written(name, whole);
        // A name with escapes is compared as text by the codec: its own business.
        if (tail !== REFUSED || !name.includes('\\')) assert.deepEqual(tail, coded(name, whole));
      }),
      { numRuns: 20_000 },
    );
  });

  test('refuses what is not plain, and never writes it otherwise than the codec', () => {
    const any = fc.oneof(plainName, oddName);
    const odd = fc.tuple(
      fc.constantFrom('A', 'AAAA', 'SRV', 'PTR', 'TXT', 'MX', 'TYPE65280'),
      fc.oneof(
        any,
        fc.constantFrom('1.2.3', '01.2.3.4', '1.2.3.256', '1.2.3.4 ', ' 1.2.3.4', '1.2.3.4.'),
        fc.constantFrom(':', ':1', '1:', ':::', '1::2::3', '1:2:3:4:5:6:7:8:9', '12345::', 'g::'),
        fc.constantFrom('::1.2.3.4', '1:2:3:4:5:6:7:8::', '::1:2:3:4:5:6:7:8', '1:2:3:4'),
        fc.constantFrom('0 0 65536 a.', '0 0 80', '0  0 80 a.', '0 0 80 a. b.', '0 0 -1 a.'),
        fc.constantFrom('\\# 4 01020304', '"t"', '10 a.'),
      ),
    );
    const records = fc
      .tuple(any, odd)
      .map(([name, [type, rdata]]) => ({ name, type, ttl: 1, rdata }));
    fc.assert(
      fc.property(fc.array(records, { minLength: 1, maxLength: 3 }), (answer) => {
        const whole: TableAnswer = { ...shape, answer, additional: [] };
        const tail = written('web.svc.', whole);
        if (tail !== REFUSED) assert.deepEqual(tail, coded('web.svc.', whole));
      }),
      { numRuns: 20_000 },
    );
  });

  test('points no further than a pointer reaches', () => {
    const lines = (count: number) =>
      Array.from({ length: count }, (_, i) => `svc. 5 IN SRV 0 0 1 n${i}.${'y'.repeat(60)}.svc.`);
    const few = { ...shape, answer: records(lines(100).join('\n')), additional: [] };
    assert.deepEqual(written('svc.', few), coded('svc.', few));
    const many = { ...shape, answer: records(lines(300).join('\n')), additional: [] };
    assert.equal(written('svc.', many), REFUSED);
  });

  test('reads addresses as the codec does', () => {
    const text = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-fA-F:.]{0,24}$/));
    const into = (write: typeof writeIpv4, octets: number, address: string) =>
      write(address, bytes, 0) === REFUSED ? undefined : bytes.slice(0, octets);
    fc.assert(
      fc.property(text, (address) => {
        assert.deepEqual(into(writeIpv4, 4, address), ipv4Octets(address));
        // With a dotted end it is left to the codec.
        const expected = address.includes('.') ? undefined : ipv6Octets(address);
        assert.deepEqual(into(writeIpv6, 16, address), expected);
      }),
      { numRuns: 20_000 },
    );
  });
});

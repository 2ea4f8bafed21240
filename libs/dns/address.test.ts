import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  addressOfReverseName,
  addressText,
  ipv4Octets,
  ipv6Octets,
  parseAddress,
  reverseName,
} from './address.ts';

describe('parseAddress', () => {
  const rows: readonly (readonly [text: string, type: 'A' | 'AAAA', canonical: string])[] = [
    ['10.0.0.1', 'A', '10.0.0.1'],
    ['2001:DB8:0:0:0:0:0:1', 'AAAA', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', 'AAAA', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', 'AAAA', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', 'AAAA', '2001:db8::1:0:0:1'],
    ['::', 'AAAA', '::'],
    ['fe80::', 'AAAA', 'fe80::'],
    ['::ffff:192.0.2.1', 'AAAA', '::ffff:c000:201'],
    ['1:2:3:4:5:6:7::', 'AAAA', '1:2:3:4:5:6:7:0'],
  ];
  for (const [text, type, canonical] of rows) {
    test(`reads ${text} as ${canonical}`, () => {
      assert.deepEqual(parseAddress(text), { type, text: canonical });
    });
  }

  for (const text of [
    '',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.1.',
    ' 10.0.0.1',
    '1e1.0.0.1',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2:3:4:5:6:7:8',
    'fe80::1%eth0',
    '::12345',
    '::10.0.0.256',
    '1:2:3:4:5:6:7:1.2.3.4',
  ]) {
    test(`refuses "${text}"`, () => assert.equal(parseAddress(text), undefined));
  }

  test('takes and refuses what node:net does', () => {
    const character = fc.constantFrom(...'0123456789abcdefABCDEF:::...');
    const text = fc.string({ unit: character, maxLength: 24 });
    fc.assert(
      fc.property(fc.oneof(text, fc.ipV4(), fc.ipV6()), (address) => {
        assert.equal(ipv4Octets(address) !== undefined, isIPv4(address));
        assert.equal(ipv6Octets(address) !== undefined, isIPv6(address));
      }),
    );
  });

  test('reads its own text back', () => {
    const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    fc.assert(
      fc.property(octets(4), (four) => assert.deepEqual(ipv4Octets(addressText(four)), four)),
    );
    // Few values, so that runs of zero groups are many.
    const sparse = fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(fc.oneof(octets(16), sparse.map(Uint8Array.from.bind(Uint8Array))), (sixteen) => {
        assert.deepEqual(ipv6Octets(addressText(sixteen)), sixteen);
      }),
    );
  });
});

describe('reverse names', () => {
  const long = '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.';

  test('are those of RFC 1035 and RFC 3596', () => {
    assert.equal(reverseName('10.1.2.3'), '3.2.1.10.in-addr.arpa.');
    assert.equal(reverseName('2001:db8::1'), long);
  });

  test('give the address back', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const canonical = parseAddress(text)?.text ?? '';
        assert.equal(addressOfReverseName(reverseName(canonical)), canonical);
      }),
    );
  });

  for (const name of [
    'in-addr.arpa.',
    '2.1.10.in-addr.arpa.',
    '4.3.2.1.10.in-addr.arpa.',
    '03.2.1.10.in-addr.arpa.',
    '256.2.1.10.in-addr.arpa.',
    'web.in-addr.arpa.',
    'ip6.arpa.',
    long.slice(2),
    `0.${long}`,
    long.replace('b.d', 'bd.d'),
    '3.2.1.10.example.',
  ]) {
    test(`are not: ${name}`, () => assert.equal(addressOfReverseName(name), undefined));
  }
});

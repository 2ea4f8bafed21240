import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nameToWire } from './name.ts';
import { rdataParts, rdataText } from './rdata.ts';

/** The octets of rdata, uncompressed. */
function octetsOf(type: string, rdata: string): string {
  const parts = rdataParts(type, rdata);
  return Buffer.concat(
    parts.map((part) => ('octets' in part ? part.octets : nameToWire(part.name))),
  ).toString('hex');
}

function textOf(type: string, hex: string): string | undefined {
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
  return rdataText(type, bytes, 0, bytes.length);
}

describe('rdata as text and as octets', () => {
  const rows: readonly (readonly [type: string, text: string, hex: string])[] = [
    ['A', '10.0.0.1', '0a000001'],
    ['AAAA', '2001:db8::1', '20010db8000000000000000000000001'],
    ['NS', 'ns.x.', '026e73017800'],
    ['CNAME', '.', '00'],
    ['SOA', 'a. b. 1 2 3 4 4294967295', '016100016200000000010000000200000003000000 04ffffffff'],
    ['MX', '10 m.', '000a016d00'],
    ['SRV', '0 65535 80 w.', '0000ffff0050017700'],
    ['NAPTR', '1 2 "s" "x" "" .', '000100020173017800 00'],
    ['RP', 'a. b.', '016100016200'],
    ['HINFO', '"a" "b c"', '016103622063'],
    ['TXT', '"1.1.0"', '05312e312e30'],
    ['TXT', '"" "a"', '000161'],
    ['TXT', String.raw`"\"\\\000\255"`, '04225c00ff'],
    ['TYPE65280', String.raw`\# 2 c0de`, 'c0de'],
    ['HTTPS', String.raw`\# 0`, ''],
  ];
  for (const [type, text, spaced] of rows) {
    const hex = spaced.replaceAll(' ', '');
    test(`${type} ${text}`, () => {
      assert.equal(octetsOf(type, text), hex);
      assert.equal(textOf(type, hex), text);
    });
  }

  test('every type may be written in the generic form', () => {
    assert.equal(octetsOf('A', String.raw`\# 4 0A 000001`), '0a000001');
  });

  test('texts need no quotes', () => {
    assert.equal(
      octetsOf('TXT', String.raw`a\ b "c d" \101`),
      '0361206203632064 0165'.replace(' ', ''),
    );
  });
});

describe('rdataParts', () => {
  const rows: readonly (readonly [type: string, text: string, expected: RegExp])[] = [
    ['A', '10.0.0', /expected an IPv4 address/],
    ['A', '10.0.0.1 10.0.0.2', /expected 1 fields/],
    ['AAAA', '10.0.0.1', /expected an IPv6 address/],
    ['SRV', '0 65536 80 w.', /expected numbers below 2\^16/],
    ['SRV', '0 -1 80 w.', /expected numbers below 2\^16/],
    ['SOA', 'a. b. 1 2 3 4 4294967296', /expected numbers below 2\^32/],
    ['TXT', '', /expected at least one text/],
    ['TXT', `"${'x'.repeat(256)}"`, /at most 255 octets/],
    ['TXT', String.raw`"\256"`, /up to \\255/],
    ['TXT', '"unfinished', /quotes and escapes that end/],
    ['TXT', 'a\\', /quotes and escapes that end/],
    ['TYPE65280', String.raw`\# 3 c0de`, /with that many octets/],
    ['TYPE65280', 'c0de', /expected the generic form/],
    ['constructor', '1', /expected the generic form/],
  ];
  for (const [type, text, expected] of rows) {
    test(`refuses ${type} ${text.slice(0, 30)}`, () => {
      assert.throws(() => rdataParts(type, text), { name: 'RangeError', message: expected });
    });
  }
});

describe('rdataText', () => {
  const rows: readonly (readonly [what: string, type: string, hex: string])[] = [
    ['three octets of an A', 'A', '0a0000'],
    ['five octets of an A', 'A', '0a00000100'],
    ['a name without its root', 'NS', '0161'],
    ['octets after a name', 'NS', '01610001'],
    ['an SRV without target', 'SRV', '000000000050'],
    ['a text that leaves the rdata', 'TXT', '0261'],
    ['a TXT without any text', 'TXT', ''],
  ];
  for (const [what, type, hex] of rows) {
    test(`refuses ${what}`, () => assert.equal(textOf(type, hex), undefined));
  }

  test('refuses rdata that ends within its fields, though the message goes on', () => {
    const message = Uint8Array.from(Buffer.from('0161000000', 'hex'));
    assert.equal(rdataText('NS', message, 0, 2), undefined);
    assert.equal(rdataText('TXT', message, 0, 1), undefined);
    assert.equal(rdataText('NS', message, 0, 6), undefined);
  });
});

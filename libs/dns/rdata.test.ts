import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { nameToWire } from './name.ts';
import { canonicalRdata, rdataParts, rdataText } from './rdata.ts';

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
    ['DS', '60485 8 2 d4b7', 'ec45 08 02 d4b7'],
    ['DNSKEY', '257 3 13 AQID', '0101 03 0d 010203'],
    [
      'RRSIG',
      'DNAME 8 2 86400 20380119031408 19700101000000 53289 example. AQ==',
      '0027 08 02 00015180 80000000 00000000 d029 076578616d706c6500 01',
    ],
    [
      'NSEC',
      'a. A MX RRSIG NSEC TYPE1234',
      '016100 0006400100000003 041b000000000000000000000000000000000000000000000000000020',
    ],
    ['NSEC', 'a.', '016100'],
    [
      'NSEC3',
      '1 1 12 aabb 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A',
      '01 01 000c 02aabb 14 174eb2409fe28bcb4887a1836f957f0a8425e27b 000140',
    ],
    ['NSEC3PARAM', '1 0 0 -', '01 00 0000 00'],
    ['CAA', '0 issue "ca.example; a=b"', '00 056973737565 63612e6578616d706c653b20613d62'],
    ['CAA', '128 tbs ""', '80 03746273'],
    ['URI', '10 1 "ftp://a/"', '000a 0001 6674703a2f2f612f'],
    ['TLSA', '3 1 1 d2ab', '03 01 01 d2ab'],
    ['SSHFP', '4 2 c0de', '04 02 c0de'],
    [
      'LOC',
      '42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m',
      '00 33 16 13 89172dd0 70be15f0 00988d20',
    ],
    [
      'LOC',
      '0 0 0.001 S 180 0 0.000 E 0.00m 0.00m 0.01m 90000000.00m',
      '00 00 10 99 7fffffff a69fb200 00989680',
    ],
    ['LOC', String.raw`\# 16 0133161389172dd070be15f000988d20`, '0133161389172dd070be15f000988d20'],
    ['DHCID', 'AQID', '010203'],
    ['EUI48', '00-00-5e-00-53-2a', '00005e00532a'],
    ['EUI64', '00-00-5e-ef-10-00-00-2a', '00005eef1000002a'],
    ['OPENPGPKEY', 'AQID', '010203'],
    ['CSYNC', '66 3 A NS AAAA', '00000042 0003 0004 60000008'],
    ['ZONEMD', '2018031500 1 1 fe', '7848b78c 01 01 fe'],
    ['HTTPS', '1 .', '0001 00'],
    ['HTTPS', '0 a.', '0000 016100'],
    [
      'SVCB',
      '1 a. mandatory=alpn,port alpn=h2,h3 no-default-alpn port=53 ipv4hint=192.0.2.1,192.0.2.2',
      '0001 016100 0000000400010003 00010006 026832026833 00020000 000300020035 00040008 c0000201 c0000202',
    ],
    [
      'HTTPS',
      '1 . ech=AQID ipv6hint=2001:db8::1 dohpath="/q{?dns}" ohttp key65400="a b" key65401',
      '0001 00 00050003010203 00060010 20010db8000000000000000000000001 00070008 2f717b3f646e737d 00080000 ff780003 612062 ff790000',
    ],
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

  const ways: readonly (readonly [type: string, text: string, canonical: string])[] = [
    ['DS', '1 RSASHA256 2 D4 b7', '1 8 2 d4b7'],
    ['DNSKEY', '256 3 ECDSAP256SHA256 AQ ID', '256 3 13 AQID'],
    ['RRSIG', 'a 8 2 5 2147483648 0 1 . AQ==', 'A 8 2 5 20380119031408 19700101000000 1 . AQ=='],
    ['NSEC', 'a. NSEC A TYPE1 a', 'a. A NSEC'],
    ['CAA', '0 issue letsencrypt.org', '0 issue "letsencrypt.org"'],
    ['SVCB', '1 a. port="53" alpn="h2,h3"', '1 a. alpn=h2,h3 port=53'],
    ['LOC', '42 N 71 6 W 5', '42 0 0.000 N 71 6 0.000 W 5.00m 1.00m 10000.00m 10.00m'],
    ['LOC', '1 2 3.5 n 4 e -0.5m 0.55m', '1 2 3.500 N 4 0 0.000 E -0.50m 0.50m 10000.00m 10.00m'],
    ['A', String.raw`\# 4 0A000001`, '10.0.0.1'],
    ['TXT', String.raw`\097 b`, '"a" "b"'],
  ];
  for (const [type, text, canonical] of ways) {
    test(`${type} ${text} is ${canonical}`, () => {
      assert.equal(canonicalRdata(type, text), canonical);
    });
  }

  test('octets to text and back are the same octets, whatever they are', () => {
    const types = fc.constantFrom('RRSIG', 'NSEC', 'NSEC3', 'SVCB', 'CAA', 'DNSKEY', 'CSYNC', 'MX');
    // Small numbers make lengths that fit.
    const octets = fc.array(fc.oneof(fc.nat(4), fc.nat(255)), { maxLength: 40 });
    fc.assert(
      fc.property(types, octets, (type, numbers) => {
        const hex = Buffer.from(numbers).toString('hex');
        const text = textOf(type, hex);
        if (text !== undefined) assert.equal(octetsOf(type, text), hex);
      }),
      { numRuns: 3000 },
    );
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
    ['LOC', '91 N 0 E 0m', /expected a latitude/],
    ['LOC', '1 60 N 0 E 0m', /expected a latitude/],
    ['LOC', '1 N 0 E -100001m', /expected a latitude/],
    ['EUI48', '00-00-5e-00-53', /expected 6 octets in hex/],
    ['DS', '1 8 2', /expected 4 fields|expected hex/],
    ['DS', '1 8 2 abc', /expected hex/],
    ['DS', '1 FOO 2 ab', /expected numbers below 2\^8/],
    ['DNSKEY', '256 3 8 AQI', /expected base64/],
    ['RRSIG', 'A 8 2 5 20230230000000 0 1 . AQ==', /expected YYYYMMDDHHMMSS/],
    ['RRSIG', 'FOO 8 2 5 0 0 1 . AQ==', /expected a type/],
    ['NSEC', 'a. A FOO', /expected types/],
    ['SVCB', '1 a. alpn=h2 alpn=h3', /expected parameters/],
    ['SVCB', '1 a. port=65536', /expected parameters/],
    ['SVCB', '1 a. unknown=1', /expected parameters/],
    ['CAA', '0 a-b "c"', /expected letters and digits/],
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

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parse } from './given-zone-file.ts';

describe('formatted records', () => {
  const label = fc.oneof(
    fc.constantFrom('a', 'b', 'www', '*', '_tcp', String.raw`\046`, String.raw`\000`, '@x'),
    fc
      .array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 5 })
      .map((octets) => octets.map((octet) => `\\${String(octet).padStart(3, '0')}`).join('')),
  );
  const name = fc.array(label, { maxLength: 4 }).map((labels) => `${labels.join('.')}.`);
  const u16 = fc.nat(65535);
  const octets = fc.array(fc.nat(255), { maxLength: 30 });
  const text = octets.map(
    (all) => `"${all.map((one) => `\\${String(one).padStart(3, '0')}`).join('')}"`,
  );
  const hex = fc
    .array(fc.nat(255), { minLength: 1, maxLength: 20 })
    .map((all) => Buffer.from(all).toString('hex'));
  const rdata = fc.oneof(
    fc.ipV4().map((address) => `A ${address}`),
    fc.ipV6().map((address) => `AAAA ${address}`),
    name.map((target) => `CNAME ${target}`),
    fc.tuple(u16, name).map(([preference, target]) => `MX ${preference} ${target}`),
    fc.tuple(u16, u16, u16, name).map((fields) => `SRV ${fields.join(' ')}`),
    fc.array(text, { minLength: 1, maxLength: 3 }).map((texts) => `TXT ${texts.join(' ')}`),
    fc.tuple(u16, u16, text, text, text, name).map((fields) => `NAPTR ${fields.join(' ')}`),
    fc
      .tuple(name, name, fc.array(fc.nat(2 ** 32 - 1), { minLength: 5, maxLength: 5 }))
      .map(([mname, rname, numbers]) => `SOA ${mname} ${rname} ${numbers.join(' ')}`),
    fc.tuple(u16, hex).map(([tag, digest]) => `DS ${tag} 8 2 ${digest}`),
    fc
      .tuple(name, fc.constantFrom('', ' A', ' NS SOA RRSIG TYPE4711'))
      .map((all) => `NSEC ${all.join('')}`),
    fc
      .tuple(u16, name, fc.constantFrom('', ' alpn=h2 port=443', ' key777="a b"'))
      .map(([priority, target, params]) => `HTTPS ${priority} ${target}${params}`),
    text.map((value) => `CAA 0 issue ${value}`),
    hex.map((data) => String.raw`TYPE65280 \# ${data.length / 2} ${data}`),
  );
  const line = fc
    .tuple(name, fc.nat(2 ** 31 - 1), rdata)
    .map(([owner, ttl, rest]) => `${owner} ${ttl} IN ${rest}`);

  test('are the same when they are read again', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const once = parse(lines.join('\n'));
        assert.equal(once.length, lines.length);
        assert.deepEqual(parse(once.join('\n')), once);
        // As an editor might break them.
        const broken = once.map((record) => record.replace(' IN ', ' ( IN\n\t; "(\n ) '));
        assert.deepEqual(parse(broken.join('\r\n')), once);
      }),
      { numRuns: 500 },
    );
  });

  test('any text is records, or an error with its line', () => {
    const word = fc.constantFrom(
      'a',
      '@',
      '5',
      'IN',
      'A',
      '192.0.2.1',
      'TXT',
      '"',
      '(',
      ')',
      ';',
      '\\',
      '\n',
      '\n ',
      '$TTL',
      '$GENERATE',
      '$',
      '1-3',
      '\\#',
      '0',
      'MX',
      'SOA',
      '.',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        try {
          parse(words.join(' '));
        } catch (error) {
          assert.match(
            error instanceof Error ? error.message : '',
            /^zones\/db:\d+: Cannot .*; expected /s,
          );
        }
      }),
      { numRuns: 3000 },
    );
  });
});

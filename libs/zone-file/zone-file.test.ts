import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Files, parse } from './given-zone-file.ts';

describe('a zone file has', () => {
  const rows: readonly (readonly [what: string, text: string, said: readonly string[]])[] = [
    [
      'relative names, absolute ones, and its origin',
      'a 5 IN MX 10 mail\n@ 5 IN NS ns.example.net.\n$ORIGIN sub\nb 5 IN CNAME @\n$ORIGIN .\nc 5 IN NS d',
      [
        'a.example.org. 5 IN MX 10 mail.example.org.',
        'example.org. 5 IN NS ns.example.net.',
        'b.sub.example.org. 5 IN CNAME sub.example.org.',
        'c. 5 IN NS d.',
      ],
    ],
    [
      'the owner of before where a blank begins the line',
      'a 5 IN A 192.0.2.1\n  5 IN A 192.0.2.2\n\t\n \t IN TXT x',
      [
        'a.example.org. 5 IN A 192.0.2.1',
        'a.example.org. 5 IN A 192.0.2.2',
        'a.example.org. 5 IN TXT "x"',
      ],
    ],
    [
      'class and TTL in either order, or neither',
      '$TTL 1h\na IN 5 A 192.0.2.1\nb 5 IN A 192.0.2.1\nc IN A 192.0.2.1\nd 5 A 192.0.2.1\ne A 192.0.2.1\nf class1 a 192.0.2.1',
      [
        'a.example.org. 5 IN A 192.0.2.1',
        'b.example.org. 5 IN A 192.0.2.1',
        'c.example.org. 3600 IN A 192.0.2.1',
        'd.example.org. 5 IN A 192.0.2.1',
        'e.example.org. 3600 IN A 192.0.2.1',
        'f.example.org. 3600 IN A 192.0.2.1',
      ],
    ],
    [
      'owners that look like a class, a TTL or a type',
      '$TTL 5\nIN A 192.0.2.1\n5 A 192.0.2.1\nMX MX 0 a',
      [
        'IN.example.org. 5 IN A 192.0.2.1',
        '5.example.org. 5 IN A 192.0.2.1',
        'MX.example.org. 5 IN MX 0 a.example.org.',
      ],
    ],
    [
      'TTLs with units, and times of its SOA',
      '@ 1w2D3h4m5 IN SOA ns admin 7 1h 30m 1W 4294967295\n@ 2147483647 IN NS ns',
      [
        'example.org. 788645 IN SOA ns.example.org. admin.example.org. 7 3600 1800 604800 4294967295',
        'example.org. 2147483647 IN NS ns.example.org.',
      ],
    ],
    [
      'the TTL of the record before, where nothing else says one',
      'a 5 A 192.0.2.1\nb 9 A 192.0.2.2\nc A 192.0.2.3',
      [
        'a.example.org. 5 IN A 192.0.2.1',
        'b.example.org. 9 IN A 192.0.2.2',
        'c.example.org. 9 IN A 192.0.2.3',
      ],
    ],
    [
      'the MINIMUM of its SOA as TTL, before all others',
      '@ SOA ns admin 1 2 3 4 300\n@ NS ns',
      [
        'example.org. 300 IN SOA ns.example.org. admin.example.org. 1 2 3 4 300',
        'example.org. 300 IN NS ns.example.org.',
      ],
    ],
    [
      'entries of several lines, and comments',
      '; first\n@ 5 IN SOA ns admin ( 1 ; serial\n  2 3\n\n 4 5 ) ; done\na(5)A(192.0.2.1)\n',
      [
        'example.org. 5 IN SOA ns.example.org. admin.example.org. 1 2 3 4 5',
        'a.example.org. 5 IN A 192.0.2.1',
      ],
    ],
    [
      'quotes with blanks, semicolons, parentheses and lines',
      'a 5 TXT "b ; (c" d;e\nb 5 TXT "a\nb"\nc 5 TXT "\\"" \\" \\;\\( ""',
      [
        'a.example.org. 5 IN TXT "b ; (c" "d"',
        String.raw`b.example.org. 5 IN TXT "a\010b"`,
        String.raw`c.example.org. 5 IN TXT "\"" "\"" ";(" ""`,
      ],
    ],
    [
      'escapes in names, however they are written',
      String.raw`a\.b 5 TXT x` +
        '\n' +
        String.raw`\097\046b 5 TXT x` +
        '\n' +
        String.raw`a\\. 5 TXT x\.` +
        '\n' +
        String.raw`\@.$ 5 CNAME \$\;a`,
      [
        String.raw`a\.b.example.org. 5 IN TXT "x"`,
        String.raw`a\.b.example.org. 5 IN TXT "x"`,
        String.raw`a\\. 5 IN TXT "x."`,
        String.raw`\@.\$.example.org. 5 IN CNAME \$\;a.example.org.`,
      ],
    ],
    [
      'octets beyond ASCII as they are',
      'a 5 TXT "\u00c3\u00a0"\n\u00c3\u00a0 5 TXT \\\u00a0',
      [
        String.raw`a.example.org. 5 IN TXT "\195\160"`,
        String.raw`\195\160.example.org. 5 IN TXT "\160"`,
      ],
    ],
    [
      'a mark of UTF-8, and lines of Windows',
      '\u00ef\u00bb\u00bfa 5 A 192.0.2.1\r\n',
      ['a.example.org. 5 IN A 192.0.2.1'],
    ],
    [
      'unknown types, and known ones in the generic form',
      'a 5 TYPE65280 \\# 4 0A00 0001\na 5 TYPE1 \\# 4 0A000001',
      [String.raw`a.example.org. 5 IN TYPE65280 \# 4 0a000001`, 'a.example.org. 5 IN A 10.0.0.1'],
    ],
    [
      'texts of any length',
      `a 5 TXT "${'x'.repeat(254)}\\200yz"`,
      [String.raw`a.example.org. 5 IN TXT "${'x'.repeat(254)}\200" "yz"`],
    ],
    [
      'names wherever rdata has them',
      'a 5 SRV 0 0 80 b\na 5 NAPTR 1 2 "" "" "" b\na 5 HTTPS 1 b alpn="h2,h3"\na 5 NSEC b A RRSIG\na 5 RRSIG A 8 2 5 20380119031408 0 1 @ AQ==\na 5 RP b c',
      [
        'a.example.org. 5 IN SRV 0 0 80 b.example.org.',
        'a.example.org. 5 IN NAPTR 1 2 "" "" "" b.example.org.',
        'a.example.org. 5 IN HTTPS 1 b.example.org. alpn=h2,h3',
        'a.example.org. 5 IN NSEC b.example.org. A RRSIG',
        'a.example.org. 5 IN RRSIG A 8 2 5 20380119031408 19700101000000 1 example.org. AQ==',
        'a.example.org. 5 IN RP b.example.org. c.example.org.',
      ],
    ],
    [
      'what is generated',
      `$TTL 5\n$GENERATE 9-11/2 host$ A 192.0.2.$\n$GENERATE 1-1 a\${15,4,x}-\${0,3}.\\$$$ TXT \${-1}`,
      [
        'host9.example.org. 5 IN A 192.0.2.9',
        'host11.example.org. 5 IN A 192.0.2.11',
        String.raw`a0010-001.\$\$.example.org. 5 IN TXT "0"`,
      ],
    ],
  ];
  for (const [what, text, said] of rows) {
    test(what, () => assert.deepEqual(parse(text), said));
  }

  test('other files, whose origin, owner and TTL end with them', () => {
    const said = parse(
      '$TTL 5\na TXT 1\n$INCLUDE more\n  TXT 2\n$INCLUDE "sub/more" b\n$INCLUDE more c.\n',
      {
        'zones/more': '  TXT of-a\nx TXT in-more\n$TTL 9\n$ORIGIN y\n',
        'zones/sub/more': 'x TXT in-sub\n$INCLUDE less\n',
        'zones/sub/less': 'x TXT in-less',
      },
    );
    assert.deepEqual(said, [
      'a.example.org. 5 IN TXT "1"',
      'a.example.org. 5 IN TXT "of-a"',
      'x.example.org. 5 IN TXT "in-more"',
      'a.example.org. 5 IN TXT "2"',
      'x.b.example.org. 5 IN TXT "in-sub"',
      'x.b.example.org. 5 IN TXT "in-less"',
      'a.example.org. 5 IN TXT "of-a"',
      'x.c. 5 IN TXT "in-more"',
    ]);
  });
});

describe('a zone file must not have', () => {
  const rows: readonly (readonly [text: string, error: string, files?: Files])[] = [
    [
      'a 5 A',
      'zones/db:1: Cannot read the record of type "A": it has no rdata; expected TYPE RDATA',
    ],
    [
      '\n\na 5 A 192.0.2',
      'zones/db:3: Cannot use the A rdata "192.0.2": it is malformed; expected an IPv4 address',
    ],
    [
      'a A 192.0.2.1',
      'zones/db:1: Cannot read the entry "a A 192.0.2.1": it has no TTL; expected one, or $TTL before it',
    ],
    [
      ' 5 A 192.0.2.1',
      'zones/db:1: Cannot read the entry: no record before has an owner; expected one without blanks before it',
    ],
    ['a 5', 'zones/db:1: Cannot read the entry: it has no type; expected TYPE RDATA'],
    [
      'a 5 HUGO b',
      'zones/db:1: Cannot read the type "HUGO": it is unknown; expected a type such as A or TYPE65280; an owner must have no blanks before it',
    ],
    [
      'a 5 ANY b',
      'zones/db:1: Cannot read the type "ANY": it is for messages; expected a type of zones',
    ],
    [
      'a 5 OPT b',
      'zones/db:1: Cannot read the type "OPT": it is for messages; expected a type of zones',
    ],
    ['a 5 CH TXT b', 'zones/db:1: Cannot read the class "CH": it is not served; expected IN'],
    [
      'a 2147483648 TXT b',
      'zones/db:1: Cannot read the TTL "2147483648": it is none; expected seconds, or units as in 1h30m, below 2^31',
    ],
    [
      'a 5x TXT b',
      'zones/db:1: Cannot read the TTL "5x": it is none; expected seconds, or units as in 1h30m, below 2^31',
    ],
    [
      'a..b 5 TXT x',
      'zones/db:1: Cannot use the domain name "a..b.example.org.": it has an empty label; expected one dot between labels',
    ],
    [
      '"a" 5 TXT x',
      'zones/db:1: Cannot read the domain name ""a"": it is quoted; expected one without quotes',
    ],
    [
      `${'a'.repeat(64)} 5 TXT x`,
      `zones/db:1: Cannot use the domain name "${'a'.repeat(60)}…": a label has 64 octets; expected at most 63`,
    ],
    [
      'a 5 TXT (x\n\n',
      'zones/db:1: Cannot read the file to its end: a parenthesis is open; expected ")"',
    ],
    [
      'a 5 TXT x)',
      'zones/db:1: Cannot read the parenthesis ")": none is open; expected "(" before it',
    ],
    [
      '\na 5 TXT "x\n\n',
      'zones/db:2: Cannot read the file to its end: a quote is open; expected "',
    ],
    [
      'a 5 TXT x\\\n',
      String.raw`zones/db:1: Cannot read the escape "\": its line ends; expected \. or \DDD`,
    ],
    [
      '$HUGO 5',
      'zones/db:1: Cannot read the directive "$HUGO": it is unknown here; expected $ORIGIN, $TTL, $INCLUDE or $GENERATE, or an owner as \\$NAME',
    ],
    [
      '$TTL',
      'zones/db:1: Cannot read the entry "$TTL": it has other arguments; expected $TTL VALUE',
    ],
    [
      '$TTL 5 6',
      'zones/db:1: Cannot read the entry "$TTL 5 6": it has other arguments; expected $TTL VALUE',
    ],
    [
      '$INCLUDE more',
      'zones/db:1: Cannot include "zones/more": no such file; expected a readable file',
    ],
    [
      '$INCLUDE more',
      'zones/more:2: Cannot read the TTL "5x": it is none; expected seconds, or units as in 1h30m, below 2^31',
      { 'zones/more': '\na 5x TXT b' },
    ],
    [
      '$INCLUDE db',
      'zones/db:1: Cannot read the file "db": it is the 8th file within another; expected 7 at most',
    ],
    [
      '$GENERATE 1-2 a',
      'zones/db:1: Cannot read the entry "$GENERATE 1-2 a": it has other arguments; expected $GENERATE RANGE OWNER TYPE RDATA',
    ],
    [
      '$GENERATE 2-1 a A 192.0.2.1',
      'zones/db:1: Cannot read the range "2-1": it is malformed; expected START-STOP, or START-STOP/STEP',
    ],
    [
      '$GENERATE 1-2/0 a A 192.0.2.1',
      'zones/db:1: Cannot read the range "1-2/0": it is malformed; expected START-STOP, or START-STOP/STEP',
    ],
    [
      '$GENERATE 0-65536 a A 192.0.2.1',
      'zones/db:1: Cannot read the range "0-65536": it has too many numbers; expected 65536 at most',
    ],
    [
      `$GENERATE 0-1 a\${-1} 5 TXT x`,
      `zones/db:1: Cannot read the modifier "\${-1}": it is malformed, or the number 0 leaves 0 to 2147483647 with it; expected {OFFSET,WIDTH,BASE} with base d, o, x or X`,
    ],
    [
      `$GENERATE 0-1 a\${0 5 TXT x`,
      `zones/db:1: Cannot read the modifier "\${": it is malformed, or the number 0 leaves 0 to 2147483647 with it; expected {OFFSET,WIDTH,BASE} with base d, o, x or X`,
    ],
    [
      '$GENERATE 0-1 $$TTL 5 TXT x',
      'zones/db:1: Cannot read the directive "$TTL": it is unknown here; expected $ORIGIN, $TTL, $INCLUDE or $GENERATE, or an owner as \\$NAME',
    ],
  ];
  for (const [text, error, files] of rows) {
    test(JSON.stringify(text.slice(0, 40)), () => {
      assert.throws(() => parse(text, files), { name: 'ZoneFileError', message: error });
    });
  }

  test('an entry that does not end', () => {
    const more = 'a 5 TXT x\n'.repeat(60_000);
    const rows: readonly (readonly [text: string, why: string])[] = [
      [`a 5 TXT "x\n${more}`, 'zones/db:1: Cannot read the file to its end: a quote is open'],
      [`b 5 TXT (\n${more}`, 'zones/db:1: Cannot read the file to its end: a parenthesis is open'],
      [`c 5 TXT${' x'.repeat(300_000)}`, 'zones/db:1: Cannot read the entry: it has 600007 char'],
    ];
    for (const [text, why] of rows) {
      // What ends it comes too late.
      const ended = `${text}\n) "\n`;
      assert.throws(
        () => parse(ended),
        ({ message }: Error) => message.startsWith(why),
      );
    }
    const comment = `;${'x'.repeat(600_000)}\n`;
    assert.equal(parse(`${comment}a 5 TXT (\n${comment}x )\n`).length, 1);
  });

  test('more octets, records or files than it may', () => {
    const generated = '$TTL 5\n$GENERATE 1-50 a$ TXT x';
    assert.equal(parse(generated).length, 50);
    assert.throws(() => parse(generated, {}, { recordsMax: 49 }), /more records; expected 49 at/);
    assert.throws(() => parse(generated, {}, { octetsMax: 200 }), /is longer; expected 200 octets/);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigurationError } from './configuration-error.ts';
import type { Corefile, Property } from './corefile.ts';
import type { SourceText } from './parser.ts';
import { parseCorefile } from './parser.ts';

const ENVIRONMENT = {
  ZONE: 'example.org',
  PORT: '1053',
  TWO: '{$ZONE}',
  LOOP: 'x{$LOOP}',
  BRACE: '{',
};

function parse(text: string, files: Readonly<Record<string, string>> = {}): Corefile {
  return parseCorefile(
    { file: 'Corefile', text },
    {
      environment: ENVIRONMENT,
      readFiles(pattern, importer): readonly SourceText[] {
        const found = files[pattern];
        if (found !== undefined) return [{ file: pattern, text: found }];
        throw new ConfigurationError(importer, `Cannot import "${pattern}"`);
      },
    },
  );
}

/** The Corefile in one canonical line a block: `keys { statement; statement { … } }`. */
function show(corefile: Corefile): string {
  const statement = ({ name, args, block }: Property): string => {
    const words = [name, ...args.map(({ text }) => (/^\S+$/.test(text) ? text : `"${text}"`))];
    if (block !== undefined) words.push(`{ ${block.map(statement).join('; ')} }`);
    return words.join(' ');
  };
  return corefile.blocks
    .map(({ keys, directives }) => {
      const names = keys.map(({ scheme, zone, port }) => `${scheme}://${zone}:${port ?? ''}`);
      return `${names.join(' ')} { ${directives.map(statement).join('; ')} }`;
    })
    .join('\n');
}

describe('parseCorefile reads', () => {
  const rows: readonly (readonly [what: string, text: string, shown: string])[] = [
    ['nothing', '', ''],
    ['only comments', '# a\n  # b', ''],
    ['a block', '. {\n whoami\n}', 'dns://.: { whoami }'],
    ['a brace on the next line', '.\n{\n whoami\n}', 'dns://.: { whoami }'],
    ['a block without braces', '.:53\nlog\nerrors', 'dns://.:53 { log; errors }'],
    ['a key that is only a port', ':1053 {\n}', 'dns://.:1053 {  }'],
    ['several keys', 'A.org b.net:54 {\n}', 'dns://a.org.: dns://b.net.:54 {  }'],
    [
      'keys after a comma on the next line',
      'a.org,\nb.net {\n}',
      'dns://a.org.: dns://b.net.: {  }',
    ],
    ['schemes', 'tls://a.org https://b.org:8443 {\n}', 'tls://a.org.: https://b.org.:8443 {  }'],
    ['a network', '10.0.0.0/24 {\n}', 'dns://0.0.10.in-addr.arpa.: {  }'],
    [
      'a network between octets',
      '10.2.0.0/15:54 {\n}',
      'dns://2.10.in-addr.arpa.:54 dns://3.10.in-addr.arpa.:54 {  }',
    ],
    ['an IPv6 network', '2001:db8::/32 {\n}', 'dns://8.b.d.0.1.0.0.2.ip6.arpa.: {  }'],
    ['two blocks', 'a {\n log\n}\nb {\n errors\n}', 'dns://a.: { log }\ndns://b.: { errors }'],
    ['arguments', '. {\n forward . 1.1.1.1 # not this\n}', 'dns://.: { forward . 1.1.1.1 }'],
    ['quoted words', '. {\n log "a b" "" "c\\"d" "e\\f"\n}', 'dns://.: { log "a b" "" c"d e\\f }'],
    [
      'backslashes at the end of quotes',
      '. {\n log "a\\\\" "\\\\\\"b"\n}',
      'dns://.: { log a\\\\ \\\\"b }',
    ],
    [
      'a scheme in capitals, and a port with a sign',
      'TLS://a.org:+53 {\n}',
      'tls://a.org.:53 {  }',
    ],
    ['a snippet without a name', '() {\n a\n}\n. {\n b\n import ""\n}', 'dns://.: { b; a }'],
    ['a quote inside of a word', '. {\n log a"b c"d\n}', 'dns://.: { log a"b c"d }'],
    ['a quoted newline', '. {\n log "a\nb" c\n errors\n}', 'dns://.: { log "a\nb" c; errors }'],
    ['a quoted brace as a word', '. {\n log "{" "}"\n}', 'dns://.: { log { } }'],
    ['a brace inside of a word', 'a{ {\n log b}\n}', 'dns://a{.: { log b} }'],
    ['properties', '. {\n a b {\n  c d\n  e\n }\n f\n}', 'dns://.: { a b { c d; e }; f }'],
    ['an empty block', '. {\n a {\n }\n}', 'dns://.: { a {  } }'],
    ['properties on one line', '. {\n a { b c }\n}', 'dns://.: { a { b c } }'],
    ['blocks in blocks', '. {\n a {\n  b {\n   c\n  }\n }\n}', 'dns://.: { a { b { c } } }'],
    ['a comment inside of a word', '. {\n a b#c d\n e\n}', 'dns://.: { a b; e }'],
    ['carriage returns', '.\r\n{\r\n lo\rg\r\n}', 'dns://.: { log }'],
    ['a byte order mark', '\uFEFF. {\n log\n}', 'dns://.: { log }'],
    [
      'variables',
      '{$ZONE}:{%PORT%} {\n a x{$ZONE}y\n}',
      'dns://example.org.:1053 { a xexample.orgy }',
    ],
    ['variables of variables', '{%TWO%} {\n}', 'dns://example.org.: {  }'],
    ['variables that are not set', '. {\n a "{$NO}" {$} {%%}\n}', 'dns://.: { a "" {$} {%%} }'],
    ['what every object has is no variable', '. {\n a{$toString}\n}', 'dns://.: { a }'],
    ['a brace from a variable as a word', '. {\n a {$BRACE}\n}', 'dns://.: { a { }'],
    [
      'snippets',
      '(s) {\n a b\n c {\n  d\n }\n}\n. {\n e\n import s\n f\n}',
      'dns://.: { e; a b; c { d }; f }',
    ],
    [
      'snippets in a block',
      '(s) {\n x y\n}\n. {\n a {\n  b\n  import s\n  c\n }\n}',
      'dns://.: { a { b; x y; c } }',
    ],
  ];
  for (const [what, text, shown] of rows) test(what, () => assert.equal(show(parse(text)), shown));

  test('files at the top, in a server block and in a block', () => {
    const files = { top: 'a {\n log\n}', middle: 'errors\nready', low: 'x y' };
    const text = 'import top\nb {\n import middle\n c {\n  import low\n }\n}';
    assert.equal(
      show(parse(text, files)),
      'dns://a.: { log }\ndns://b.: { errors; ready; c { x y } }',
    );
  });

  test('which variables are not set, at the word and at all of its line', () => {
    const { blocks } = parse('. {\n a b {$NO} {$ZONE}\n c\n}');
    const [a, c] = blocks[0]?.directives ?? [];
    assert.deepEqual(
      a?.args.map(({ unset }) => unset),
      [undefined, ['{$NO}'], undefined],
    );
    assert.deepEqual(a?.unset, ['{$NO}']);
    assert.equal(c?.unset, undefined);
  });

  test('where everything was, also in imported files', () => {
    const { blocks } = parse('# first\n. {\n import f\n b\n}', { f: '\n\na' });
    const places = blocks[0]?.directives.map(({ name, file, line }) => `${name} ${file}:${line}`);
    assert.deepEqual(places, ['a f:3', 'b Corefile:4']);
  });
});

describe('parseCorefile refuses', () => {
  const rows: readonly (readonly [what: string, text: string, message: string])[] = [
    [
      'a block without a key',
      '{\n}',
      'Corefile:1: Cannot read "{": it has no key; expected a zone before the server block',
    ],
    [
      'a block that never closes',
      '. {\n log',
      'Corefile:1: Cannot read "{": it is never closed; expected a "}" on a line of its own',
    ],
    [
      'a brace that closes nothing',
      '. {\n}\n}',
      'Corefile:3: Cannot read "}": it closes nothing; expected a key',
    ],
    [
      'a closing brace on the line of a directive',
      '. {\n log }',
      'Corefile:2: Cannot read "}": it closes nothing on its line; expected a line for it',
    ],
    [
      'a brace that begins a line',
      '. {\n a\n {\n }\n}',
      'Corefile:3: Cannot read "{": it begins a line; expected it at the end of the line that it belongs to',
    ],
    [
      'words after a block',
      '. {\n a {\n } b\n}',
      'Corefile:3: Cannot read "b": it follows a "}"; expected a new line',
    ],
    [
      'a brace after a comma',
      'a, {\n}',
      'Corefile:1: Cannot read "{": it follows a comma; expected another key',
    ],
    [
      'a comma at the end',
      'a,',
      'Corefile:1: Cannot read "a": the file ends after its comma; expected another key',
    ],
    [
      'a quote that never ends',
      '. {\n a "b\n}',
      'Corefile:2: Cannot read "b\n}": its quote never ends; expected a closing "',
    ],
    [
      'an unknown scheme',
      'ftp://a {\n}',
      'Corefile:1: Cannot read the key "ftp://a": the scheme "ftp" is unknown; expected one of dns, tls, quic, grpc, https, https3',
    ],
    [
      'a colon at the end',
      'a: {\n}',
      'Corefile:1: Cannot read the key "a:": it ends with a colon; expected a port after it, or no colon',
    ],
    [
      'a port out of range',
      'a:65536 {\n}',
      'Corefile:1: Cannot read the key "a:65536": its port is 65536; expected a port up to 65535',
    ],
    [
      'a port below all',
      'a:-1 {\n}',
      'Corefile:1: Cannot read the key "a:-1": its port is -1; expected a port up to 65535',
    ],
    [
      'an import with a block',
      'import a {\n x\n}',
      'Corefile:1: Cannot read "{": an import has no block; expected a new line',
    ],
    [
      'a network out of range',
      '10.0.0.0/33 {\n}',
      'Corefile:1: Cannot read the network "10.0.0.0/33": its length is "33"; expected 0 to 32',
    ],
    [
      'a name that is none',
      'a..b {\n}',
      'Corefile:1: Cannot use the domain name "a..b.": it has an empty label; expected one dot between labels',
    ],
    [
      'an import of nothing',
      '. {\n import\n}',
      'Corefile:2: Cannot read "import": it names nothing; expected a snippet or a file after it',
    ],
    [
      'an import of two',
      'import a b',
      'Corefile:1: Cannot read "b": an import has one argument; expected a new line',
    ],
    [
      'a snippet of itself',
      '(a) {\n import a\n}',
      'Corefile:2: Cannot read "import": the snippet imports itself; expected another snippet',
    ],
    [
      'a snippet twice',
      '(a) {\n}\n(a) {\n}',
      'Corefile:3: Cannot read "(a)": it is defined a second time; expected one snippet of a name',
    ],
    [
      'a snippet without braces',
      '(a)\nlog',
      'Corefile:1: Cannot read "(a)": it is a snippet without braces; expected a "{" after it',
    ],
    ['a snippet after its use', '. {\n import a\n}\n(a) {\n}', 'Corefile:2: Cannot import "a"'],
    [
      'a variable of itself',
      '. {\n a {$LOOP}\n}',
      'Corefile:2: Cannot read "{$LOOP}": its variables refer to themselves; expected an end',
    ],
    [
      'a zone that is not set',
      '{$NO} {\n}',
      'Corefile:1: Cannot read "{$NO}": it has no key; expected a zone before the server block; {$NO} is not set, so empty here',
    ],
    [
      'a scheme and zone that are not set',
      'dns://{$NO}{%NONE%} {\n}',
      'Corefile:1: Cannot read the key "dns://": it names no zone; expected a zone, or "."; {%NONE%}, {$NO} are not set, so empty here',
    ],
    [
      'an import that is not set',
      '. {\n import {$NO}\n}',
      'Corefile:2: Cannot import ""; {$NO} is not set, so empty here',
    ],
  ];
  for (const [what, text, message] of rows) {
    test(what, () => assert.throws(() => parse(text), { name: 'ConfigurationError', message }));
  }

  test('all that is wrong, each once, and reads on behind it', () => {
    const errors = (text: string) => {
      try {
        parse(text);
      } catch (error) {
        return error instanceof ConfigurationError ? error.lines : assert.fail(String(error));
      }
      return [];
    };
    const lines = (text: string) => errors(text).map((line) => line.replace(/: Cannot.*/s, ''));
    const text = `a: ftp://b {
 import none
 a {$LOOP} {
  import
 }
}
(s) {
 import none
}
(s) {
}
c {
 import s
 import s
 import a b
 log }
d: {
}`;
    assert.deepEqual(
      lines(text),
      [1, 1, 2, 3, 4, 8, 10, 15, 16].map((line) => `Corefile:${line}`),
    );
    assert.deepEqual(lines('a: {\n}\nb: {\n log\nc: {\n}'), [
      'Corefile:1',
      'Corefile:3',
      'Corefile:3',
    ]);
    assert.deepEqual(lines('a: {\n log "x\n}\nb: {\n}'), ['Corefile:1', 'Corefile:2']);
  });

  test('imports that go round', () => {
    const circle = /imports go round in a circle/;
    assert.throws(() => parse('import f', { f: 'import f' }), circle);
    const words = 'a b\n'.repeat(100);
    assert.throws(() => parse(`(s) {\n${words}import t\n}\n(t) {\nimport s\n}\nimport s`), circle);
    const twice = (i: number) => `(s${i}) {\nimport s${i + 1}\nimport s${i + 1}\n}\n`;
    const doubling = Array.from({ length: 30 }, (_, i) => twice(i)).join('');
    assert.throws(() => parse(`${doubling}(s30) {\n${words}}\nimport s0`), circle);
  });

  test('what is no configuration in any time', () => {
    const deep = (depth: number) => `. {\n${'a {\n'.repeat(depth)}${'}\n'.repeat(depth + 1)}`;
    assert.equal(parse(deep(100)).blocks.length, 1);
    assert.throws(() => parse(deep(101)), /Corefile:102: Cannot read "{": it is within 101 others/);
    const long = (text: string) => () => parse(`. {\n a ${text.repeat(65_536 / text.length)}x\n}`);
    assert.throws(long('{%AB'), /Corefile:2: Cannot .*: it has 65537 characters; expected 65536/);
    assert.throws(long('{%AB'), ({ message }: Error) => message.length < 1200);
    const words = ['{%AB', '__PILLAR__ABCDEF'].map((part) => part.repeat(65_536 / part.length));
    assert.equal(parse(`. {\n a ${words.join(' ')}\n}`).blocks.length, 1);
  });
});

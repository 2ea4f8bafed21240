/**
 * Corefiles that are odd, and what of them differs from CoreDNS. PORT is that of keys that name
 * none, OTHER another one.
 */

export interface CorefileRow {
  readonly what: string;
  readonly text: string;
  /** We take it and CoreDNS does not, or the other way round, or it is read as other zones. */
  readonly differs?: string;
}

const W = '{\n    whoami\n}\n';

/** Files beside each Corefile. */
export const FILES: Readonly<Record<string, string>> = {
  'folder/.hidden': 'nonsense',
  'folder/one.conf': '',
  plain: 'whoami\n',
};

export const ENVIRONMENT = { ZONE: 'e.example', BLANKS: 'a.org b.org', AGAIN: '{$ZONE}' };

export const ROWS: readonly CorefileRow[] = [
  { what: 'a block on one line', text: '. { whoami }\n' },
  { what: 'a brace on the next line', text: `.\n${W}` },
  { what: 'a brace glued to its zone', text: `.${W}` },
  { what: 'no braces', text: '.\nwhoami\nerrors\n' },
  { what: 'no braces after several keys', text: 'a.org b.org\nwhoami\n' },
  { what: 'an empty block', text: '. {\n}\n' },
  { what: 'a block that never closes', text: '. {\n    whoami\n' },
  {
    what: 'a brace too many',
    text: `. ${W}}\n`,
    differs: 'a slip: CoreDNS serves the zone "}."',
  },
  {
    what: 'nothing',
    text: '',
    differs: 'likely a wrong path: CoreDNS serves whoami',
  },
  { what: 'an unknown directive', text: '. {\n    nonsense\n}\n' },
  { what: 'a directive in quotes', text: '. {\n    "whoami"\n}\n' },
  { what: 'a brace as a directive', text: '. {\n    { }\n    whoami\n}\n' },
  {
    what: 'a brace on the line after a directive',
    text: '. {\n    hosts\n    {\n    }\n    whoami\n}\n',
  },
  { what: 'a directive after a brace', text: '. {\n    hosts {\n    } x\n    whoami\n}\n' },
  { what: 'properties on one line', text: '. {\n    hosts { fallthrough }\n    whoami\n}\n' },
  {
    what: 'a block of a property',
    text: '. {\n    cache {\n      success 5 {\n      x\n      }\n    }\n}\n',
  },
  { what: 'a directive twice', text: '. {\n    whoami\n    whoami\n}\n' },
  { what: 'one twice that may be once', text: '. {\n    whoami\n    errors\n    errors\n}\n' },
  {
    what: 'one twice that says two things',
    text: '. {\n    bufsize 1232\n    bufsize 512\n    whoami\n}\n',
  },

  { what: 'keys after a comma', text: `a.org, b.org,\nc.org ${W}` },
  { what: 'keys with a comma and no blank', text: `a.org,b.org ${W}` },
  { what: 'a brace after a comma', text: `a.org, ${W}` },
  { what: 'a comma at the end of the file', text: 'a.org,' },
  { what: 'a zone twice', text: `a.org a.org ${W}` },
  { what: 'a zone in two blocks', text: `a.org ${W}A.ORG. ${W}` },
  { what: 'a port', text: `a.org:OTHER ${W}` },
  { what: 'a scheme', text: `dns://A.org:OTHER ${W}` },
  {
    what: 'an unknown scheme',
    text: `ftp://a.org ${W}`,
    differs: 'a slip: CoreDNS serves the zone "ftp://a.org."',
  },
  {
    what: 'a port alone',
    text: `:OTHER ${W}`,
    differs: 'the root zone at that port: CoreDNS takes it for no domain name',
  },
  { what: 'a colon at the end', text: `a.org: ${W}` },
  { what: 'a port out of range', text: `a.org:65536 ${W}` },
  { what: 'a port that is a word', text: `a.org:x ${W}` },
  { what: 'an empty label', text: `a..b ${W}` },
  { what: 'a long label', text: `${'a'.repeat(64)}.org ${W}` },
  {
    what: 'a long name',
    text: `${Array.from({ length: 5 }, () => 'a'.repeat(60)).join('.')} ${W}`,
  },
  { what: 'an underscore', text: `_a.org ${W}` },
  { what: 'an address', text: `10.0.0.1 ${W}` },
  { what: 'a network', text: `10.1.2.0/24 ${W}` },
  { what: 'a network with bits of a host', text: `10.1.2.3/24 ${W}` },
  { what: 'a network between octets', text: `10.2.0.0/15 ${W}` },
  { what: 'a small network', text: `10.0.0.0/25 ${W}` },
  { what: 'all addresses', text: `0.0.0.0/0 ${W}` },
  { what: 'a network at a port', text: `10.0.0.0/24:OTHER ${W}` },
  { what: 'an IPv6 network', text: `2001:db8::/32 ${W}` },
  { what: 'an IPv6 network between nibbles', text: `2001:db8::/33 ${W}` },
  {
    what: 'all IPv6 addresses',
    text: `::/0 ${W}`,
    differs: 'it is ip6.arpa., as 0.0.0.0/0 is in-addr.arpa.; CoreDNS refuses it',
  },
  {
    what: 'a network out of range',
    text: `10.0.0.0/33 ${W}`,
    differs: 'a slip: CoreDNS serves the zone "10.0.0.0/33."',
  },
  { what: 'a key in quotes', text: `"a.org" ${W}` },
  { what: 'an empty key beside another', text: `"" a.org ${W}` },

  { what: 'a comment', text: `# a\n. { # b\n    whoami # c\n}\n` },
  {
    what: 'a comment inside of a word',
    text: '. {\n    whoami#x errors\n}\n',
    differs: 'a comment goes to the end of its line: in CoreDNS this one to the next blank',
  },
  { what: 'a quote inside of a word', text: '. {\n    chaos a"b c"d\n    whoami\n}\n' },
  { what: 'a word glued to a quote', text: '. {\n    chaos "a"b\n    whoami\n}\n' },
  { what: 'a new line in quotes', text: '. {\n    chaos "a\nb" c\n    whoami\n}\n' },
  { what: 'a quote that never ends', text: '. {\n    chaos "x\n}\n' },
  { what: 'carriage returns', text: '.\r {\r\n    who\rami\r\n}\r\n' },
  { what: 'a byte order mark', text: `\uFEFF. ${W}` },
  { what: 'blanks of Unicode', text: '.\u00A0{\u0085\u2003whoami\n}\n' },

  { what: 'a variable', text: `{$ZONE}:{%NOBODY%}OTHER ${W}` },
  { what: 'a variable with blanks', text: `{$BLANKS} ${W}` },
  { what: 'a variable of a variable', text: `{$AGAIN} ${W}` },
  { what: 'a variable that is not set beside a zone', text: `{$NOBODY} a.org ${W}` },
  {
    what: 'a variable that is not set as the only zone',
    text: `{$NOBODY} ${W}`,
    differs: 'no zone is left: CoreDNS leaves out the block, and serves whoami',
  },
  { what: 'a port that is not set', text: `a.org:{$NOBODY} ${W}` },

  { what: 'a snippet', text: `(s) ${W}. {\n    import s\n}\n` },
  { what: 'a snippet twice', text: `(s) ${W}(s) ${W}. {\n    import s\n}\n` },
  { what: 'a snippet after its use', text: `. {\n    import s\n}\n(s) ${W}` },
  { what: 'a snippet of itself', text: '(s) {\n    import s\n}\n. {\n    import s\n}\n' },
  {
    what: 'snippets of each other',
    text: '(a) {\n import b\n}\n(b) {\n import a\n}\n. {\n import b\n}\n',
  },
  { what: 'a snippet without braces', text: '(s)\nwhoami\n' },
  { what: 'a snippet with two names', text: `(a) (b) ${W}. {\n    import a\n}\n` },
  {
    what: 'a snippet inside of a directive',
    text: '(s) {\n ttl 5\n}\n. {\n hosts {\n import s\n }\n}\n',
  },
  { what: 'an import of a file', text: '. {\n    import plain\n}\n' },
  { what: 'an import of two', text: '. {\n    import plain plain\n}\n' },
  { what: 'an import of nothing', text: '. {\n    import\n}\n' },
  { what: 'an import of a file that is not there', text: `import ./none\n. ${W}` },
  { what: 'a pattern that matches nothing', text: `import ./none/*.conf\n. ${W}` },
  { what: 'a pattern with two stars', text: `import ./*a*\n. ${W}` },
  { what: 'a pattern with a class', text: `import ./[a]\n. ${W}` },
  { what: 'a pattern with a star and a question mark', text: `import ./folder/*.con?\n. ${W}` },
  { what: 'an import of a folder', text: '. {\n    import ./folder\n}\n' },
  {
    what: 'a pattern that hidden files match',
    text: '. {\n    import ./folder/*\n    whoami\n}\n',
    differs: 'as in a shell a star matches no hidden file: a mounted ConfigMap has "..data"',
  },
];

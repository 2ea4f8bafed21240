/** What `isthmus check` says of a Corefile. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readFlags } from '../flags.ts';
import { check } from './check.ts';
import { givenCheck } from './given-check.ts';

const { report } = givenCheck();

async function said(text: string): Promise<string> {
  return (await report(text)).text;
}

/** All errors. */
async function wrong(text: string): Promise<string> {
  return (await report(text)).errors.join('\n');
}

/** Each warning in one line. */
async function surprises(text: string): Promise<readonly string[]> {
  const [, after = ''] = (await said(text)).split('What may surprise:\n\n');
  return after
    .replaceAll('\n    ', ' ')
    .split('\n')
    .filter((line) => line !== '');
}

const EAST = `{
        home east
        cluster east manifests .
    }`;

test('a Corefile that can be used is shown by its server blocks, in the order of their chains', async () => {
  const text = `.:1053 {
    errors
    loadbalance
    health 127.0.0.1:0
    ready
    prometheus
    cache
    federation cluster.local ${EAST}
    forward . 192.0.2.1
    reload
    nsid
}
a.example b.example c.example d.example.org:1053 {
    bind 127.0.0.1
    forward . 192.0.2.2
    log
}
`;
  const [shown] = (await said(text)).split('\n\nWhat');
  assert.equal(
    shown,
    `Corefile can be used: 2 server blocks

LINE  ZONES                 LISTENS ON                   ANSWERS  PLUGINS
1     .:1053                *:1053                       chain    reload nsid ready health
                                                                  prometheus errors loadbalance
                                                                  cache federation forward
16    a.example and 3 more  127.0.0.1:53 127.0.0.1:1053  chain    bind log forward`,
  );
});

const FORWARD = '    forward . 192.0.2.1\n';

test('who answers is the chain where it depends on the client, whatever the plugins could', async () => {
  const view = "    view inside {\n        expr incidr(client_ip(), '10.0.0.0/8')\n    }\n";
  const blocks = [
    `. {\n${view}    cache\n${FORWARD}}`,
    `. {\n    cache\n${FORWARD}}`,
    `a.example {\n    cache\n${FORWARD}}`,
    `x.example {\n${view}    whoami\n}`,
    `example {\n    federation example ${EAST}\n}`,
  ];
  const lines = (await said(blocks.join('\n'))).split('\n');
  const answers = lines.flatMap((line) => /^\d+ .* (table|chain) /.exec(line)?.[1] ?? []);
  assert.deepEqual(answers, ['chain', 'chain', 'table', 'chain', 'chain']);
});

const quiet: readonly (readonly [what: string, text: string])[] = [
  ['forward alone', `.:53 {\n${FORWARD}}`],
  ['no errors and no loop', `. {\n    cache\n${FORWARD}}`],
  ['stub domains', `. {\n${FORWARD}}\nexample.org {\n    forward . 192.0.2.2\n}`],
  ['a log where nothing is the table’s', `. {\n    log\n${FORWARD}}`],
  [
    'clusters in a block of theirs',
    `cluster.local in-addr.arpa {\n    federation ${EAST}\n}\n. {\n${FORWARD}}`,
  ],
  [
    'reverse zones that fall through to forward',
    `. {
    federation cluster.local in-addr.arpa {
        home east
        cluster east manifests .
        fallthrough in-addr.arpa
    }
${FORWARD}}`,
  ],
  ['one server at two ports', `.:53 .:5300 {\n${FORWARD}}`],
];

describe('nothing surprises in', () => {
  for (const [what, text] of quiet) {
    test(what, async () => assert.deepEqual(await surprises(text), []));
  }
});

const rows: readonly (readonly [what: string, text: string, ...warnings: string[]])[] = [
  [
    'a plugin that sees every query',
    `. {\n    cache\n    log\n${FORWARD}}`,
    'Corefile:3: log sees every query, so the chain answers for this server block, more slowly than the table would',
  ],
  [
    'one that sees every denial',
    `. {
    federation cluster.local {
        home east
        cluster east manifests .
        pods verified
    }
    autopath @federation
${FORWARD}}`,
    'Corefile:7: autopath sees every denial, so the chain denies names for this server block, more slowly than the table would',
  ],
  [
    'a zone below a cluster’s, in a block of its own',
    `. {\n    federation cluster.local ${EAST}\n${FORWARD}}\nx.cluster.local {\n${FORWARD}}`,
    'Corefile:2: x.cluster.local. lies in cluster.local. and has its own server block, so the chain answers for all zones of federation, not the table',
  ],
  [
    'a view',
    `. {
    view inside {
        expr incidr(client_ip(), '10.0.0.0/8')
    }
    federation cluster.local ${EAST}
${FORWARD}}
. {
${FORWARD}}`,
    'Corefile:5: a view decides who answers for cluster.local., so the chain does, not the table',
  ],
  [
    'a view of what is cached',
    `. {
    view inside {
        expr incidr(client_ip(), '10.0.0.0/8')
    }
    cache
${FORWARD}}
. {
    cache
${FORWARD}}
a.example {
    cache
${FORWARD}}`,
    'Corefile:5: a view decides who answers for ., so the chain does, not the table',
    'Corefile:9: a view decides who answers for ., so the chain does, not the table',
  ],
  [
    'a zone of a cluster that another block has',
    `. {\n    federation cluster.local ${EAST}\n${FORWARD}}\ncluster.local {\n${FORWARD}}`,
    'Corefile:2: nobody asks federation for cluster.local. on dns://:53: the server block of line 8 has that zone',
  ],
  [
    'a zone at a port where nobody asks',
    `. {\n${FORWARD}}\nexample.org:5300 {\n${FORWARD}}`,
    'Corefile:4: questions for example.org. at port 53 go to the server block of line 1: only who asks port 5300 comes here',
  ],
  [
    'an address of its own, without what all addresses have',
    `. {\n${FORWARD}}\nexample.org {\n    bind 127.0.0.1\n${FORWARD}}`,
    'Corefile:5: dns://127.0.0.1:53 has server blocks of its own, and none of them serves ".": that of line 1, on all addresses, is not asked there',
  ],
  [
    'no server block for the rest',
    `example.org example.net {\n${FORWARD}}`,
    'Corefile:1: dns://:53 serves example.org. and 1 more zone, and refuses all other names: no server block there is for "."',
  ],
  [
    'nobody who answers',
    '. {\n    errors\n}',
    'Corefile:1: all names are refused: no plugin here answers for them; expected forward, or a source of them',
  ],
  [
    'clusters without forward',
    `. {\n    federation cluster.local in-addr.arpa ${EAST}\n}`,
    'Corefile:1: all names but those of cluster.local., in-addr.arpa. are refused: no plugin here answers for them; expected forward, or a source of them',
  ],
  [
    'a fallthrough to nobody',
    `in-addr.arpa {
    hosts {
        192.0.2.1 a.example
        fallthrough
    }
}
. {
${FORWARD}}`,
    'Corefile:4: names of in-addr.arpa. that hosts has not are refused, not denied: after fallthrough nobody answers for them',
  ],
  [
    'a zone of a plugin outside of the block',
    `cluster.local {\n    federation cluster.local clusterset.local ${EAST}\n}\n. {\n${FORWARD}}`,
    'Corefile:2: nobody asks federation for clusterset.local. here: it is in no zone of its server block',
  ],
  [
    'what is said twice',
    `. {
    forward . 192.0.2.1 {
        max_fails 1
        max_fails 2
    }
    forward example.org 192.0.2.2
}`,
    'Corefile:3: this max_fails of forward does not count: line 4 says it again',
    'Corefile:6: this forward is never asked: that of line 2 takes all of its names',
  ],
  [
    'keys that are not what they look like',
    `10.0.0.1 a,b x{ . {\n${FORWARD}}`,
    'Corefile:1: "10.0.0.1" is a name and no network; expected 10.0.0.1/32 for its PTR',
    'Corefile:1: "a,b" is one zone: keys are told apart by blanks',
    'Corefile:1: "x{" is a zone: braces stand alone, between blanks',
  ],
  [
    'names that no client asks for so',
    `. bücher.example "a b" {\n${FORWARD}}`,
    'Corefile:1: "bücher.example" is a zone that nobody asks for; expected xn--bcher-kva.example, as clients write it',
    'Corefile:1: "a b" is one zone: a value with blanks stays one word',
  ],
  [
    'an IPv6 address without its mask',
    `. ::1 {\n${FORWARD}}`,
    'Corefile:1: "::1" is the zone ":." at port 1; expected ::1/128 for its PTR',
    'Corefile:1: dns://:1 serves :., and refuses all other names: no server block there is for "."',
  ],
  [
    'a directive that an import has too',
    `(more) {\n    reload 5s\n}\n. {\n    reload 5s\n    import more\n${FORWARD}}`,
    'Corefile:2: this reload does not count: line 5 says the same',
  ],
  [
    'a directive that says the same again, or something else',
    `. {\n    loadbalance\n    loadbalance\n    cancel 1s\n    cancel 2s\n${FORWARD}}`,
    'Corefile:2: this loadbalance does not count: line 3 says the same',
    'Corefile:4: this cancel does not count: line 5 does',
  ],
  [
    'a variable that is not set',
    `. {\n    forward . 192.0.2.{$NOBODY_SETS_THIS}1\n}`,
    'Corefile:2: {$NOBODY_SETS_THIS} is not set: "192.0.2.{$NOBODY_SETS_THIS}1" is read as "192.0.2.1"',
  ],
  [
    'an import that finds nothing',
    `import ./none/*.server\n. {\n${FORWARD}}`,
    'Corefile:1: no file matches the import "./none/*.server"',
  ],
];

describe('what surprises:', () => {
  for (const [what, text, ...warnings] of rows) {
    test(what, async () => assert.deepEqual(await surprises(text), warnings));
  }

  test('no line is longer than a terminal’s', async () => {
    for (const [, text] of rows) {
      for (const line of (await said(text)).split('\n')) assert.ok(line.length <= 100, line);
    }
  });

  test('a cluster that only a pod of it can reach is no error elsewhere', async () => {
    const all = await surprises(`. {\n    kubernetes cluster.local\n${FORWARD}}`);
    assert.match(
      all.join('\n'),
      /^Corefile:2: here it would not start: .* is not set; expected to/,
    );
  });
});

test('what can’t be used is an error with its place', async () => {
  assert.match(await wrong('. {\n    bufsize x\n}'), /^Corefile:2: Cannot .*$/);
  const federation = `federation cluster.local {\n home east\n cluster east kubeconfig none\n }`;
  assert.match(await wrong(`. {\n    ${federation}\n}`), /^Corefile:4: Cannot read the kubeconfig/);
  const ports = Array.from({ length: 300 }, (_, i) => `.:${2000 + i} {\n    whoami\n}\n`);
  const many =
    /^Corefile:385: Cannot serve "\.:2128": it is one of 300 addresses and ports; expected/;
  assert.match(await wrong(ports.join('')), many);
  const { flags } = readFlags([], {});
  await assert.rejects(check(flags, ['a', 'b']), { name: 'UsageError' });
});

test('chaos answers for names of the server itself', async () => {
  const refused = async (zone: string) => {
    const all = await surprises(`${zone}:1053 {\n    chaos\n}\n`);
    return all.filter((text) => text.includes('no plugin here answers'));
  };
  assert.deepEqual(await refused('hostname.bind'), []);
  assert.equal((await refused('example.org')).length, 1);
});

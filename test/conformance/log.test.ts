/** What `log` and `errors` write, beside CoreDNS with the same Corefile. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ask } from '../e2e/ask.ts';
import { until } from '../e2e/isthmus-process.ts';
import { BothByBlock } from './both-servers.ts';
import { corednsMissing } from './coredns.ts';

const SOME = `log class.test other.test {common} {
        class denial
        class error
    }
    template IN A class.test {
        rcode NXDOMAIN
    }
    template IN MX class.test {
        authority "class.test SOA a. b. 1 1 1 1 1"
    }
    template IN NS class.test {
        authority "class.test NS a."
    }
    template IN TXT class.test {
        rcode SERVFAIL
    }
    template IN SRV class.test {
        rcode REFUSED
    }
    whoami`;
const FACTS_FORMAT =
  '{remote} {local} {type} {class} {name} {proto} {size} {>do} {>bufsize} {>opcode} ' +
  '{rcode} {>rflags} {/log/class} {/log/type} {/x/y} {when} {{name}} }';
const FACTS = `metadata
    log . "${FACTS_FORMAT}"
    whoami`;
const FAILING = `errors {
        consolidate 1h "^no such" error
        consolidate 1h "." warning show_first
    }
    log . "{name} {rcode}"
    forward . 127.0.0.1:1 {
        max_fails 0
    }`;

/** A server block, what is asked, and what both write; `#` for numbers that are each one's own. */
const ROWS: readonly (readonly [block: string, question: string, lines: readonly string[]])[] = [
  [
    'log\n    whoami',
    'A.plain.test A',
    ['[INFO] 127.0.0.1:# - # "A IN a.plain.test. udp 41 false 1232" NOERROR qr,aa,rd # #s'],
  ],
  [
    'log . {combined}\n    whoami',
    'a.plain.test AAAA',
    ['[INFO] 127.0.0.1:# - # "AAAA IN a.plain.test. udp 41 false 1232" NOERROR qr,aa,rd # #s "0"'],
  ],
  [
    FACTS,
    'B.facts.test MX',
    [
      '[INFO] 127.0.0.1 127.0.0.1 MX IN b.facts.test. udp 41 false 1232 0 NOERROR qr,aa,rd ' +
        'success NOERROR - {when} {b.facts.test.} }',
    ],
  ],
  [
    SOME,
    'a.class.test A',
    ['[INFO] 127.0.0.1:# - # "A IN a.class.test. udp 41 false 1232" NXDOMAIN qr,aa,rd # #s'],
  ],
  [
    SOME,
    'a.class.test MX',
    ['[INFO] 127.0.0.1:# - # "MX IN a.class.test. udp 41 false 1232" NOERROR qr,aa,rd # #s'],
  ],
  [SOME, 'a.class.test NS', []],
  [SOME, 'a.class.test AAAA', []],
  [
    SOME,
    'a.class.test TXT',
    ['[INFO] 127.0.0.1:# - # "TXT IN a.class.test. udp 41 false 1232" SERVFAIL qr,rd # #s'],
  ],
  [
    SOME,
    'a.class.test SRV',
    ['[INFO] 127.0.0.1:# - # "SRV IN a.class.test. udp 41 false 1232" REFUSED qr,aa,rd # #s'],
  ],
  [SOME, 'a.third.test SRV', []],
  [
    FAILING,
    'a.failing.test A',
    // CoreDNS writes them the other way round.
    ['[INFO] a.failing.test. SERVFAIL', '[WARNING] plugin/errors: 2 a.failing.test. A: …'],
  ],
  // The first was shown, and more of them are summed up.
  [FAILING, 'b.failing.test A', ['[INFO] b.failing.test. SERVFAIL']],
];

const missing = corednsMissing();

describe('log and errors', { skip: missing ?? false }, () => {
  const both = new BothByBlock();
  before(() => both.start(ROWS.map(([block]) => block)));
  after(() => both.stop());

  for (const [block, question, lines] of ROWS) {
    test(`${question}: ${lines.length} lines`, async () => {
      const [name = '', type = ''] = question.split(' ');
      const [[first] = ['']] = ROWS;
      for (const who of ['theirs', 'ours'] as const) {
        const server = both.serversOf(block)[who];
        const before = server.output.length;
        await ask(both.portsOf(block)[who], name, type);
        // Lines come in their order: when the next one is there, all of this one are.
        await ask(both.portsOf(first)[who], 'next.end', 'A');
        const written = () => server.output.slice(before);
        await until(async () => written().includes(' next.end. '), 'the line after it');
        const own = written()
          .split('\n')
          .filter((line) => line.includes(`${name.toLowerCase()}.`));
        assert.deepEqual(own.map(comparable).sort(), lines, who);
      }
    });
  }
});

/** Without what each process, and each query, has of its own. */
function comparable(line: string): string {
  return line
    .replace(/(127\.0\.0\.1):\d+ - \d+ /, '$1:# - # ')
    .replace(/ \d+ [\d.]+s\b/, ' # #s')
    .replace(/( plugin\/errors: \d+ \S+ \S+: ).*$/, '$1…');
}

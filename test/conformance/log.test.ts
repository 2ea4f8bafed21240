/** What `log` and `errors` write, beside CoreDNS with the same Corefile. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ask } from '../e2e/ask.ts';
import { BothByBlock, WHO } from './both-servers.ts';
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
    'b.plain.test AAAA',
    ['[INFO] 127.0.0.1:# - # "AAAA IN b.plain.test. udp 41 false 1232" NOERROR qr,aa,rd # #s "0"'],
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
    'b.class.test MX',
    ['[INFO] 127.0.0.1:# - # "MX IN b.class.test. udp 41 false 1232" NOERROR qr,aa,rd # #s'],
  ],
  [SOME, 'c.class.test NS', []],
  [SOME, 'd.class.test AAAA', []],
  [
    SOME,
    'e.class.test TXT',
    ['[INFO] 127.0.0.1:# - # "TXT IN e.class.test. udp 41 false 1232" SERVFAIL qr,rd # #s'],
  ],
  [
    SOME,
    'f.class.test SRV',
    ['[INFO] 127.0.0.1:# - # "SRV IN f.class.test. udp 41 false 1232" REFUSED qr,aa,rd # #s'],
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
  // A line is written after its reply was sent: all are there when the process has ended.
  before(async () => {
    await both.start(ROWS.map(([block]) => block));
    for (const [block, question] of ROWS) {
      const [name = '', type = ''] = question.split(' ');
      for (const who of WHO) await ask(both.portsOf(block)[who], name, type);
    }
    await both.stop('SIGTERM');
  });
  after(() => both.stop());

  for (const [block, question, lines] of ROWS) {
    test(`${question}: ${lines.length} lines`, () => {
      const [name = ''] = question.toLowerCase().split(' ');
      for (const who of WHO) {
        const { output } = both.serversOf(block)[who];
        const own = output.split('\n').filter((line) => line.includes(` ${name}.`));
        assert.deepEqual(own.map(comparable).sort(), lines, who);
      }
    });
  }

  test('each row has a name of its own', () => {
    const names = ROWS.map(([, question]) => question.toLowerCase().split(' ')[0]);
    assert.equal(new Set(names).size, ROWS.length);
  });
});

/** Without what each process, and each query, has of its own. */
function comparable(line: string): string {
  return line
    .replace(/(127\.0\.0\.1):\d+ - \d+ /, '$1:# - # ')
    .replace(/ \d+ [\d.]+s\b/, ' # #s')
    .replace(/( plugin\/errors: \d+ \S+ \S+: ).*$/, '$1…');
}

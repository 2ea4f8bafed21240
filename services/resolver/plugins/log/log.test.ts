import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRecord } from '../../../../libs/dns/presentation.ts';
import { createJsonLog } from '../../../../libs/telemetry/log.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { compose } from '../../chain.ts';
import type { Plugin } from '../../plugin.ts';
import { replyTo } from '../../reply.ts';
import { emptyResponse } from '../../response.ts';
import { setup } from './setup.ts';

const SOA = parseRecord('example. 5 IN SOA ns.example. admin.example. 1 2 3 4 5');
const WEB = parseRecord('web.example. 5 IN A 192.0.2.1');

/** What is written for a query and a response of this code and kind. */
function written(lines: string, name: string, rcode = 0, kind: 'answer' | 'denial' = 'answer') {
  const { context, lines: output } = setupContext();
  const edns = { udpSize: 1232, version: 0, dnssecOk: true, options: [] };
  const query = queryOf(name, 'A', { edns }, { address: '2001:db8::7' });
  const sections = kind === 'answer' ? { answer: [WEB] } : { authority: [SOA] };
  const reply = replyTo(query.message, { ...emptyResponse(rcode), ...sections }, true);
  const plugin = setup(directives(lines), context);
  plugin.answered?.({ query, reply, queryOctets: 40, replyOctets: 56, durationMs: 0.104 });
  return output;
}

describe('log', () => {
  test("writes CoreDNS's line", () => {
    assert.deepEqual(written('log', 'Web.Example.'), [
      '[INFO] [2001:db8::7]:5353 - 4660 "A IN web.example. udp 40 true 1232" NOERROR qr,rd,ra 56 0.000104000s',
    ]);
  });

  const sizes: readonly (readonly [transport: 'udp' | 'tcp', udpSize: number, said: string])[] = [
    ['udp', 1232, '1232'],
    ['udp', 100, '512'],
    ['tcp', 1232, '65535'],
  ];
  for (const [transport, udpSize, said] of sizes) {
    test(`writes ${said} for who takes ${udpSize} octets over ${transport}`, () => {
      const { context, lines } = setupContext();
      const edns = { udpSize, version: 0, dnssecOk: false, options: [] };
      const query = queryOf('a.', 'A', { edns }, { transport });
      const reply = replyTo(query.message, emptyResponse(0), true);
      const log = setup(directives('log . {>bufsize}'), context);
      log.answered?.({ query, reply, queryOctets: 40, replyOctets: 56, durationMs: 1 });
      assert.deepEqual(lines, [`[INFO] ${said}`]);
    });
  }

  test('writes another format after a name', () => {
    assert.deepEqual(written('log . "{name} {rcode}{>opcode}"', 'a.', 3), ['[INFO] a. NXDOMAIN0']);
    assert.match(written('log . {combined}', 'a.')[0] ?? '', /s "0"$/);
  });

  describe('with metadata', () => {
    const facts = [
      ['kubernetes/namespace', () => 'shop'],
      ['kubernetes/endpoint', () => ''],
      ['kubernetes/client-label/app.kubernetes.io/name', () => 'cart'],
    ] as const;
    const metadata: Plugin = {
      name: 'metadata',
      handle: (query, next) => next({ ...query, metadata: new Map(facts) }),
    };

    /** What is written for a query that came through the chain, below these plugins. */
    async function line(format: string, above: readonly Plugin[]): Promise<string | undefined> {
      const { context, lines } = setupContext();
      const log = setup(directives(`log . "${format}"`), context);
      const query = queryOf('web.example.', 'A');
      const reply = replyTo(query.message, await compose([...above, log])(query), true);
      log.answered?.({ query, reply, queryOctets: 40, replyOctets: 56, durationMs: 1 });
      return lines[0];
    }

    const rows: readonly (readonly [format: string, line: string])[] = [
      ['{name} {/kubernetes/namespace}', '[INFO] web.example. shop'],
      ['{/kubernetes/client-label/app.kubernetes.io/name}', '[INFO] cart'],
      ['{/kubernetes/endpoint}', '[INFO] -'],
      ['{/kubernetes/service}', '[INFO] -'],
    ];
    for (const [format, expected] of rows) {
      test(`writes ${format}`, async () => assert.equal(await line(format, [metadata]), expected));
    }

    test('writes - where nobody collects any', async () => {
      assert.equal(await line('{/kubernetes/namespace}', []), '[INFO] -');
    });
  });

  test('writes names at or below those it names, the first that fits', () => {
    const lines = 'log b.example {\n class error\n}\nlog example';
    assert.equal(written(lines, 'a.example.').length, 1);
    assert.equal(written(lines, 'b.example.').length, 0);
    assert.equal(written(lines, 'example.org.').length, 0);
  });

  const classes: readonly (readonly [rcode: number, kind: 'answer' | 'denial', name: string])[] = [
    [0, 'answer', 'success'],
    [0, 'denial', 'denial'],
    [3, 'denial', 'denial'],
    [2, 'answer', 'error'],
    [5, 'answer', 'error'],
  ];
  for (const [rcode, kind, name] of classes) {
    test(`takes rcode ${rcode} with ${kind} for ${name}`, () => {
      for (const some of ['success', 'denial', 'error']) {
        const lines = written(`log {\n class ${some}\n}`, 'a.', rcode, kind);
        assert.equal(lines.length, some === name ? 1 : 0, some);
      }
    });
  }

  test('sees every query, so that the table stays silent', () => {
    assert.equal(setup(directives('log'), setupContext().context).seesEveryQuery, true);
  });

  const unknown: readonly (readonly [format: string, warning: RegExp, line: string])[] = [
    [
      '{when} {{rcode}',
      /Corefile:2: "\{when\}" of .* is no placeholder, and is/,
      '{when} {NOERROR',
    ],
    ['{/namespace}', /"\{\/namespace\}" of the format is no label, and "-" is written; exp/, '-'],
    ['{/kubernetes/}', /"\{\/kubernetes\/\}" of the format is no label/, '-'],
  ];
  for (const [format, warning, line] of unknown) {
    test(`writes ${format} as CoreDNS does, and warns`, () => {
      const [warned, ...lines] = written(`log . "${format}"`, 'a.');
      assert.match(warned ?? '', warning);
      assert.deepEqual(lines, [`[INFO] ${line}`]);
    });
  }

  const facts: readonly (readonly [rcode: number, kind: 'answer' | 'denial', line: string])[] = [
    [0, 'answer', 'success NOERROR'],
    [0, 'denial', 'denial NODATA'],
    [3, 'denial', 'denial NXDOMAIN'],
    [2, 'answer', 'error SERVERERROR'],
    [5, 'answer', 'error OTHERERROR'],
  ];
  for (const [rcode, kind, line] of facts) {
    test(`knows that rcode ${rcode} with ${kind} is ${line}`, () => {
      const format = '"{/log/class} {/log/type}"';
      assert.deepEqual(written(`log . ${format}`, 'a.', rcode, kind), [`[INFO] ${line}`]);
    });
  }

  test('writes where the query was asked, and in which class', () => {
    const { context, lines } = setupContext();
    const plugin = setup(directives('log . "{local} {class}"'), context);
    const query = queryOf('a.', 'TXT');
    const reply = replyTo(query.message, emptyResponse(0), true);
    const answered = { reply, queryOctets: 40, replyOctets: 56, durationMs: 1 };
    plugin.answered?.({ ...answered, query });
    const server = { address: '::1', port: 53 };
    plugin.answered?.({
      ...answered,
      query: { ...query, server, question: { ...query.question, class: 3 } },
    });
    plugin.answered?.({ ...answered, query: { ...query, server: { address: '', port: 53 } } });
    assert.deepEqual(lines, ['[INFO] - IN', '[INFO] [::1] CH', '[INFO] - IN']);
  });

  test('says what a line is about to who wants to know, whatever its format is', () => {
    const { context } = setupContext();
    const lines: string[] = [];
    const log = createJsonLog(
      (line) => lines.push(line),
      () => new Date(0),
    );
    const plugin = setup(directives('log . "{name} {rcode}"'), { ...context, log });
    const query = queryOf('Web.example.', 'A', {}, { address: '2001:db8::7' });
    const reply = replyTo(query.message, emptyResponse(3), true);
    plugin.answered?.({ query, reply, queryOctets: 29, replyOctets: 45, durationMs: 1 });
    assert.deepEqual(JSON.parse(lines[0] ?? ''), {
      ...{ time: '1970-01-01T00:00:00.000Z', level: 'INFO', msg: 'web.example. NXDOMAIN' },
      ...{ plugin: 'log', client_ip: '2001:db8::7', client_port: 5353, protocol: 'udp' },
      ...{ qname: 'web.example.', qtype: 'A', qclass: 'IN', id: 4660, opcode: 0, bufsize: 512 },
      ...{ request_size: 29, dnssec_ok: false, rcode: 'NXDOMAIN', response_size: 45 },
      duration_seconds: 0.001,
    });
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['log {\n class some\n}', /Corefile:3: .* expected one of success, denial, error, all/],
    ['log {\n class\n}', /Corefile:3: Cannot read "class"/],
    ['log a..b', /Corefile:2: Cannot use the domain name/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => {
      assert.throws(() => written(lines, 'a.'), message);
    });
  }
});

describe('log leaves to the table', () => {
  const left = (lines: string) => {
    const { context } = setupContext({ zones: ['.'] });
    const { seesEveryQuery, seesEveryFailure, chainNames } = setup(directives(lines), context);
    const names = ['web.example.', 'web.test.'].filter((name) => !chainNames?.has(name));
    return { seesEveryQuery, seesEveryFailure, names };
  };

  test('nothing that it writes', () => {
    const none = { seesEveryQuery: true, seesEveryFailure: false, names: [] };
    assert.deepEqual(left('log . {\nclass denial\n}'), none);
    assert.deepEqual(left('log'), none);
  });

  test('other names than its own', () => {
    const others = { seesEveryQuery: false, seesEveryFailure: false, names: ['web.test.'] };
    assert.deepEqual(left('log example'), others);
  });

  test('all that does not fail, where failures alone are written', () => {
    const names = ['web.example.', 'web.test.'];
    const both = { seesEveryQuery: false, seesEveryFailure: true, names };
    assert.deepEqual(left('log . {\nclass error\n}'), both);
  });
});

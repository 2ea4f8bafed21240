import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCorefile } from '../../../../libs/corefile/parser.ts';
import { encode } from '../../../../libs/dns/encode.ts';
import { RCODE, rcodeName } from '../../../../libs/dns/iana.ts';
import { query } from '../../../../libs/table/asking.ts';
import { SILENT } from '../../../../libs/telemetry/log.ts';
import { Metrics } from '../../../../libs/telemetry/metrics.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { configure } from '../../configuration.ts';
import { emptyResponse } from '../../response.ts';
import { Server } from '../../server.ts';
import { setup } from './setup.ts';

/** What a client is told: `passed`, `silence`, or the response code and the extended error. */
function acl(lines: string, zones: readonly string[] = ['.']) {
  const { context, lines: written } = setupContext({ zones });
  const plugin = setup(directives(lines), context);
  return {
    written,
    metrics: context.metrics,
    seesEveryQuery: plugin.seesEveryQuery,
    ask: async (address: string, question: string) => {
      const [name = '', type = ''] = question.split(' ');
      const asked = queryOf(name, type, {}, { address });
      const next = async () => emptyResponse(RCODE.NXDOMAIN);
      const response = await plugin.handle?.(asked, next);
      assert.ok(response !== undefined);
      if (response.rcode === RCODE.NXDOMAIN) return 'passed';
      if (response.silent === true) return 'silence';
      return `${rcodeName(response.rcode)} ${response.options[0]?.data[1]}`;
    },
  };
}

const rule = (policies: string, zones = '') => `acl ${zones} {\n${policies}\n}`;
type Row = readonly [lines: string, address: string, question: string, said: string];

describe('acl', () => {
  const rows: readonly Row[] = [
    [rule('block'), '192.0.2.7', 'a. A', 'REFUSED 15'],
    [rule('filter'), '192.0.2.7', 'a. A', 'NOERROR 17'],
    [rule('drop'), '192.0.2.7', 'a. A', 'silence'],
    [rule('allow\nblock'), '192.0.2.7', 'a. A', 'passed'],
    [rule('BLOCK TYPE * NET *'), '192.0.2.7', 'a. A', 'REFUSED 15'],
    [rule('block net 192.0.2.0/24'), '192.0.2.7', 'a. A', 'REFUSED 15'],
    [rule('block net 192.0.2.99/24'), '192.0.2.7', 'a. A', 'REFUSED 15'],
    [rule('block net 192.0.2.0/24'), '192.0.3.7', 'a. A', 'passed'],
    [rule('block net 192.0.2.7'), '192.0.2.7', 'a. A', 'REFUSED 15'],
    [rule('block net 192.0.2.7'), '192.0.2.8', 'a. A', 'passed'],
    [rule('block net 192.0.2.0/24'), '2001:db8::1', 'a. A', 'passed'],
    [rule('block net 2001:db8::/32'), '2001:db8::1', 'a. A', 'REFUSED 15'],
    [rule('block net fe80::1'), 'fe80::1%eth0', 'a. A', 'REFUSED 15'],
    [rule('block net 10.0.0.0/8 *'), '192.0.2.7', 'a. A', 'REFUSED 15'],
    [rule('block type A AAAA'), '192.0.2.7', 'a. AAAA', 'REFUSED 15'],
    [rule('block type A AAAA'), '192.0.2.7', 'a. TXT', 'passed'],
    [rule('block type TYPE28'), '192.0.2.7', 'a. AAAA', 'REFUSED 15'],
    [rule('block net 192.0.2.0/24 type A'), '192.0.2.7', 'a. A', 'REFUSED 15'],
    [rule('block type A net 10.0.0.0/8'), '192.0.2.7', 'a. A', 'passed'],
    [rule('block type A net 10.0.0.0/8\nfilter'), '192.0.2.7', 'a. A', 'NOERROR 17'],
    [rule('block', 'example.org'), '192.0.2.7', 'a.Example.ORG. A', 'REFUSED 15'],
    [rule('block', 'example.org'), '192.0.2.7', 'a.example.com. A', 'passed'],
    [`${rule('block', 'b')}\n${rule('filter')}`, '192.0.2.7', 'a. A', 'NOERROR 17'],
    [`${rule('allow', 'a')}\n${rule('filter')}`, '192.0.2.7', 'a. A', 'passed'],
    ['acl', '192.0.2.7', 'a. A', 'passed'],
    [rule('allow'), 'nowhere', 'a. A', 'REFUSED 15'],
  ];
  for (const [lines, address, question, said] of rows) {
    test(`${JSON.stringify(lines)}: ${question} of ${address} is ${said}`, async () => {
      assert.equal(await acl(lines).ask(address, question), said);
    });
  }

  test('counts by the zone of the rule', async () => {
    const { ask, metrics, seesEveryQuery } = acl(rule('drop type TXT\nblock type A'), ['a.', 'b.']);
    for (const question of ['x.a. A', 'x.b. A', 'x.b. TXT', 'x.b. MX', 'c. A']) {
      await ask('192.0.2.7', question);
    }
    const lines = (await metrics.text()).split('\n').filter((line) => line.includes('{'));
    assert.deepEqual(lines, [
      'coredns_acl_blocked_requests_total{server="dns://:53",zone="a.",view=""} 1',
      'coredns_acl_blocked_requests_total{server="dns://:53",zone="b.",view=""} 1',
      'coredns_acl_dropped_requests_total{server="dns://:53",zone="b.",view=""} 1',
      'coredns_acl_allowed_requests_total{server="dns://:53",view=""} 2',
    ]);
    assert.equal(seesEveryQuery, true);
  });

  test('a client that is dropped gets no packet', async () => {
    const source = { file: 'Corefile', text: '. {\nacl {\ndrop type TXT\n}\n}' };
    const corefile = parseCorefile(source, { environment: {}, readFiles: () => [] });
    const metrics = new Metrics();
    const { listeners } = configure(corefile, { log: SILENT, metrics, setups: { acl: setup } });
    const [listener] = listeners;
    assert.ok(listener !== undefined);
    const server = new Server(listener, { log: SILENT, metrics, nowMs: () => 0 });
    const client = { address: '192.0.2.7', port: 5353, transport: 'udp' } as const;
    assert.equal(await server.answerPacket(encode(query('a. TXT')), client), undefined);
    assert.ok((await server.answerPacket(encode(query('a. A')), client)) !== undefined);
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    [
      rule('deny'),
      /Corefile:3: Cannot use the action "deny": .* one of allow, block, filter, drop/,
    ],
    [rule('block types A'), /Cannot read the word "types": it is unknown; expected type or net/],
    [rule('block type'), /Cannot read the section "type": it is empty/],
    [rule('block type net 10.0.0.0/8'), /Cannot read the section "type": it is empty/],
    [rule('block type a'), /Cannot read the type "a": it is unknown/],
    [rule('block net 10.0.0/8'), /Cannot read the source "10.0.0\/8": it is no network/],
    [rule('block net 10.0.0.0/33'), /it is no network/],
    [rule('block net example.org'), /it is no network/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => assert.throws(() => acl(lines), message));
  }
});

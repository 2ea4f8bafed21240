import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EdnsOption } from '../../../../libs/dns/message.ts';
import { edns } from '../../../../libs/table/asking.ts';
import { lastOf, rewriting, type World } from '../../../../test/plugin/rewriting.ts';
import type { Client, Query } from '../../query.ts';

const text = (value: string) => new TextEncoder().encode(value);
/** `CODE HEX`, one by one. */
const textOf = (options: readonly EdnsOption[] = []) =>
  options.map(({ code, data }) => `${code} ${Buffer.from(data).toString('hex')}`).join(', ');
const option = (code: number, data = '') => ({ code, data: text(data) });

interface Asking {
  /** Absent: the client speaks no EDNS. */
  readonly options?: readonly EdnsOption[];
  readonly client?: Partial<Client>;
  readonly query?: Partial<Query>;
}

/** What upstream gets for a query with these options, and what the client gets then. */
async function asked(lines: string, asking: Asking = { options: [] }, world: World = {}) {
  const { options, client = {}, query = {} } = asking;
  const { ask, queries, asked } = rewriting(lines, world);
  const message = options === undefined ? {} : { edns: edns(1232, { options }) };
  const response = await ask('web.example.', { message, client, query });
  const last = lastOf(queries);
  return {
    names: asked(),
    message: last.message,
    upstream: textOf(last.upstreamOptions),
    reply: textOf(response.options),
  };
}

describe('rewrite edns0', () => {
  test('an option that the target of an alias brought along is told once', async () => {
    const world = { 'web.example. A': { options: [option(0xffee, 'abcd')] } };
    const { reply } = await asked('rewrite edns0 local set 0xffee abcd', undefined, world);
    assert.equal(reply, '65518 61626364');
  });

  const a = [option(0xffee, 'a')];
  const subnet = [option(8, 'x')];
  const nsid = [option(3, 'x')];
  const abcd = '65518 61626364';
  /** Rule, options of the client, options that upstream gets. */
  const rows: readonly (readonly [
    rule: string,
    options: readonly EdnsOption[],
    upstream: string,
  ])[] = [
    ['local set 0xffee abcd', [], abcd],
    ['local set 0xffee 0x61626364', [], abcd],
    ['local set 0xFFEE 0xABcd', [], '65518 abcd'],
    ['local set 65518 0x', [], '65518 '],
    ['LOCAL SET 0xffee abcd', a, abcd],
    ['local append 0xffee abcd', [], abcd],
    ['local append 0xffee abcd', a, '65518 61'],
    ['local replace 0xffee abcd', [], ''],
    ['local replace 0xffee abcd', a, abcd],
    ['local unset 0xffee', a, ''],
    ['local set 0xffee abcd', [option(0xffed, 'b')], abcd],
    ['local set 0xffee "a b"', [], '65518 612062'],
    ['nsid set', [], '3 '],
    ['nsid set', nsid, '3 '],
    ['nsid append', nsid, '3 78'],
    ['nsid replace', [], ''],
    ['nsid replace', nsid, '3 '],
    ['nsid unset', nsid, ''],
    ['subnet set 24 56', [], '8 00011800c00002'],
    ['subnet set 20 56', [], '8 00011400c00000'],
    ['subnet set 32 0', subnet, '8 00012000c0000207'],
    ['subnet set 0 0', [], '8 00010000'],
    ['subnet append 24 56', subnet, '8 78'],
    ['subnet replace 24 56', [], ''],
    ['subnet unset', subnet, ''],
  ];
  for (const [rule, options, upstream] of rows) {
    const of = options.length === 0 ? 'a query without it' : 'a query with one';
    test(`${rule}: of ${of} upstream gets "${upstream}"`, async () => {
      const { message, ...got } = await asked(`rewrite edns0 ${rule}`, { options });
      assert.equal(got.upstream, upstream);
      const edited = rule.toLowerCase().split(' ')[0];
      const code = { local: 0xffee, nsid: 3 }[edited ?? ''] ?? 8;
      const inMessage = message.edns?.options.filter((each) => each.code === code);
      assert.equal(textOf(inMessage), upstream);
    });
  }

  const ipv6 = { client: { address: '2001:db8:1:2345::7' } };
  const server = { query: { server: { address: '192.0.2.53', port: 5353 } } };
  const facts = { query: { metadata: new Map([['some-plugin/some-label', () => 'fact']]) } };
  const variables: readonly (readonly [data: string, octets: string, asking?: Asking])[] = [
    ['{qname}', Buffer.from('web.example.').toString('hex')],
    ['{qtype}', '0001'],
    ['{client_ip}', 'c0000207'],
    ['{client_ip}', '20010db8000123450000000000000007', ipv6],
    ['{client_ip}', 'fe800000000000000000000000000001', { client: { address: 'fe80::1%eth0' } }],
    ['{client_port}', '14e9'],
    ['{protocol}', Buffer.from('udp').toString('hex')],
    ['{protocol}', Buffer.from('tcp').toString('hex'), { client: { transport: 'tcp' } }],
    ['{server_ip}', 'c0000235', server],
    ['{server_port}', '14e9', server],
    ['{some-plugin/some-label}', Buffer.from('fact').toString('hex'), facts],
  ];
  for (const [data, octets, asking] of variables) {
    test(`${data} is ${octets}`, async () => {
      const { upstream } = await asked(`rewrite edns0 local set 0xffee ${data}`, asking);
      assert.equal(upstream, `65518 ${octets}`);
    });
  }

  test('a subnet of IPv6', async () => {
    const { upstream } = await asked('rewrite edns0 subnet set 24 56', ipv6);
    assert.equal(upstream, '8 0002380020010db8000123');
  });

  const unknown: readonly (readonly [data: string, asking?: Asking])[] = [
    ['{some-plugin/some-label}'],
    [
      '{some-plugin/some-label}',
      { query: { metadata: new Map([['some-plugin/some-label', () => '']]) } },
    ],
    [
      '{some-plugin/some-label}',
      { query: { metadata: new Map([['some-plugin/some-label', () => 'x'.repeat(513)]]) } },
    ],
    ['{server_ip}'],
    ['{server_ip}', { query: { server: { address: '', port: 53 } } }],
    ['{server_port}'],
  ];
  for (const [data, asking] of unknown) {
    test(`a rule with ${data}, which this query does not say, is passed over`, async () => {
      const lines = `rewrite edns0 local set 0xffee ${data}\nrewrite name suffix .example. .test.`;
      const { upstream, names } = await asked(lines, asking);
      assert.deepEqual([upstream, names], ['', ['web.test. A']]);
    });
  }

  const stops: readonly (readonly [rule: string, options: readonly EdnsOption[], on: boolean])[] = [
    ['local set 0xffee x', [], false],
    ['continue local set 0xffee x', [], true],
    ['local append 0xffee x', a, true],
    ['local replace 0xffee x', [], true],
    ['local replace 0xffee x', a, false],
    ['local unset 0xffee', [], false],
  ];
  for (const [rule, options, on] of stops) {
    test(`${rule}: ${on ? 'the next rule is looked at' : 'no other rule is'}`, async () => {
      const [mode, ...rest] = rule.split(' ');
      const line = mode === 'continue' ? `continue edns0 ${rest.join(' ')}` : `edns0 ${rule}`;
      const lines = `rewrite ${line}\nrewrite name suffix .example. .test.`;
      const { names } = await asked(lines, { options });
      assert.deepEqual(names, [on ? 'web.test. A' : 'web.example. A']);
    });
  }

  test('a client without EDNS still receives no more than it can', async () => {
    const { message, upstream } = await asked('rewrite edns0 local set 0xffee abcd', {});
    assert.equal(upstream, abcd);
    assert.deepEqual([message.edns?.udpSize, message.edns?.dnssecOk], [512, false]);
    assert.equal((await asked('rewrite edns0 local unset 0xffee', {})).message.edns, undefined);
  });

  test('variables are of the query as rules before left it', async () => {
    const lines = 'rewrite continue name web.example. a.\nrewrite edns0 local set 1 {qname}';
    assert.equal((await asked(lines)).upstream, `1 ${Buffer.from('a.').toString('hex')}`);
  });
});

describe('options that the client of a rewritten query gets', () => {
  const set = 'rewrite continue edns0 local set 0xffee abcd';
  const rows: readonly (readonly [
    lines: string,
    reply: string,
    options?: readonly EdnsOption[],
    upstream?: readonly EdnsOption[],
  ])[] = [
    ['rewrite edns0 local set 0xffee abcd', '65518 61626364'],
    ['rewrite edns0 local set 0xffee abcd revert', ''],
    [`${set}\nrewrite edns0 local replace 0xffee bcde revert`, '65518 61626364'],
    [`${set} revert\nrewrite edns0 local replace 0xffee bcde`, ''],
    [`${set}\nrewrite edns0 local set 0xffee bcde`, '65518 62636465'],
    [`${set}\nrewrite edns0 local unset 0xffee`, ''],
    ['rewrite edns0 local replace 0xffee b revert', '', [option(0xffee, 'own')]],
    [`${set} revert\nrewrite edns0 local set 0xffee b revert`, '', [option(0xffee, 'own')]],
    ['rewrite edns0 local append 0xffee b', '', [option(0xffee, 'own')]],
    ['rewrite edns0 local replace 0xffee b', '65518 62', [option(0xffee, 'own')]],
    ['rewrite edns0 local set 0xffee b', '65518 63', [], [option(0xffee, 'c')]],
    ['rewrite edns0 local set 0xffee b', '15 65', [], [option(15, 'e')]],
    [
      'rewrite edns0 local set 0xffee b revert',
      '15 65',
      [],
      [option(0xffee, 'c'), option(15, 'e')],
    ],
    ['rewrite edns0 nsid set', '', [], [option(3, 'ns')]],
    ['rewrite edns0 nsid set', '3 6e73', [option(3)], [option(3, 'ns')]],
    ['rewrite edns0 nsid set', '', []],
    ['rewrite edns0 subnet set 24 56', '', [option(8, 'own')], [option(8, 'scope')]],
    ['rewrite name web.example. a.', '15 65', [option(0xffee, 'own')], [option(15, 'e')]],
  ];
  for (const [lines, reply, options = [], upstream = []] of rows) {
    test(`${JSON.stringify(lines)}: "${reply}" after "${textOf(options)}"`, async () => {
      const said = { options: upstream, recursionAvailable: upstream.length > 0 };
      const world = { 'web.example. A': said, 'a. A': said };
      assert.equal((await asked(lines, { options }, world)).reply, reply);
    });
  }
});

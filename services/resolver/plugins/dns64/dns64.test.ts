import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { type Message, NO_FLAGS } from '../../../../libs/dns/message.ts';
import { formatRecord, parseRecord } from '../../../../libs/dns/presentation.ts';
import { edns } from '../../../../libs/table/asking.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import type { Client, Query } from '../../query.ts';
import { emptyResponse, type Response } from '../../response.ts';
import { behind, readPrefix } from './prefix.ts';
import { setup } from './setup.ts';

const SOA = '. 30 IN SOA ns. root. 1 2 3 4 30';
const WORLD: Readonly<Record<string, Partial<Response>>> = {
  'four. A': { answer: ['four. 60 IN A 192.0.2.33'].map(parseRecord), authenticData: true },
  'four. AAAA': { authority: [parseRecord(SOA)] },
  'plain. A': { answer: ['plain. 900 IN A 192.0.2.33'].map(parseRecord) },
  'plain. AAAA': {},
  'both. A': { answer: ['both. 60 IN A 192.0.2.34'].map(parseRecord) },
  'both. AAAA': { answer: ['both. 60 IN AAAA 2001:db8::1'].map(parseRecord) },
  'disguised. A': { answer: ['disguised. 60 IN A 192.0.2.35'].map(parseRecord) },
  'disguised. AAAA': { answer: ['disguised. 60 IN AAAA ::ffff:c000:223'].map(parseRecord) },
  'alias. A': {
    answer: ['alias. 60 IN CNAME four.', 'four. 60 IN A 192.0.2.33'].map(parseRecord),
  },
  'alias. AAAA': { answer: [parseRecord('alias. 60 IN CNAME four.')] },
  'broken. A': { answer: ['broken. 60 IN A 192.0.2.36'].map(parseRecord) },
  'broken. AAAA': { rcode: RCODE.SERVFAIL },
  'none. A': { authority: [parseRecord(SOA)] },
  'none. AAAA': { authority: [parseRecord(SOA)] },
};

const IPV6: Partial<Client> = { address: '2001:db8::7' };
const IPV4: Partial<Client> = { address: '192.0.2.7' };

async function asked(
  lines: string,
  question: string,
  client: Partial<Client> = IPV6,
  change: Partial<Message> = {},
) {
  const { context } = setupContext();
  const plugin = setup(directives(lines), context);
  const [name = '', type = ''] = question.split(' ');
  const next = async (query: Query) => {
    const known = WORLD[`${query.name} ${query.question.type}`];
    const rcode = known === undefined ? RCODE.NXDOMAIN : RCODE.NOERROR;
    return { ...emptyResponse(rcode), authoritative: true, ...known };
  };
  const response = await plugin.handle?.(queryOf(name, type, change, client), next);
  assert.ok(response !== undefined);
  const counted = (await context.metrics.text()).includes('translated_total{server="dns://:53"} 1');
  return { response, records: response.answer.map(formatRecord), counted };
}

describe('dns64', () => {
  const rows: readonly (readonly [
    lines: string,
    question: string,
    records: readonly string[],
    client?: Partial<Client>,
  ])[] = [
    ['dns64', 'four. AAAA', ['four. 30 IN AAAA 64:ff9b::c000:221']],
    ['dns64', 'plain. AAAA', ['plain. 600 IN AAAA 64:ff9b::c000:221']],
    ['dns64 2001:db8::/32', 'four. AAAA', ['four. 30 IN AAAA 2001:db8:c000:221::']],
    [
      'dns64 {\n prefix 2001:db8::/32\n translate_all\n}\ndns64 64:ff9b::/96\ndns64',
      'both. AAAA',
      ['both. 60 IN AAAA 64:ff9b::c000:222'],
    ],
    ['dns64', 'both. AAAA', ['both. 60 IN AAAA 2001:db8::1']],
    ['dns64 {\n translate_all\n}', 'both. AAAA', ['both. 60 IN AAAA 64:ff9b::c000:222']],
    ['dns64', 'disguised. AAAA', ['disguised. 60 IN AAAA 64:ff9b::c000:223']],
    ['dns64', 'alias. AAAA', ['alias. 60 IN CNAME four.', 'four. 60 IN AAAA 64:ff9b::c000:221']],
    ['dns64', 'broken. AAAA', ['broken. 60 IN AAAA 64:ff9b::c000:224']],
    ['dns64', 'four. A', ['four. 60 IN A 192.0.2.33']],
    ['dns64', 'four. AAAA', [], IPV4],
    ['dns64 {\n allow_ipv4\n}', 'four. AAAA', ['four. 30 IN AAAA 64:ff9b::c000:221'], IPV4],
    ['dns64 {\n prefix 64:1337::/96\n}', 'four. AAAA', ['four. 30 IN AAAA 64:1337::c000:221']],
  ];
  for (const [lines, question, records, client] of rows) {
    const who = client?.address ?? 'IPv6';
    test(`${JSON.stringify(lines)}: ${question} of ${who} is ${records.join()}`, async () => {
      assert.deepEqual((await asked(lines, question, client)).records, records);
    });
  }

  test('claims neither authority nor authenticity of what it made up, and counts it', async () => {
    const { response, counted } = await asked('dns64', 'four. AAAA');
    assert.deepEqual([response.authoritative, response.authenticData], [false, false]);
    assert.equal(counted, true);
  });

  test('leaves what does not exist, and what has no A either', async () => {
    const missing = await asked('dns64', 'missing. AAAA');
    assert.equal(missing.response.rcode, RCODE.NXDOMAIN);
    const none = await asked('dns64', 'none. AAAA');
    assert.deepEqual(none.response.authority.map(formatRecord), [SOA]);
    assert.deepEqual([missing.counted, none.counted], [false, false]);
  });

  test('makes nothing up for who validates', async () => {
    const flags = { ...NO_FLAGS, checkingDisabled: true };
    const validating = { flags, edns: edns(1232, { dnssecOk: true }) };
    assert.deepEqual((await asked('dns64', 'four. AAAA', IPV6, validating)).records, []);
    assert.equal((await asked('dns64', 'four. AAAA', IPV6, { flags })).records.length, 1);
  });

  // RFC 6052 § 2.4.
  const embedded: readonly (readonly [prefix: string, address: string])[] = [
    ['2001:db8::/32', '2001:db8:c000:221::'],
    ['2001:db8:100::/40', '2001:db8:1c0:2:21::'],
    ['2001:db8:122::/48', '2001:db8:122:c000:2:2100::'],
    ['2001:db8:122:300::/56', '2001:db8:122:3c0:0:221::'],
    ['2001:db8:122:344::/64', '2001:db8:122:344:c0:2:2100:0'],
    ['2001:db8:122:344::/96', '2001:db8:122:344::c000:221'],
  ];
  for (const [text, address] of embedded) {
    test(`192.0.2.33 behind ${text} is ${address}`, () => {
      const prefix = readPrefix(text);
      assert.ok(prefix !== undefined);
      assert.equal(behind(prefix, '192.0.2.33'), address);
    });
  }

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['dns64 64:ff9b::/95', /Cannot read the prefix "64:ff9b::\/95": it is none of a NAT64/],
    ['dns64 10.0.0.0/8', /it is none of a NAT64/],
    ['dns64 64:ff9b::', /it is none of a NAT64/],
    ['dns64 64:ff9b:0:0:100::/96', /it is none of a NAT64/],
    ['dns64 64:ff9b::/96 x', /it has 2 arguments; expected at most a prefix/],
    ['dns64 {\n x\n}', /Cannot use the property "x" of dns64/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => {
      assert.throws(() => setup(directives(lines), setupContext().context), message);
    });
  }
});

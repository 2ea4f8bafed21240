import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { formatRecord, parseRecord } from '../../../../libs/dns/presentation.ts';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { emptyResponse } from '../../plugin.ts';
import { createLoadbalance } from './handler.ts';
import { setup } from './setup.ts';

const RECORDS = [
  'b. 5 IN A 192.0.2.1',
  'b. 5 IN SRV 0 10 80 x.',
  'b. 5 IN MX 10 m1.',
  'b. 5 IN AAAA 2001:db8::2',
  'a. 5 IN CNAME b.',
  'b. 5 IN SRV 0 10 80 a.',
  'b. 5 IN MX 10 m2.',
  'b. 5 IN A 192.0.2.3',
];

async function turned(random: () => number, type = 'A', rcode: number = RCODE.NOERROR) {
  const answer = RECORDS.map(parseRecord);
  const next = async () => ({ ...emptyResponse(rcode), answer });
  const response = await askPlugin(createLoadbalance(random), 'a.', type, next);
  return response.answer.map(formatRecord);
}

describe('loadbalance', () => {
  test('turns addresses and exchanges behind CNAMEs and what keeps its order', async () => {
    assert.deepEqual(await turned(() => 0.99), [
      'a. 5 IN CNAME b.',
      'b. 5 IN SRV 0 10 80 x.',
      'b. 5 IN SRV 0 10 80 a.',
      'b. 5 IN A 192.0.2.3',
      'b. 5 IN AAAA 2001:db8::2',
      'b. 5 IN A 192.0.2.1',
      'b. 5 IN MX 10 m2.',
      'b. 5 IN MX 10 m1.',
    ]);
  });

  test('makes every order of three addresses', async () => {
    const orders = new Set<string>();
    for (const first of [0, 0.4, 0.7]) {
      for (const second of [0, 0.6]) {
        const numbers = [first, second, 0, 0, 0];
        const records = await turned(() => numbers.shift() ?? 0);
        orders.add(records.filter((record) => / A/.test(record)).join());
      }
    }
    assert.equal(orders.size, 6);
  });

  test('leaves transfers and failures as they are', async () => {
    assert.deepEqual(await turned(() => 0.99, 'AXFR'), RECORDS);
    assert.deepEqual(await turned(() => 0.99, 'A', RCODE.SERVFAIL), RECORDS);
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['loadbalance weighted f', /"weighted": CoreDNS has it, we do not yet; expected round_robin/],
    ['loadbalance foo', /Cannot read the policy "foo": it is unknown; expected round_robin/],
    ['loadbalance round_robin 1', /it has 2 arguments; expected at most a policy/],
    ['loadbalance {\n prefer 10.0.0.0/8\n}', /Corefile:3: .* CoreDNS has it, we do not yet/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => {
      assert.throws(() => setup(directives(lines), setupContext().context), message);
    });
  }
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRecord } from '../../../../libs/dns/presentation.ts';
import { recordsOf, rewriting } from '../../../../test/plugin/rewriting.ts';
import { emptyResponse } from '../../response.ts';

const short = parseRecord('web.example. 10 IN A 192.0.2.1');
const soa = parseRecord('example. 100 IN SOA ns. root. 1 2 3 4 5');
const long = parseRecord('ns.example. 1000 IN A 192.0.2.53');

describe('rewrite ttl', () => {
  const rows: readonly (readonly [rule: string, ttls: readonly number[], name?: string])[] = [
    ['ttl web.example. 30', [30, 30, 30]],
    ['ttl exact web.example 30', [30, 30, 30], 'Web.Example.'],
    ['ttl exact example 30', [10, 100, 1000]],
    ['ttl web.example. 30-300', [30, 100, 300]],
    ['ttl web.example. -30', [10, 30, 30]],
    ['ttl web.example. 0-30', [10, 30, 30]],
    ['ttl web.example. 30-', [30, 100, 1000]],
    ['ttl web.example. 0', [0, 0, 0]],
    ['ttl web.example. 2147483647', [2147483647, 2147483647, 2147483647]],
    ['ttl prefix web 30', [30, 30, 30]],
    ['ttl prefix we 30', [10, 100, 1000]],
    ['ttl suffix example 30', [30, 30, 30]],
    ['ttl SUFFIX .Example. 30', [30, 30, 30]],
    ['ttl suffix web 30', [10, 100, 1000]],
    ['ttl substring b.example 30', [30, 30, 30]],
    ['ttl regex (.*)\\.example 30', [30, 30, 30]],
    ['ttl regex ^example 30', [10, 100, 1000]],
  ];
  for (const [rule, ttls, name = 'web.example.'] of rows) {
    test(`${rule}: ${ttls.join()}`, async () => {
      const sections = { answer: [short], authority: [soa], additional: [long] };
      const { ask, queries } = rewriting(`rewrite ${rule}`, { 'web.example. A': sections });
      const response = await ask(name);
      const records = [...response.answer, ...response.authority, ...response.additional];
      assert.deepEqual(
        records.map(({ ttl }) => ttl),
        ttls,
      );
      assert.equal(response.authenticData, true);
      assert.equal(queries[0]?.question.name, name);
    });
  }

  test('each rule that fits changes it, the last one first', async () => {
    const rules = 'rewrite continue ttl web.example. 20\nrewrite ttl web.example. 30-';
    assert.deepEqual(recordsOf(await rewriting(rules).ask('web.example.')), [
      'web.example. 20 IN A 192.0.2.1',
    ]);
  });

  test('is also that of a zone transfer', async () => {
    const world = { 'example. AXFR': { answer: [soa], more: [[short], [long]] } };
    const { more = [] } = await rewriting('rewrite ttl example. 5', world).ask('example. AXFR');
    const ttls = [...more].map((answer) => recordsOf({ ...emptyResponse(0), answer }));
    assert.deepEqual(ttls.flat(), [
      'web.example. 5 IN A 192.0.2.1',
      'ns.example. 5 IN A 192.0.2.53',
    ]);
  });
});

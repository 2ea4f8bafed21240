import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatRecord } from '../../libs/dns/presentation.ts';
import { CONFIG, given } from '../../libs/federation/given-clusters.ts';
import type { FederationConfig } from '../../libs/federation/layer.ts';
import type { Outcome } from '../../libs/federation/lookup.ts';
import { CLUSTER, ROWS } from './specification-rows.ts';

const config: FederationConfig = {
  ...CONFIG,
  layers: CONFIG.layers.flatMap((layer) =>
    layer.kind === 'home' ? [{ ...layer, pods: 'insecure' as const }] : [],
  ),
};

/** What the rows say of an outcome. An alias is followed by who asks. */
function said(outcome: Outcome): readonly string[] | string {
  if (outcome.kind === 'answer') return outcome.answer.map(formatRecord).sort();
  return outcome.kind === 'alias' ? [formatRecord(outcome.cname)] : outcome.kind;
}

describe('the Kubernetes DNS specification 1.1.0', () => {
  const ask = given({ east: CLUSTER }, true, config);
  for (const [section, demands] of Map.groupBy(ROWS, (row) => row.section)) {
    for (const [demand, rows] of Map.groupBy(demands, (row) => row.demand)) {
      describe(`§ ${section}: ${demand}`, () => {
        for (const { name, type, answer } of rows) {
          test(`${name} ${type}`, () => {
            const expected = typeof answer === 'string' ? answer : [...answer].sort();
            assert.deepEqual(said(ask(name, type)), expected);
          });
        }
      });
    }
  }

  test('§ 2.3.2, § 2.4.2: what SRV names has its addresses beside it', () => {
    for (const { name, type } of ROWS) {
      const outcome = ask(name, type);
      if (type !== 'SRV' || outcome.kind !== 'answer') continue;
      const targets = new Set(outcome.answer.map(({ rdata }) => rdata.split(' ')[3]));
      assert.deepEqual(new Set(outcome.additional.map((record) => record.name)), targets);
    }
  });
});

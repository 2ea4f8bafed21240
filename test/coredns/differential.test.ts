/** One seed of the differential test in the normal suite; `npm run test:coredns` runs more. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ApiServer, startApiServer } from '../cluster/apiserver.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { Laboratory } from './compare.ts';
import { formatReport } from './report.ts';

const SEEDS = [4];
/** So little that it takes a third of a minute. */
const MUCH = { questions: 200, every: 4 };

const coredns = findServer('coredns');
const missing =
  apiServerMissing() ?? (coredns === undefined ? missingServer('coredns') : undefined);

describe('Isthmus beside CoreDNS', { skip: missing ?? false }, () => {
  let api: ApiServer | undefined;
  let laboratory: Laboratory | undefined;
  before(async () => {
    api = await startApiServer();
    await api.installCrds();
    laboratory = new Laboratory(api, coredns ?? '');
  });
  after(() => api?.stop());

  for (const seed of SEEDS) {
    test(`says the same, but where an RFC wants another answer: seed ${seed}`, async () => {
      for (const report of (await laboratory?.compare(seed, MUCH)) ?? []) {
        assert.ok(report.questions > MUCH.questions);
        assert.equal(report.differences.length, 0, formatReport(seed, report));
      }
    });
  }
});

/** A few seeds of the differential test in the normal suite; `npm run test:coredns` runs more. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startApiServer } from '../cluster/apiserver.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { Laboratory } from './compare.ts';
import { formatDifference } from './report.ts';

const SEEDS = [1, 2];
const QUESTIONS = 500;

const coredns = findServer('coredns');
const missing =
  apiServerMissing() ?? (coredns === undefined ? missingServer('coredns') : undefined);

describe('Isthmus beside CoreDNS', { skip: missing ?? false }, () => {
  test('answers the same, but for the differences that an RFC asks for', async (t) => {
    const api = await startApiServer();
    t.after(() => api.stop());
    const laboratory = new Laboratory(api, coredns ?? '');
    for (const seed of SEEDS) {
      const { variant, questions, differences } = await laboratory.compare(seed, QUESTIONS);
      const shown = differences.map(formatDifference).join('\n');
      assert.equal(differences.length, 0, `seed ${seed}: ${variant}\n${shown}`);
      assert.ok(questions > QUESTIONS, `seed ${seed} asked ${questions}`);
    }
  });
});

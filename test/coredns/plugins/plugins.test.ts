/** Two seeds of server blocks in the normal suite; `npm run test:coredns -- blocks` runs more. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findServer, missingServer } from '../../servers/find-server.ts';
import { formatBlockReport } from './block-report.ts';
import { compareBlocks } from './compare-blocks.ts';

const SEEDS = [1, 3];
const MUCH = { servers: 16, questions: 40 };

const coredns = findServer('coredns');

describe('server blocks of plugins beside CoreDNS', {
  skip: coredns === undefined ? missingServer('coredns') : false,
}, () => {
  for (const seed of SEEDS) {
    test(`say the same, but where there is a reason: seed ${seed}`, async () => {
      const report = await compareBlocks(seed, coredns ?? '', MUCH);
      assert.equal(report.questions, MUCH.servers * MUCH.questions);
      assert.equal(report.differences.length, 0, formatBlockReport(seed, report));
    });
  }
});

/**
 * A few seeds in each test run; .ci/run has five hundred. And that a seed is all there is: twice
 * the same is the same.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runSeed } from './run-seed.ts';

describe('a simulated federation', () => {
  for (let seed = 1; seed <= 10; seed++) {
    test(`keeps its promises with seed ${seed}`, async () => {
      const outcome = await runSeed({ seed });
      assert.equal(outcome.kind === 'failed' ? outcome.why : 'passed', 'passed');
    });
  }

  test('does the same again with the same seed', async () => {
    const [one, other] = [await runSeed({ seed: 11 }), await runSeed({ seed: 11 })];
    assert.deepEqual(one, other);
    assert.notEqual((await runSeed({ seed: 12 })).hash, one.hash);
  });
});

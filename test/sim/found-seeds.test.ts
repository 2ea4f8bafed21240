/**
 * Seeds that found a defect, each mended since. A seed is a choice of a world as it was then: what
 * it does now may be another thing, so every defect has a test of its own beside the code as well.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runSeed } from './run-seed.ts';

const FOUND: readonly (readonly [seed: number, what: string])[] = [
  [68, 'a resolver that began from its disk moved a store that was behind, and left out facts'],
  [100, 'a store that was emptied stayed so while its cluster was quiet'],
  [77, 'a reader caught up at the head of before its session, with entries still to come'],
  [348, 'a reader that had caught up with an empty log left out entries after a cut'],
  [2, 'a snapshot on disk of a log that lost its end and went on was taken for its past'],
  [36, 'a writer went on in a log that had lost its end, and told a wrong Synced'],
  [
    340,
    'of a log that lost its end while it was read, entries were left out that the end had kept out',
  ],
  [909, 'a writer tried again and again, until its log had lost its end and grown to there'],
  [466, 'a watcher waited for ever for the end of a log that had been lost while it was read'],
];

describe('a seed that found something once', () => {
  for (const [seed, what] of FOUND) {
    test(`${seed}: ${what}`, async () => {
      const outcome = await runSeed({ seed });
      assert.equal(outcome.kind === 'failed' ? outcome.why : 'passed', 'passed');
    });
  }
});

/** What is broken on purpose is found out: the checks of the simulation can fail. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runSeed } from './run-seed.ts';
import type { CheckName } from './violation.ts';
import type { World } from './world.ts';

/** Seeds that are tried; a defect may need a fault that not every seed has. */
const SEEDS_MAX = 60;

interface Mutant {
  readonly what: string;
  readonly found: readonly CheckName[];
  readonly prepare: (world: World) => void;
}

const MUTANTS: readonly Mutant[] = [
  {
    what: 'a log that takes any append, whatever it expects',
    found: ['no acknowledged event lost', 'state = replay', 'truth after quiet'],
    prepare: ({ logServer }) => {
      logServer.defects = { hasNoFence: true };
    },
  },
  {
    what: 'a log that acknowledges what it does not store',
    found: ['no acknowledged event lost'],
    prepare: ({ logServer }) => {
      logServer.defects = { dropsOneIn: 20 };
    },
  },
  {
    what: 'a reader that says it has caught up before it has',
    found: ['state = replay', 'a name that exists throughout is never denied'],
    prepare: ({ logServer }) => {
      logServer.defects = { isCaughtUpAtOnce: true };
    },
  },
  {
    what: 'a reader that goes on in a log which has another past',
    found: [
      'state = replay',
      'a name that exists throughout is never denied',
      'positions never go back',
    ],
    prepare: ({ logServer }) => {
      logServer.defects = { looksAtNoMarks: true };
    },
  },
  {
    what: 'a store that is moved without comparing where it is',
    found: ['the store leads to the log', 'positions never go back', 'state = replay'],
    prepare: ({ storeServer }) => {
      if (storeServer !== undefined) storeServer.comparesNothing = true;
    },
  },
];

describe('the simulation finds', () => {
  for (const { what, found, prepare } of MUTANTS) {
    test(what, async () => {
      for (let seed = 1; seed <= SEEDS_MAX; seed++) {
        const outcome = await runSeed({ seed }, prepare);
        if (outcome.kind === 'passed') continue;
        assert.ok(
          found.some((check) => check === outcome.check),
          `seed ${seed} found something else: ${outcome.why}`,
        );
        return;
      }
      assert.fail(`none of ${SEEDS_MAX} seeds`);
    });
  }
});

/**
 * Simulates federations, one a seed:
 *
 *   npm run test:sim                  500 seeds, from 1
 *   npm run test:sim -- FIRST COUNT   so many, from that one
 *   npm run test:sim -- SEED          one, with all that happens in it
 */
import { runSeed, type SeedOutcome } from './run-seed.ts';

const SEEDS = 500;

const [first, count] = process.argv.slice(2).map(Number);
if (first !== undefined && count === undefined) await showSeed(first);
else await runSeeds(first ?? 1, count ?? SEEDS);

async function showSeed(seed: number): Promise<void> {
  const outcome = await runSeed({ seed, isTraced: true });
  if (outcome.kind === 'failed') for (const line of outcome.tail) console.log(line);
  console.log(inWords(outcome));
  if (outcome.kind === 'failed') process.exitCode = 1;
}

async function runSeeds(from: number, seeds: number): Promise<void> {
  let failed = 0;
  let steps = 0;
  let longestMs = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const outcome = await runSeed({ seed });
    steps += outcome.steps;
    if (outcome.kind === 'passed') {
      longestMs = Math.max(longestMs, outcome.truthAfterMs);
      continue;
    }
    failed++;
    for (const line of outcome.tail) console.log(line);
    console.log(inWords(outcome));
  }
  const seconds = Math.round(performance.now() / 1000);
  console.log(
    `${seeds} seeds from ${from}: ${failed} failed, ${steps} steps in ${seconds} s; the truth ` +
      `took at most ${longestMs / 1000} s after quiet`,
  );
  if (failed > 0) process.exitCode = 1;
}

function inWords(outcome: SeedOutcome): string {
  const { seed, steps, hash } = outcome;
  const run = `seed ${seed}, ${steps} steps, trace ${hash}`;
  if (outcome.kind === 'passed') return `${run}: the truth ${outcome.truthAfterMs / 1000} s late`;
  return `${run}: ${outcome.why}\nAgain: npm run test:sim -- ${seed}`;
}

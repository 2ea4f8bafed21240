/**
 * Simulates federations, one a seed:
 *
 *   npm run test:sim                  500 seeds, from 1
 *   npm run test:sim -- FIRST COUNT   so many, from that one
 *   npm run test:sim -- SEED          one, with all that happens in it
 *
 * Two processes share the seeds. A seed that fails is printed with the end of its trace.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { runSeed, type SeedOutcome } from './run-seed.ts';

const SEEDS = 500;
const PROCESSES = 2;

const words = process.argv.slice(2);
const [first = 1, count = words.length === 0 ? SEEDS : undefined, step] = words.map(Number);
if (count === undefined) await showSeed(first);
else if (step === undefined) await shareSeeds(first, count);
else await runSeeds(first, count, step);

async function showSeed(seed: number): Promise<void> {
  const outcome = await runSeed({ seed, isTraced: true });
  for (const line of outcome.trace) console.log(line);
  console.log(inWords(outcome));
  if (outcome.kind === 'failed') process.exitCode = 1;
}

async function shareSeeds(from: number, seeds: number): Promise<void> {
  const running = Array.from({ length: PROCESSES }, (_, i) => {
    const share = Math.ceil((seeds - i) / PROCESSES);
    return once(fork(import.meta.filename, [`${from + i}`, `${share}`, `${PROCESSES}`]), 'exit');
  });
  const codes = (await Promise.all(running)).map(([code]: readonly unknown[]) => code);
  if (codes.some((code) => code !== 0)) process.exitCode = 1;
}

async function runSeeds(from: number, seeds: number, apart: number): Promise<void> {
  let failed = 0;
  let steps = 0;
  let simulatedMs = 0;
  let longestMs = 0;
  for (let i = 0; i < seeds; i++) {
    const outcome = await runSeed({ seed: from + i * apart });
    steps += outcome.steps;
    simulatedMs += outcome.simulatedMs;
    if (outcome.kind === 'passed') {
      longestMs = Math.max(longestMs, outcome.truthAfterMs);
      continue;
    }
    failed++;
    for (const line of outcome.trace) console.log(line);
    console.log(inWords(outcome));
  }
  const [seconds, hours] = [performance.now() / 1000, simulatedMs / 3_600_000];
  console.log(
    `${seeds} seeds from ${from}, every ${apart}: ${failed} failed; ${steps} steps, ` +
      `${hours.toFixed(1)} h in ${seconds.toFixed(0)} s; the truth took ${longestMs / 1000} s ` +
      'after quiet at most',
  );
  if (failed > 0) process.exitCode = 1;
}

function inWords(outcome: SeedOutcome): string {
  const { seed, steps, hash } = outcome;
  const run = `seed ${seed}, ${steps} steps, trace ${hash}`;
  if (outcome.kind === 'passed') return `${run}: the truth ${outcome.truthAfterMs / 1000} s late`;
  return `${run}: ${outcome.why}\nAgain: npm run test:sim -- ${seed}`;
}

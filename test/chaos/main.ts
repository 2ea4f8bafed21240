/**
 * `npm run test:chaos [-- WORD…]`: breaks a world of real servers, one fault after the other, and
 * prints what it saw of each. All faults by default; else those whose name has one of the words;
 * `short` for the ones that every change has to survive. With `--json` a line of JSON for each
 * row, with `--coredns` a CoreDNS is broken beside us, with `--busy` an answer may be older: for
 * a machine that does other things too. Exit code 1 when something was violated.
 */
import { Checker } from './checker.ts';
import { type Fault, PLAIN } from './fault.ts';
import { FAULTS } from './faults.ts';
import { HealthWatch } from './health.ts';
import { enterNetwork, openNetwork } from './network.ts';
import { headLines, lineOf, linesOf } from './report.ts';
import type { Liveness } from './resolver.ts';
import { type Row, runFault } from './run-fault.ts';
import { startWorld, type World, worldMissing } from './world.ts';

/** So many times as old. */
const BUSY = 3;

async function main(args: readonly string[]): Promise<number> {
  const [isJson, isCompared] = [args.includes('--json'), args.includes('--coredns')];
  const chosen = choose(args.filter((word) => !word.startsWith('--')));
  const network = openNetwork();
  const { cannotCut } = network;
  const slower = args.includes('--busy') ? BUSY : 1;
  const faults = chosen
    .filter(({ needsCut }) => !needsCut || cannotCut === undefined)
    .map((fault) => ({ ...fault, oldestMs: fault.oldestMs * slower }));
  for (const { name, needsCut } of chosen) {
    if (!needsCut || cannotCut === undefined) continue;
    console.log(isJson ? JSON.stringify({ fault: name, cannotCut }) : lineOf([name, cannotCut]));
  }
  const world = await startWorld(network, isCompared);
  const { truth, resolvers, coreDns } = world;
  const checker = new Checker(truth, coreDns === undefined ? resolvers : [...resolvers, coreDns]);
  const health = new HealthWatch(world.resolvers);
  const rows: Row[] = [];
  let liveness: Liveness = PLAIN.liveness;
  try {
    if (!isJson) for (const line of headLines(isCompared)) console.log(line);
    for (const fault of faults) {
      if (fault.liveness !== liveness) await judgeBy(world, fault.liveness);
      liveness = fault.liveness;
      const row = await runFault(world, checker, health, fault);
      rows.push(row);
      for (const line of isJson ? [JSON.stringify(row)] : linesOf(row)) console.log(line);
    }
  } catch (error) {
    for (const [name, { output }] of world.processes) console.error(`${name}:\n${output}`);
    throw error;
  } finally {
    checker.close();
    await health.close();
    await world.stop();
  }
  return rows.some(({ violations }) => violations.length > 0) ? 1 : 0;
}

/** Resolvers that are to judge clusters otherwise are started anew. */
async function judgeBy({ resolvers }: World, liveness: Liveness): Promise<void> {
  for (const resolver of resolvers) {
    resolver.judgeBy(liveness);
    await resolver.process.kill();
    resolver.process.restart();
  }
}

function choose(words: readonly string[]): readonly Fault[] {
  const isChosen = ({ name, isShort }: Fault) =>
    words.length === 0 || words.some((word) => (word === 'short' ? isShort : name.includes(word)));
  const chosen = FAULTS.filter(isChosen);
  if (chosen.length > 0) return chosen;
  const known = FAULTS.map(({ name }) => name).join('\n  ');
  throw new Error(`Cannot find a fault "${words.join(' ')}": expected one of\n  ${known}`);
}

// Each process of the world is ended with this one, by a listener of its own.
process.setMaxListeners(30);
const missing = worldMissing();
if (missing !== undefined) {
  console.error(`Cannot run the chaos: it ${missing}`);
  process.exit(1);
}
const code = await enterNetwork();
process.exitCode = code ?? (await main(process.argv.slice(2)));

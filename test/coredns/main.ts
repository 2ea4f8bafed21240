/**
 * `npm run test:coredns [-- [blocks] [SEEDS [QUESTIONS]]]`: asks Isthmus and CoreDNS the same
 * questions about the same clusters, and of the same server blocks; with `blocks`, of these only,
 * which need no API server. SEEDS is a number of seeds from 1, four times as many of server
 * blocks, or one seed as `=7`. QUESTIONS are asked of each variant of a seed twice, besides those
 * for every name. Ten seeds also need every rule.
 */
import { startApiServer } from '../cluster/apiserver.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { Laboratory } from './compare.ts';
import { formatBlockReport } from './plugins/block-report.ts';
import { BLOCK_RULES } from './plugins/block-rules.ts';
import { compareBlocks } from './plugins/compare-blocks.ts';
import { ALL_RULES, formatReport, formatRules } from './report.ts';

const SEEDS = 10;
const QUESTIONS = 500;
/** Of each seed of server blocks: as many ports as one process may have. */
const BLOCKS = { servers: 16, questions: 60 };
const words = process.argv.slice(2);
const isBlocksOnly = words[0] === 'blocks';
const [seedWord = String(SEEDS), questionWord = String(QUESTIONS)] = words.slice(+isBlocksOnly);
const one = seedWord.startsWith('=') ? Number(seedWord.slice(1)) : undefined;
const many = one === undefined ? Number(seedWord) || 0 : 1;
const count = Number(questionWord);
if (many < 1 || ![one ?? many, many, count].every(Number.isInteger)) {
  throw new Error(`Cannot run "${words.join(' ')}": expected [blocks] [SEEDS|=SEED [QUESTIONS]]`);
}
const coredns = findServer('coredns') ?? '';
if (coredns === '') throw new Error(missingServer('coredns'));

if (!isBlocksOnly) await compareClusters();
await compareServerBlocks();

async function compareClusters(): Promise<void> {
  const api = await startApiServer();
  const explained = new Map<string, number>();
  try {
    await api.installCrds();
    const laboratory = new Laboratory(api, coredns);
    for (const seed of seedsOf(many)) {
      for (const report of await laboratory.compare(seed, { questions: count, every: 1 })) {
        console.log(formatReport(seed, report));
        note(report, explained);
      }
    }
  } finally {
    await api.stop();
  }
  console.log(formatRules(explained));
  needAll(ALL_RULES, explained);
}

async function compareServerBlocks(): Promise<void> {
  const explained = new Map<string, number>();
  for (const seed of seedsOf(4 * many)) {
    const report = await compareBlocks(seed, coredns, BLOCKS);
    console.log(formatBlockReport(seed, report));
    note(report, explained);
  }
  console.log(formatRules(explained, BLOCK_RULES));
  needAll(BLOCK_RULES, explained);
}

function seedsOf(number: number): readonly number[] {
  return one === undefined ? Array.from({ length: number }, (_, i) => i + 1) : [one];
}

interface Found {
  readonly differences: readonly unknown[];
  readonly explained: ReadonlyMap<string, number>;
}

function note(found: Found, explained: Map<string, number>): void {
  if (found.differences.length > 0) process.exitCode = 1;
  for (const [name, times] of found.explained) {
    explained.set(name, (explained.get(name) ?? 0) + times);
  }
}

/** So many seeds need every rule: one that is not needed is dead. */
function needAll(
  rules: readonly { readonly name: string }[],
  explained: ReadonlyMap<string, number>,
): void {
  const isEnough = one === undefined && many >= SEEDS;
  if (isEnough && rules.some(({ name }) => !explained.has(name))) process.exitCode = 1;
}

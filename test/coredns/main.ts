/**
 * `npm run test:coredns [-- SEEDS [QUESTIONS]]`: asks Isthmus and CoreDNS the same questions about
 * the same clusters. SEEDS is a number of seeds from 1, or one seed as `=7`. QUESTIONS are asked of
 * each variant of a seed twice, besides those for every name. Ten seeds also need every rule.
 */
import { startApiServer } from '../cluster/apiserver.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { Laboratory } from './compare.ts';
import { ALL_RULES, formatReport, formatRules } from './report.ts';

const SEEDS = 10;
const QUESTIONS = 500;
const [seedWord = String(SEEDS), questionWord = String(QUESTIONS)] = process.argv.slice(2);
const seeds = seedWord.startsWith('=')
  ? [Number(seedWord.slice(1))]
  : Array.from({ length: Number(seedWord) || 0 }, (_, i) => i + 1);
const count = Number(questionWord);
if (seeds.length === 0 || !seeds.every(Number.isInteger) || !Number.isInteger(count)) {
  throw new Error(
    `Cannot run "${process.argv.slice(2).join(' ')}": expected [SEEDS|=SEED [QUESTIONS]]`,
  );
}
const coredns = findServer('coredns');
if (coredns === undefined) throw new Error(missingServer('coredns'));

const api = await startApiServer();
const explained = new Map<string, number>();
try {
  await api.installCrds();
  const laboratory = new Laboratory(api, coredns);
  for (const seed of seeds) {
    for (const report of await laboratory.compare(seed, { questions: count, every: 1 })) {
      console.log(formatReport(seed, report));
      if (report.differences.length > 0) process.exitCode = 1;
      for (const [name, times] of report.explained) {
        explained.set(name, (explained.get(name) ?? 0) + times);
      }
    }
  }
} finally {
  await api.stop();
}
console.log(formatRules(explained));
const dead = ALL_RULES.filter(({ name }) => !explained.has(name));
if (seeds.length >= SEEDS && dead.length > 0) process.exitCode = 1;

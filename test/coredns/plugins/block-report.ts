/** What a seed of server blocks tells. */
import type { BlockReport } from './compare-blocks.ts';

/** Differences of a seed that are shown: the next ones are most often the same. */
const SHOWN_MAX = 20;

export function formatBlockReport(seed: number, { questions, differences }: BlockReport): string {
  const found = differences.slice(0, SHOWN_MAX);
  if (differences.length > SHOWN_MAX) found.push(`… ${differences.length - SHOWN_MAX} more`);
  const title = `seed ${seed}: ${questions} questions, ${differences.length} differences`;
  return [`${title}\n  server blocks`, ...found].join('\n');
}

/** What a run tells: differences as a diff, and how often each rule was needed. */
import type { Difference, Report } from './compare.ts';
import { RULES } from './differences.ts';
import { formatAsked } from './questions.ts';
import { TRANSFER_RULES } from './transfers.ts';

export const ALL_RULES = [...RULES, ...TRANSFER_RULES];

/** Differences of a seed that are shown: the next ones are most often the same. */
const SHOWN_MAX = 40;

export function formatReport(seed: number, report: Report): string {
  const { variant, questions, differences } = report;
  const found = differences.slice(0, SHOWN_MAX).map(formatDifference);
  if (differences.length > SHOWN_MAX) found.push(`… ${differences.length - SHOWN_MAX} more`);
  const title = `seed ${seed}: ${questions} questions, ${differences.length} differences`;
  return [`${title}\n  ${variant}`, ...found].join('\n');
}

/** The question, and a diff from what CoreDNS should have said. */
function formatDifference({ asked, way, when, lines, raw }: Difference): string {
  const title = `${formatAsked(asked)}   [${way}, ${when}]`;
  const unmended = raw.map((line) => `  unmended ${line}`);
  return [title, ...lines, ...unmended].join('\n    ');
}

interface Named {
  readonly name: string;
  readonly rfc: string;
}

/** A rule that was never needed may be dead: it is named as well. */
export function formatRules(
  explained: ReadonlyMap<string, number>,
  rules: readonly Named[] = ALL_RULES,
): string {
  const lines = rules.map(({ name, rfc }) => {
    const times = explained.get(name);
    return `  ${times === undefined ? '  never' : String(times).padStart(7)}  ${name} (${rfc})`;
  });
  return ['allowed differences:', ...lines].join('\n');
}

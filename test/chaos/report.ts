/** Rows as the table of the README, each with what it violated below it. */
import { type Compared, type Row, seconds } from './run-fault.ts';

const HEAD = [
  'fault',
  'right again after',
  'oldest answer (may be)',
  'names without an answer',
  'denials withheld',
];

export function headLines(isCompared: boolean): readonly string[] {
  const cells = isCompared ? [...HEAD, 'CoreDNS: right again after', 'without an answer'] : HEAD;
  return [lineOf(cells), lineOf(cells.map(() => '---'))];
}

export function linesOf(row: Row): readonly string[] {
  const { fault, againMs, oldestMs, oldestMayBeMs, failedMs, muteMs, withheldMs, notes } = row;
  const mute = muteMs === undefined ? '' : ` (of the one that was broken: ${seconds(muteMs)})`;
  const line = lineOf([
    [fault, ...notes].join('; '),
    seconds(againMs),
    `${seconds(oldestMs)} (${seconds(oldestMayBeMs)})`,
    `${failedMs === 0 ? 'never' : seconds(failedMs)}${mute}`,
    withheldMs === 0 ? 'never' : seconds(withheldMs),
    ...(row.coreDns === undefined ? [] : coreDnsCells(row.coreDns)),
  ]);
  return [line, ...row.violations.map((violation) => `  violated: ${violation}`)];
}

function coreDnsCells({ againMs, isRight, failedMs, wrong }: Compared): readonly string[] {
  const again = isRight ? seconds(againMs) : `not within ${seconds(againMs)}`;
  const answers = wrong === 0 ? '' : `; ${wrong} wrong answers`;
  return [`${again}${answers}`, failedMs === 0 ? 'never' : seconds(failedMs)];
}

export function lineOf(cells: readonly (string | undefined)[]): string {
  return `| ${cells.join(' | ')} |`;
}

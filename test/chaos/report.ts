/** Rows as the table of the README, each with what it violated below it. */
import { type Row, seconds } from './run-fault.ts';

const HEAD = [
  'fault',
  'right again after',
  'oldest answer (may be)',
  'names without an answer',
  'denials withheld',
];

export function headLines(): readonly string[] {
  return [lineOf(HEAD), lineOf(HEAD.map(() => '---'))];
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
  ]);
  return [line, ...row.violations.map((violation) => `  violated: ${violation}`)];
}

export function lineOf(cells: readonly (string | undefined)[]): string {
  return `| ${cells.join(' | ')} |`;
}

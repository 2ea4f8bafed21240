/** The rules of one file that neither the compiler nor the linter holds. */
import type { SourceFile } from './source-file.ts';
import { isTest } from './source-file.ts';

/** Longest file, in lines: more is more than one idea. */
export const FILE_LINES_MAX = 400;
/** Widest line, in columns. The formatter breaks code; comments and texts it leaves as they are. */
export const LINE_COLUMNS_MAX = 100;

/** File names that say nothing of what is inside. */
const EMPTY_NAMES = new Set([
  'index.ts',
  'utils.ts',
  'util.ts',
  'helpers.ts',
  'helper.ts',
  'common.ts',
  'misc.ts',
  'types.ts',
  'constants.ts',
]);

interface Ban {
  readonly pattern: RegExp;
  readonly expected: string;
}

// Built of pieces, so that this file does not break the rules that it states.
const word = (...pieces: readonly string[]) => new RegExp(pieces.join(''));

/** What silences the compiler, the linter or a test. */
const BANS: readonly Ban[] = [
  { pattern: word('\\bas ', 'unknown as\\b'), expected: 'a type guard' },
  { pattern: word('@ts-', '(ignore|expect-error|nocheck)'), expected: 'code that has its type' },
  { pattern: word('biome', '-ignore'), expected: 'code that keeps the rule' },
  { pattern: word('\\b(test|it|describe|suite)', '\\.(only|skip|todo)\\('), expected: 'all tests' },
  { pattern: word('\\b(only|skip|todo)', ': true\\b'), expected: 'a reason: needs …' },
  { pattern: word('\\.skip', '\\(\\)'), expected: 'a reason: needs …' },
];

/** Folders of one machine. */
const MACHINE_PATH = word(
  '(^|[^\\w.:/}])/',
  '(work|root|Users|home/[a-z]\\w*)/|\\.\\./',
  'shared/',
);

/** What a source file breaks, a sentence each, with the place and what would be right. */
export function brokenRules({ path, text }: SourceFile): readonly string[] {
  const lines = text.split('\n');
  const broken: string[] = [];
  const name = path.split('/').at(-1) ?? '';
  if (EMPTY_NAMES.has(name)) broken.push(`Cannot name a file "${path}": expected its main export`);
  if (lines.length > FILE_LINES_MAX + 1) {
    broken.push(`Cannot keep "${path}": ${lines.length - 1} lines; expected ≤ ${FILE_LINES_MAX}`);
  }
  for (const [i, line] of lines.entries()) {
    const place = `${path}:${i + 1}`;
    if ([...line].length > LINE_COLUMNS_MAX && !mayBeWide(path, line)) {
      broken.push(`Cannot keep ${place}: ${line.length} columns; expected ≤ ${LINE_COLUMNS_MAX}`);
    }
    for (const { pattern, expected } of BANS) {
      const found = pattern.exec(line);
      if (found !== null) {
        broken.push(`Cannot write "${found[0]}" in ${place}: it silences; expected ${expected}`);
      }
    }
  }
  return broken;
}

/** A URL can't be broken, nor should a row of a table of a test. */
function mayBeWide(path: string, line: string): boolean {
  return line.includes('://') || (isTest(path) && /['"`]/.test(line));
}

/** Paths of somebody's machine in any text file. */
export function machinePaths({ path, text }: SourceFile): readonly string[] {
  return text.split('\n').flatMap((line, i) => {
    const found = MACHINE_PATH.exec(line);
    if (found === null) return [];
    return [`Cannot name "${found[0].trim()}" in ${path}:${i + 1}: expected no machine's paths`];
  });
}

/**
 * The project's text files as the checks see them: paths relative to the root, and what they
 * import.
 */
import { globSync, readFileSync } from 'node:fs';
import { posix, resolve } from 'node:path';

export interface SourceFile {
  /** Relative to the root, with slashes. */
  readonly path: string;
  readonly text: string;
}

/**
 * One import of one file. `to` is a path of the project, or the name of a package or built-in
 * module.
 */
export interface Import {
  readonly line: number;
  readonly to: string;
  readonly inside: boolean;
}

export const ROOT = resolve(import.meta.dirname, '../..');
const NOT_OURS = new Set(['node_modules', '.git', '.isthmus']);

/** The files that match these patterns, sorted by path. */
export function readFiles(...patterns: readonly string[]): readonly SourceFile[] {
  return globSync([...patterns], { cwd: ROOT, exclude: (path) => NOT_OURS.has(path) })
    .sort()
    .map((path) => ({ path, text: readFileSync(resolve(ROOT, path), 'utf8') }));
}

/** All TypeScript of the project. */
export function readSources(): readonly SourceFile[] {
  return readFiles('{libs,services,test}/**/*.ts');
}

/** Whether it is there for tests only: a test, what tests are given, or the laws of a port. */
export function isTest(path: string): boolean {
  return path.startsWith('test/') || /(\.test|[/-]contract|\/given-[^/]+)\.ts$/.test(path);
}

// What is not at the beginning of a line is a comment, a text or a template. Formatting keeps it
// so.
const STATIC = /^(?:import|export)\s+(?:type\s+)?(?:[\w$*{}\s,]+?\s+from\s+)?'([^']+)'/gm;
/**
 * Modules loaded later: import('./x.ts'), and worker threads by new URL('./x.ts', import.meta.url).
 */
const DYNAMIC = /\b(?:import\(|new URL\()\s*'([^']+\.ts|[^'./][^']*)'/g;

/** What a file imports, statically or not, in the order of the patterns. */
export function importsOf({ path, text }: SourceFile): readonly Import[] {
  return [STATIC, DYNAMIC].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => {
      const to = match[1] ?? '';
      const inside = to.startsWith('.');
      return {
        line: text.slice(0, match.index).split('\n').length,
        to: inside ? posix.join(posix.dirname(path), to) : to,
        inside,
      };
    }),
  );
}

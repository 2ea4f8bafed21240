/** A Corefile from the disk, with the files that it imports. */
import { globSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { ConfigurationError } from './configuration-error.ts';
import type { Corefile, Place, Token } from './corefile.ts';
import type { Environment } from './environment.ts';
import type { SourceText } from './parser.ts';
import { parseCorefile } from './parser.ts';
import type { Wrongs } from './wrongs.ts';

/** A ConfigMap ends at this size, in octets; a larger file is something else. */
const FILE_OCTETS_MAX = 1_048_576;

/**
 * Reads the Corefile at `path`. Throws ConfigurationError also when there is none: its place is
 * then line 1. `wrongs`: where errors of its text go; absent: they are thrown.
 */
export function loadCorefile(
  path: string,
  environment: Environment,
  warn: (text: string) => void,
  wrongs?: Wrongs,
): Corefile {
  return readCorefile(path, environment, warn, wrongs).corefile;
}

/** The same, with the text of the file itself. */
export function readCorefile(
  path: string,
  environment: Environment,
  warn: (text: string) => void,
  wrongs?: Wrongs,
): { readonly text: string; readonly corefile: Corefile } {
  const text = readText(path, { file: path, line: 1 });
  return { text, corefile: parseWithImports({ file: path, text }, environment, warn, wrongs) };
}

/** A text in the place of the file that it names. */
export function parseWithImports(
  source: SourceText,
  environment: Environment,
  warn: (text: string) => void,
  wrongs?: Wrongs,
): Corefile {
  const told = new Set<string>();
  const warnOnce = (warning: string) => {
    // A snippet is read wherever it is imported.
    if (!told.has(warning)) warn(warning);
    told.add(warning);
  };
  return parseCorefile(source, {
    ...{ environment, wrongs },
    readFiles: (pattern, importer) => readImports(pattern, importer, warnOnce),
    onUnset: (word, read) => warnOnce(unsetText(word, read)),
  });
}

function unsetText({ file, line, text, unset = [] }: Token, read: string): string {
  const are = unset.length === 1 ? 'is' : 'are';
  return `${file}:${line}: ${unset.join(', ')} ${are} not set: "${text}" is read as "${read}"`;
}

/** A pattern without a match is a warning, a plain file that is missing an error, as in CoreDNS. */
function readImports(
  pattern: string,
  importer: Place,
  warn: (text: string) => void,
): readonly SourceText[] {
  const path = isAbsolute(pattern) ? pattern : join(dirname(importer.file), pattern);
  if (!/[*?[]/.test(pattern)) return [{ file: path, text: readImport(path, importer) }];
  if (/\[|\*.*\*|\?.*\?/.test(pattern)) {
    throw new ConfigurationError(
      importer,
      `Cannot import "${pattern}": the pattern is too wide; expected at most one * and one ?`,
    );
  }
  const hidden = basename(pattern).startsWith('.');
  const files = globSync(path)
    .filter((file) => hidden || !basename(file).startsWith('.'))
    .sort();
  if (files.length === 0) {
    warn(`${importer.file}:${importer.line}: no file matches the import "${pattern}"`);
  }
  return files.map((file) => ({ file, text: readImport(file, importer) }));
}

/** A pipe would be waited for, a device may have no end; the Corefile itself may be a pipe. */
function readImport(path: string, importer: Place): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isFile() || stats.isDirectory()) return readText(path, importer);
  const is = 'it is a pipe or a device';
  throw new ConfigurationError(importer, `Cannot import "${path}": ${is}; expected a file`);
}

function readText(path: string, place: Place): string {
  const cannot = (is: string, expected: string) =>
    new ConfigurationError(place, `Cannot read the file "${path}": ${is}; expected ${expected}`);
  try {
    const { size } = statSync(path);
    if (size > FILE_OCTETS_MAX) {
      throw cannot(`it has ${size} octets`, `at most ${FILE_OCTETS_MAX}`);
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw cannot(error instanceof Error ? error.message : String(error), 'a readable Corefile');
  }
}

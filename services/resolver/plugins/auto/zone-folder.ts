/** A folder of zone files: whose name matches has a zone, and the name says which. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { absoluteName, canonicalName, lowerName } from '../../../../libs/dns/name.ts';
import type { Pattern } from '../../../../libs/regex/pattern.ts';

export interface ZoneFolder {
  readonly path: string;
  /** Searched in the names of files. */
  readonly pattern: Pattern;
  /** What is in braces stands for a group of the match, by number or name. */
  readonly template: string;
}

export interface FolderContents {
  /** Paths by origin: lower-case and absolute. */
  readonly files: ReadonlyMap<string, string>;
  /** What is not as it should be, a sentence each. */
  readonly wrong: readonly string[];
  /** Whether all of it could be read: else nothing is proved to be gone. */
  readonly isWhole: boolean;
}

/** More is no folder of zones. */
const ENTRIES_MAX = 100_000;
/** Folders within folders. */
const DEPTH_MAX = 16;

/** In the order of their paths; the first file of a zone counts. */
export async function contentsOf(folder: ZoneFolder): Promise<FolderContents> {
  const reading = new Reading();
  await reading.read(folder.path, 0);
  const files = new Map<string, string>();
  const { wrong } = reading;
  for (const { path, name } of reading.files) {
    const origin = originOf(name, folder);
    if (origin === undefined) continue;
    if (typeof origin !== 'string') wrong.push(`"${path}" has no zone: ${origin.why}`);
    else if (!files.has(origin)) files.set(origin, path);
    else wrong.push(`"${path}" is left out: "${files.get(origin)}" has ${origin} already`);
  }
  return { files, wrong, isWhole: reading.isWhole };
}

class Reading {
  readonly files: { readonly path: string; readonly name: string }[] = [];
  readonly wrong: string[] = [];
  isWhole = true;
  #entries = 0;

  async read(path: string, depth: number): Promise<void> {
    try {
      const entries = await readdir(path, { withFileTypes: true });
      entries.sort((one, other) => (one.name < other.name ? -1 : 1));
      for (const entry of entries) {
        // Mounted ConfigMaps keep their versions in such folders, and link to the files in one.
        if (entry.name.startsWith('..')) continue;
        if (++this.#entries > ENTRIES_MAX) throw new Error(`it has more than ${ENTRIES_MAX} files`);
        const at = join(path, entry.name);
        if (entry.isDirectory()) await this.#below(at, depth);
        else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(at)))) {
          this.files.push({ path: at, name: entry.name });
        }
      }
    } catch (error) {
      this.isWhole = false;
      const why = error instanceof Error ? error.message : String(error);
      this.wrong.push(`Cannot read the folder "${path}": ${why}`);
    }
  }

  async #below(path: string, depth: number): Promise<void> {
    if (depth < DEPTH_MAX) return this.read(path, depth + 1);
    this.wrong.push(`Cannot read the folder "${path}": it is too deep; expected ${DEPTH_MAX}`);
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

function originOf(
  name: string,
  { pattern, template }: ZoneFolder,
): string | { readonly why: string } | undefined {
  const match = pattern.find(name);
  if (match === undefined) return undefined;
  const text = template.replaceAll(/\$?\{(\w+)\}/g, (_, group: string) => {
    return match.groups[pattern.names.get(group) ?? Number(group)] ?? '';
  });
  if (text === '') return { why: 'its template gives no name; expected one, or . for the root' };
  try {
    return lowerName(canonicalName(absoluteName(text)));
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

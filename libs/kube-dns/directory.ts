/** A folder in which kube-dns's ConfigMap is mounted: a file for each key. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KEYS, KubeDnsError } from './config.ts';

/** A ConfigMap ends at this size, in octets. */
const FILE_OCTETS_MAX = 1_048_576;

/** Throws KubeDnsError; a file that is not there says nothing, as a key that is not. */
export function readKubeDnsDirectory(directory: string): Readonly<Record<string, string>> {
  if (!isDirectory(directory)) {
    const expected = 'a folder with stubDomains, upstreamNameservers or federations';
    throw new KubeDnsError(`Cannot read "${directory}": it is no folder; expected ${expected}`);
  }
  const entries = KEYS.flatMap((key) => {
    const text = textOf(join(directory, key));
    return text === undefined ? [] : [[key, text] as const];
  });
  return Object.fromEntries(entries);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function textOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (stats.size > FILE_OCTETS_MAX) {
    const is = `it has ${stats.size} octets`;
    throw new KubeDnsError(`Cannot read "${path}": ${is}; expected at most ${FILE_OCTETS_MAX}`);
  }
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const is = error instanceof Error ? error.message : String(error);
    throw new KubeDnsError(`Cannot read "${path}": ${is}; expected a readable file`);
  }
}

import { readFileSync } from 'node:fs';

/** Of the program, as its package says; empty where that says none. */
export function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  const read: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return typeof read === 'object' && read !== null && 'version' in read ? String(read.version) : '';
}

import { dirname, isAbsolute, join } from 'node:path';
import type { Place } from './corefile.ts';

/**
 * Paths are relative to the file that has them, so that a folder with a Corefile works from
 * anywhere.
 */
export function besideCorefile(place: Place, path: string): string {
  return isAbsolute(path) ? path : join(dirname(place.file), path);
}

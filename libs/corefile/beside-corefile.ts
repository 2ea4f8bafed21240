import { dirname, isAbsolute, join } from 'node:path';
import type { Place } from './corefile.ts';

/**
 * Paths are relative to the file that has them, so that a folder with a Corefile works from
 * anywhere, or to `root` where the Corefile names one.
 */
export function besideCorefile(place: Place, path: string, root?: string): string {
  return isAbsolute(path) ? path : join(root ?? dirname(place.file), path);
}

/** A directory of a test's own, and its end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function makeTempDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'isthmus-'));
}

export function removeTempDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

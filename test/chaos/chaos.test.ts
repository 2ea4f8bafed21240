/**
 * The faults that every change has to survive, a few of all (README.md has the table): what each
 * violated is nothing.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { FAULTS } from './faults.ts';
import { worldMissing } from './world.ts';

/** Of the first one, with the start of the world, on a busy machine. */
const TIMEOUT_MS = 100_000;

describe('chaos on real servers', { skip: worldMissing() ?? false }, () => {
  const lines = new Map<string, Promise<string>>();
  let child: ChildProcess;
  let said = '';

  before(() => {
    const main = join(import.meta.dirname, 'main.ts');
    child = spawn(process.execPath, [main, '--json', '--busy', 'short'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
    });
    const waiting = new Map<string, (line: string) => void>();
    const ended = new Promise<never>((_, reject) => {
      child.once('close', () => reject(new Error(`Cannot go on with the chaos: ${said}`)));
    });
    for (const { name, isShort } of FAULTS) {
      if (!isShort) continue;
      const line = new Promise<string>((resolve) => waiting.set(name, resolve));
      const either = Promise.race([line, ended]);
      either.catch(() => {}); // whoever waits for it is told
      lines.set(name, either);
    }
    const { stdout } = child;
    if (stdout === null) throw new Error('Cannot read the chaos: it has no output');
    createInterface({ input: stdout }).on('line', (line) => {
      const row: unknown = JSON.parse(line);
      if (isRow(row)) waiting.get(row.fault)?.(line);
    });
  });

  after(async () => {
    const ended = new Promise((resolve) => child.once('close', resolve));
    if (child.exitCode === null && child.kill('SIGTERM')) await ended;
  });

  for (const { name, isShort } of FAULTS) {
    if (!isShort) continue;
    test(name, { timeout: TIMEOUT_MS }, async (t) => {
      const line = await lines.get(name);
      const row: unknown = JSON.parse(line ?? '{}');
      assert.ok(isRow(row));
      if (row.cannotCut !== undefined) return t.skip(row.cannotCut);
      assert.deepEqual(row.violations, []);
    });
  }
});

interface Told {
  readonly fault: string;
  readonly cannotCut?: string;
  readonly violations?: readonly unknown[];
}

function isRow(row: unknown): row is Told {
  return typeof row === 'object' && row !== null && 'fault' in row;
}

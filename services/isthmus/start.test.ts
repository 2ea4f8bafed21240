import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';

const START = join(import.meta.dirname, 'start.js');
const PATH = `${dirname(process.execPath)}:${process.env.PATH ?? ''}`;

function help(t: TestContext, env: Readonly<Record<string, string>>, more: { uid?: number } = {}) {
  const cwd = mkdtempSync(join(tmpdir(), 'isthmus-start-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  const { status, stdout, stderr } = spawnSync(process.execPath, [START, '--help'], {
    cwd,
    env: { PATH, ...env },
    encoding: 'utf8',
    timeout: 30_000,
    ...more,
  });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^isthmus: /);
  return readdirSync(cwd);
}

test('starts for a user whom the system does not know', (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root may become another user');
  help(t, {}, { uid: 65_532 });
});

test('a variable that is empty names no folder', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'isthmus-home-'));
  t.after(() => rmSync(home, { recursive: true }));
  assert.deepEqual(help(t, { HOME: home, XDG_CACHE_HOME: '', NODE_COMPILE_CACHE: '' }), []);
  assert.deepEqual(readdirSync(join(home, '.cache')), ['isthmus']);
});

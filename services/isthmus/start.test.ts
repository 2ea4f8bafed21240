import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

test('the signal of a reload opens no debugger, however early it comes', () => {
  const counting = 'process.on("exit", () => console.error(process.listenerCount("SIGUSR1")))';
  const preload = `data:text/javascript,${encodeURIComponent(counting)}`;
  const { stderr } = spawnSync(process.execPath, ['--import', preload, START, '--help'], {
    ...{ env: { PATH }, encoding: 'utf8', timeout: 30_000 },
  });
  assert.equal(stderr, '1\n');
});

test('a variable that is empty names no folder', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'isthmus-home-'));
  t.after(() => rmSync(home, { recursive: true }));
  assert.deepEqual(help(t, { HOME: home, XDG_CACHE_HOME: '', NODE_COMPILE_CACHE: '' }), []);
  assert.deepEqual(readdirSync(join(home, '.cache')), ['isthmus']);
});

test('what was warned of comes before what ended it, where both outputs are one', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-start-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'Corefile');
  writeFileSync(file, '. {\n    forward . 192.0.2.1{$NOBODY_SETS_THIS}\n    bufsize x\n}\n');
  const output = join(folder, 'output');
  const both = openSync(output, 'w');
  const { status } = spawnSync(process.execPath, [START, '-conf', file], {
    ...{ cwd: folder, env: { PATH }, timeout: 30_000, stdio: ['ignore', both, both] },
  });
  assert.equal(status, 2);
  const said = readFileSync(output, 'utf8').split('\n');
  assert.match(said[0] ?? '', /^\[WARNING\] .*Corefile:2: \{\$NOBODY_SETS_THIS\} is not set/);
  assert.match(said[1] ?? '', /Corefile:3: Cannot read the size "x"/);
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { testLogContract } from '../log/contract.ts';
import { entry } from '../log/contract-facts.ts';
import { Follower } from '../log/follower.ts';
import { LogUnavailable } from '../log/log.ts';
import { openSqliteLogs } from './sqlite-logs.ts';

describe('the log in SQLite files', () =>
  testLogContract(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'isthmus-'));
    const logs = openSqliteLogs({ directory });
    return { connect: async () => logs, end: async () => rmSync(directory, { recursive: true }) };
  }));

test('a log that is opened again goes on: same incarnation, next positions', async (t) => {
  const directory = stateDirectory(t);
  const first = openSqliteLogs({ directory });
  await first.open('east').append(0, [entry('east', 'a', '1'), entry('east', 'b', '1')]);
  const head = await first.open('east').head();
  await first.close();

  const logs = openSqliteLogs({ directory });
  assert.deepEqual(await logs.clusters(), ['east']);
  assert.deepEqual(await logs.open('east').head(), head);
  const outcome = await logs.open('east').append(2, [entry('east', 'a', '2')]);
  assert.deepEqual(outcome, { kind: 'appended', positions: [3] });
  await logs.close();
});

test('what was appended moves into the database file while nobody appends', async (t) => {
  const directory = stateDirectory(t);
  const logs = openSqliteLogs({ directory });
  const log = logs.open('east');
  const file = join(directory, 'log/east.sqlite');
  const before = statSync(file).size;
  const entries = Array.from({ length: 100 }, (_, i) => entry('east', `s${i}`, 'x'.repeat(500)));
  await log.append(0, entries);
  while (statSync(file).size === before) await setTimeout(20);
  await log.append(100, [entry('east', 'a', 'after')]);
  assert.equal((await log.head()).position, 101);
  await logs.close();
});

test('after close reading ends, and use meets LogUnavailable', async (t) => {
  const logs = openSqliteLogs({ directory: stateDirectory(t) });
  const log = logs.open('east');
  const reader = new Follower(log);
  await reader.caughtUp();
  await logs.close();
  await reader.stop();
  await assert.rejects(log.append(0, [entry('east', 'a', '1')]), LogUnavailable);
  await logs.close();
});

test('a killed process loses nothing that it was told is stored, and leaves no lock', async (t) => {
  const directory = stateDirectory(t);
  const writer = writeForEver(t, directory);
  let told = 0;
  writer.stdout.on('data', (chunk) => {
    told = Number(String(chunk).trim().split('\n').at(-1));
  });
  while (told < 500) await once(writer.stdout, 'data');
  assert.throws(() => openSqliteLogs({ directory }), {
    message: new RegExp(
      `^Cannot use the state directory "${directory}": in use by process ${writer.pid}; expected `,
    ),
  });
  writer.kill('SIGKILL');
  await once(writer, 'exit');

  const logs = openSqliteLogs({ directory });
  const log = logs.open('east');
  const head = await log.head();
  assert.ok(head.position >= told, `${head.position} of ${told}`);
  const replay = new Follower(log, { kind: 'after', head: { ...head, position: 0 } });
  await replay.caughtUp();
  assert.deepEqual(
    replay.texts,
    Array.from({ length: head.position }, (_, i) => `${i + 1}`),
  );
  await logs.close();
});

test('a state directory in use by this very process is refused too', async (t) => {
  const directory = stateDirectory(t);
  const logs = openSqliteLogs({ directory });
  assert.throws(() => openSqliteLogs({ directory }), /in use by process \d+; expected/);
  await logs.close();
  await openSqliteLogs({ directory }).close();
});

test('a state directory that cannot be made is refused', (t) => {
  const file = join(stateDirectory(t), 'file');
  writeFileSync(file, '');
  assert.throws(
    () => openSqliteLogs({ directory: file }),
    /^Error: Cannot use the state directory ".*file": .*; expected one that this user may write/,
  );
});

test('a damaged file is named, and the other clusters go on', async (t) => {
  const directory = stateDirectory(t);
  const first = openSqliteLogs({ directory });
  const entries = Array.from({ length: 2000 }, (_, i) => entry('east', `s${i}`, 'x'.repeat(200)));
  for (const cluster of ['east', 'west', 'north']) await first.open(cluster).append(0, entries);
  await first.close();
  assert.deepEqual(
    readdirSync(join(directory, 'log')).filter((file) => !file.endsWith('.sqlite')),
    [],
  );
  writeFileSync(join(directory, 'log/east.sqlite'), 'no database at all'.repeat(100));
  truncateSync(join(directory, 'log/north.sqlite'), 65_536);
  appendFileSync(join(directory, 'log/north.sqlite'), 'x'.repeat(200_000));

  const logs = openSqliteLogs({ directory });
  const damaged =
    /^Error: Cannot use the log file ".*sqlite": it is damaged \(.*\); expected an SQLite database/;
  assert.throws(() => logs.open('east'), damaged);
  const readNorth = async () => {
    const reader = new Follower(logs.open('north'));
    await reader.caughtUp();
  };
  await assert.rejects(readNorth(), damaged);
  assert.equal((await logs.open('west').head()).position, 2000);
  await logs.close();
});

test('a file of another program, or of a later schema, is refused', async (t) => {
  const directory = stateDirectory(t);
  const logs = openSqliteLogs({ directory });
  const strange = new DatabaseSync(join(directory, 'log/east.sqlite'));
  strange.exec('CREATE TABLE shopping (what TEXT)');
  strange.close();
  assert.throws(() => logs.open('east'), /is not ours; expected a log of Isthmus/);

  logs.open('west');
  const later = new DatabaseSync(join(directory, 'log/west.sqlite'));
  later.exec('PRAGMA user_version = 3');
  later.close();
  await logs.close();
  const again = openSqliteLogs({ directory });
  assert.throws(() => again.open('west'), /has schema version 3; expected .* version 2/);
  await again.close();
});

test('a log of schema version 1 goes on, and can forget', async (t) => {
  const directory = stateDirectory(t);
  const first = openSqliteLogs({ directory });
  const gone = entry('east', 'a', '-');
  await first.open('east').append(0, [gone, entry('east', 'b', '1')]);
  const head = await first.open('east').head();
  await first.close();
  const older = new DatabaseSync(join(directory, 'log/east.sqlite'));
  older.exec('ALTER TABLE log DROP COLUMN forgotten; PRAGMA user_version = 1');
  older.close();

  const logs = openSqliteLogs({ directory });
  assert.deepEqual(await logs.open('east').head(), head);
  const mark = { ...entry('east', 'watcher._.forgotten', 'm'), forgets: 1 };
  await logs.open('east').append(2, [mark]);
  await logs.open('east').forget([{ subject: gone.subject, position: 1 }]);
  await logs.close();

  const again = openSqliteLogs({ directory });
  const reader = new Follower(again.open('east'), {
    kind: 'after',
    head: { ...head, position: 0 },
  });
  await reader.caughtUp();
  assert.deepEqual(reader.texts, ['1', 'm']);
  assert.equal(reader.deliveries[0]?.kind, 'restarted');
  await again.close();
});

function stateDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'isthmus-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** A process that appends to the log of `east` and prints each position once it is stored. */
function writeForEver(t: TestContext, directory: string) {
  const module = new URL('sqlite-logs.ts', import.meta.url);
  const code = `
    import { openSqliteLogs } from ${JSON.stringify(module.href)};
    const log = openSqliteLogs({ directory: ${JSON.stringify(directory)} }).open('east');
    for (let head = 0; ; head += 1) {
      const data = new TextEncoder().encode(String(head + 1));
      await log.append(head, [{ subject: 's.' + head, data, id: String(head) }]);
      process.stdout.write(head + 1 + '\\n');
      if (head % 50 === 0) await new Promise(setImmediate);
    }`;
  const options = ['--input-type=module', '-e', code];
  const writer = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => writer.kill('SIGKILL'));
  return writer;
}

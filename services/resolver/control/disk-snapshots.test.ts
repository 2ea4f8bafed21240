import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createMemoryLogs } from '../../../libs/log/memory.ts';
import type { FactSnapshot } from '../../../libs/store/store.ts';
import { createLog, SILENT } from '../../../libs/telemetry/log.ts';
import { DiskSnapshots } from './disk-snapshots.ts';

/** Only a failing test waits so long. */
const PATIENCE_MS = 15_000;

function given(t: TestContext, within = '') {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-snapshots-'));
  const lines: string[] = [];
  const log = createLog((line) => lines.push(line));
  const directory = join(folder, within);
  const snapshots = new DiskSnapshots({ directory, log, firstAfterMs: 1, everyMs: 1 });
  const eventLog = createMemoryLogs().open('east');
  const abort = new AbortController();
  let ids = 0;
  const tell = async (subject: string, text: string) => {
    const { position } = await eventLog.head();
    await eventLog.append(position, [{ subject, data: Buffer.from(text), id: `${++ids}` }]);
  };
  t.after(() => {
    abort.abort();
    rmSync(folder, { recursive: true });
  });
  return { folder, directory, lines, snapshots, eventLog, tell, signal: abort.signal };
}

/** Looks again until it is so. */
async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const failsAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(performance.now() < failsAt, `it never came about that ${what}`);
    await delay(1);
  }
}

const shown = ({ head, facts }: FactSnapshot) => [
  head.position,
  ...[...facts].map(([subject, data]) => `${subject} ${Buffer.from(data)}`),
];

test('the last entry of each subject is kept, and kept up to the log', async (t) => {
  const { snapshots, eventLog, tell, signal } = given(t);
  await tell('service.web', '1');
  await tell('service.db', '2');
  await tell('service.web', '3');
  void snapshots.keep(eventLog, signal);
  const at = (position: number) => async () => {
    const read = await snapshots.read('east');
    return read?.head.position === position ? read : undefined;
  };
  const { incarnation } = await eventLog.head();
  const first = await until('it is written', at(3));
  assert.equal(first.head.incarnation, incarnation);
  assert.deepEqual(shown(first), [3, 'service.db 2', 'service.web 3']);
  await tell('service.db', '4');
  assert.deepEqual(shown(await until('it is written anew', at(4))), [
    4,
    'service.web 3',
    'service.db 4',
  ]);
});

test('a small log may be kept sooner than others', async (t) => {
  const { directory, eventLog, tell, signal } = given(t);
  const hour = 3_600_000;
  const options = { directory, log: SILENT, firstAfterMs: hour, everyMs: hour };
  const snapshots = new DiskSnapshots(options);
  await tell('drain.east', '1');
  void snapshots.keep(eventLog, signal, 1);
  const at = (position: number) => async () =>
    (await snapshots.read('east'))?.head.position === position || undefined;
  await until('it is written', at(1));
  await tell('drain.east', '2');
  await until('it is written anew', at(2));
});

test('there is none before one was kept, and of a damaged one is told', async (t) => {
  const { directory, lines, snapshots } = given(t);
  assert.equal(await snapshots.read('east'), undefined);
  assert.deepEqual(lines, []);
  writeFileSync(join(directory, 'east.facts'), 'something else');
  assert.equal(await snapshots.read('east'), undefined);
  assert.match(lines.join(), /cluster east: Cannot use ".*east\.facts": it is no snapshot/);
});

test('a disk that can not be written is told of once', async (t) => {
  const { folder, lines, snapshots, eventLog, tell, signal } = given(t, 'file/below');
  writeFileSync(join(folder, 'file'), '');
  await tell('service.web', '1');
  void snapshots.keep(eventLog, signal);
  await until('it is told', async () => lines[0]);
  await tell('service.web', '2');
  rmSync(join(folder, 'file'));
  await until('it is written after all', () => snapshots.read('east'));
  assert.equal(lines.length, 1, lines.join());
  assert.match(lines[0] ?? '', /Cannot keep facts in ".*below": .*; a start will need the log/);
});

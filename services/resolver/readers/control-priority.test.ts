import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { test } from 'node:test';
import { createTable } from '../../../libs/table/table-writer.ts';
import { SILENT } from '../../../libs/telemetry/log.ts';
import { openListeners } from './open-listeners.ts';

/** The priority of each thread of this process that there is now, by its id. */
const priorities = () =>
  new Map(
    readdirSync('/proc/self/task').map((id) => {
      const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return [Number(id), Number(fields[16])]; // field 19 of proc(5), nice
    }),
  );

test('all threads give way to those of the readers, once', async (t) => {
  if (process.platform !== 'linux') return t.skip('threads have priorities on Linux only');
  const before = getPriority();
  const others = [...priorities().keys()];
  const nicer = Math.min(before + 5, 19);
  const open = async () => {
    const listeners = await openListeners({
      table: createTable({ octets: 1 << 17 }).memory,
      listen: [{ address: '127.0.0.1', port: 0, view: 0 }],
      threads: 2,
      answerSlow: async () => undefined,
      log: SILENT,
    });
    t.after(() => listeners.close());
  };
  await open();
  const after = priorities();
  for (const id of others) assert.equal(after.get(id) ?? nicer, nicer);
  const readers = [...after].filter(([id]) => !others.includes(id));
  assert.ok(readers.length >= 1);
  for (const [, priority] of readers) assert.equal(priority, before);
  await open();
  assert.equal(getPriority(), nicer);
});

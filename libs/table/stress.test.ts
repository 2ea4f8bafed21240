import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { READER_STOP, readerWord } from './layout.ts';
import type { StressReaderReport, StressReaderStart } from './stress-reader.ts';
import type { TableWriter } from './table-writer.ts';
import { createTable } from './table-writer.ts';

/** ISTHMUS_STRESS_SECONDS makes it longer, for who changed the reclamation. */
const SECONDS = Number(process.env.ISTHMUS_STRESS_SECONDS ?? 3);
const READERS = 2;
const NAMES = 300;
const KEPT = 100;
/** More than the first slots, so that they grow and shrink under the readers. */
const GROWTH = 5000;

const APEX = 'churn.test.';

const put = (table: TableWriter, i: number, version: number) => {
  const name = `n${i}.${APEX}`;
  const rdata = [i >> 8, i & 255, (version >> 8) & 255, version & 255].join('.');
  const record = { name, type: 'A', ttl: version, rdata };
  const answer = [record, record, record];
  const rest = { authoritative: true, authority: [], additional: [], rotate: true };
  assert.equal(table.put(name, 0, 1, [{ type: 'A', answer, ...rest }]), 'stored');
};

const setZone = (table: TableWriter, serial: number) => {
  const rdata = `ns.${APEX} root.${APEX} ${serial} 1 1 1 5`;
  const soa = { name: APEX, type: 'SOA', ttl: 5, rdata };
  assert.equal(table.setZone(1, { apex: APEX, soa, complete: true }), 'stored');
};

/** Replaces, removes, adds and grows until the time is over; gives the number of changes. */
const churn = async (table: TableWriter) => {
  const until = performance.now() + SECONDS * 1000;
  let version = 1;
  for (; performance.now() < until; version++) {
    const i = Math.floor(Math.random() * NAMES);
    if (i >= KEPT && Math.random() < 0.3) table.remove(`n${i}.${APEX}`, 0);
    else put(table, i, version);
    if (version % 100 === 0) setZone(table, version);
    if (version % (2 * GROWTH) < GROWTH) table.put(`x${version}.grow.${APEX}`, 0, 1, []);
    else table.remove(`x${version - GROWTH}.grow.${APEX}`, 0);
    if (version % 500 === 0) await setImmediate();
  }
  return version;
};

const stopReaders = (table: TableWriter) => {
  const words = new Int32Array(table.memory);
  for (let reader = 0; reader < READERS; reader++) {
    Atomics.store(words, readerWord(reader) + READER_STOP, 1);
  }
};

test('readers see old or new answers, never a mixture, while a writer changes them', async () => {
  const table = createTable({ octets: 8 << 20, poison: true });
  setZone(table, 0);
  for (let i = 0; i < NAMES; i++) put(table, i, 1);
  const workers = Array.from({ length: READERS }, (_, reader) => {
    const start: StressReaderStart = { memory: table.memory, reader, names: NAMES, kept: KEPT };
    return new Worker(new URL('./stress-reader.ts', import.meta.url), { workerData: start });
  });
  const reports = workers.map(async (worker) => {
    const [report]: StressReaderReport[] = await once(worker, 'message');
    return report;
  });
  await Promise.all(workers.map((worker) => once(worker, 'online')));
  const changes = await churn(table).finally(() => stopReaders(table));
  for (const report of await Promise.all(reports)) {
    assert.deepEqual(report?.wrong, []);
    assert.ok(report.answered > 1000 && report.denied > 100, JSON.stringify(report));
  }
  assert.ok(changes > 1000, `${changes} changes`);
  assert.equal(table.refusals, 0, 'what was freed was used again');
});

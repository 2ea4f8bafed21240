import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { READER_STOP, readerWord } from './layout.ts';
import { APEX, KEPT, QUESTIONS, type StressQuestion, stressAnswer } from './stress-names.ts';
import type { StressReaderReport, StressReaderStart } from './stress-reader.ts';
import type { TableWriter } from './table-writer.ts';
import { createTable } from './table-writer.ts';

/** ISTHMUS_STRESS_SECONDS makes it longer: for CI, and for who changed the reclamation. */
const SECONDS = Number(process.env.ISTHMUS_STRESS_SECONDS ?? 3);
const READERS = 2;
/** Names that come and go again, more than slots are at first: those grow, and are cleaned. */
const GROWTH = 20_000;
const OCTETS = 64 << 20;

/** Changes a table at random; each change is another version. */
class Churn {
  readonly #table = createTable({ octets: OCTETS, poison: true });
  #version = 1;

  constructor() {
    this.#setZone();
    for (const question of QUESTIONS) if (question.kind === 'own') this.#put(question);
  }

  get table(): TableWriter {
    return this.#table;
  }

  get changes(): number {
    return this.#version;
  }

  /** Replaces, removes, keeps, forgets, grows and shrinks. */
  change(): void {
    const version = ++this.#version;
    const question = QUESTIONS[Math.floor(Math.random() * QUESTIONS.length)];
    if (question !== undefined) this.#changeName(question, Math.random());
    if (version % 100 === 0) this.#setZone();
    const i = version % (2 * GROWTH);
    if (i < GROWTH) this.#table.put(`x${i}.grow.${APEX}`, 0, 1, []);
    else this.#table.remove(`x${i - GROWTH}.grow.${APEX}`, 0);
  }

  #changeName(question: StressQuestion, chance: number): void {
    const { kind, number, name, type } = question;
    switch (kind) {
      case 'own':
        if (number >= KEPT && chance < 0.3) this.#table.remove(name, 0);
        else this.#put(question);
        break;
      case 'cached':
        if (chance < 0.3) this.#table.forget(name, 0, type);
        else this.#keep(question, 'stored');
        break;
      default:
        // Ours over a cached one; ours, so that nothing is kept; gone, so that it is.
        this.#put(question);
        if (chance < 0.3) this.#keep(question, 'taken');
        else if (chance < 0.8) {
          this.#table.remove(name, 0);
          if (chance < 0.7) this.#keep(question, 'stored');
        }
    }
  }

  #put(question: StressQuestion): void {
    const answers = [stressAnswer(question, this.#version, false)];
    assert.equal(this.#table.put(question.name, 0, 1, answers), 'stored');
  }

  #keep(question: StressQuestion, outcome: 'stored' | 'taken'): void {
    const answer = stressAnswer(question, this.#version, true);
    assert.equal(this.#table.keep(question.name, 0, 0, answer), outcome);
  }

  #setZone(): void {
    const rdata = `ns.${APEX} root.${APEX} ${this.#version} 1 1 1 5`;
    const soa = { name: APEX, type: 'SOA', ttl: 5, rdata };
    assert.equal(this.#table.setZone(1, { apex: APEX, soa, complete: true }), 'stored');
  }
}

const stopReaders = (table: TableWriter) => {
  const words = new Int32Array(table.memory);
  for (let reader = 0; reader < READERS; reader++) {
    Atomics.store(words, readerWord(reader) + READER_STOP, 1);
  }
};

test('readers see old or new answers, never a mixture, while a writer changes them', async () => {
  const churn = new Churn();
  const { table } = churn;
  const workers = Array.from({ length: READERS }, (_, reader) => {
    const start: StressReaderStart = { memory: table.memory, reader };
    return new Worker(new URL('./stress-reader.ts', import.meta.url), { workerData: start });
  });
  const reports = Promise.all(
    workers.map(async (worker) => {
      const [report]: StressReaderReport[] = await once(worker, 'message');
      return report;
    }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'online')));
  const until = performance.now() + SECONDS * 1000;
  try {
    while (performance.now() < until || churn.changes < 2 * GROWTH) {
      for (let i = 0; i < 500; i++) churn.change();
      await setImmediate();
    }
  } finally {
    stopReaders(table);
  }
  for (const report of await reports) {
    assert.deepEqual(report?.wrong, []);
    const { own, cached, denied, handedOver, growths } = report;
    const saw = own > 1000 && cached > 1000 && denied > 100 && handedOver > 100 && growths > 1;
    assert.ok(saw, JSON.stringify(report));
  }
  assert.equal(table.refusals, 0, 'what was freed was used again');
});

import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { type Clock, SYSTEM_CLOCK } from '../../../libs/clock/clock.ts';
import { GivenClock } from '../../../libs/clock/given-clock.ts';
import type {
  Delivery,
  Entry,
  EventLog,
  Head,
  ReadFrom,
  StoredEntry,
} from '../../../libs/log/log.ts';
import { headAt } from '../../../libs/log/mark.ts';
import { createMemoryLogs } from '../../../libs/log/memory.ts';
import { MemoryStore } from '../../../libs/store/memory.ts';
import { createLog } from '../../../libs/telemetry/log.ts';
import { StoreProjector } from './store-projector.ts';
import { Turns } from './turns.ts';

let ids = 0;
function entry(subject: string, text: string): Entry {
  return { subject, data: new TextEncoder().encode(text), id: `entry-${ids++}` };
}

const stopping: AbortController[] = [];
afterEach(() => {
  for (const one of stopping.splice(0)) one.abort();
});

function project(eventLog: EventLog, store: MemoryStore, clock: Clock = SYSTEM_CLOCK) {
  const stop = new AbortController();
  stopping.push(stop);
  const lines: string[] = [];
  const turns = new Turns({ atOnce: 1, atMostMs: 1000, clock });
  const projector = new StoreProjector({
    turns,
    eventLog,
    store,
    log: createLog((line) => lines.push(line)),
    random: () => 0,
    clock,
    signal: stop.signal,
  });
  return { projector, lines };
}

/** Looks again as long as it takes: pauses of the projector are half a second. */
async function until(fact: () => Promise<boolean>): Promise<void> {
  while (!(await fact())) await new Promise((done) => setTimeout(done, 5));
}

async function factsIn(store: MemoryStore): Promise<Readonly<Record<string, string>>> {
  const facts = [...((await store.read('east'))?.facts ?? [])];
  return Object.fromEntries(facts.map(([key, data]) => [key, new TextDecoder().decode(data)]));
}

/** A log whose reading can be watched and held up, between the log and the projector. */
function observed(log: EventLog, onDelivery: (delivery: Delivery) => Promise<void>) {
  let reads = 0;
  const read = async function* (from: ReadFrom, signal: AbortSignal) {
    reads++;
    for await (const delivery of log.read(from, signal)) {
      await onDelivery(delivery);
      yield delivery;
    }
  };
  const eventLog: EventLog = {
    cluster: log.cluster,
    head: () => log.head(),
    append: (expected, entries) => log.append(expected, entries),
    forget: (outdated) => log.forget(outdated),
    entryAt: (position) => log.entryAt(position),
    lastOf: (subject) => log.lastOf(subject),
    read,
  };
  return { eventLog, reads: () => reads };
}

function positioned(entries: readonly Entry[], first: number): readonly StoredEntry[] {
  return entries.map(({ subject, data }, i) => ({ subject, data, position: first + i }));
}

describe('the store is kept up to the log', () => {
  test('what is read while the store catches up is newer than what it catches up with', async () => {
    const log = createMemoryLogs().open('east');
    await log.append(0, [entry('a', 'a1')]);
    const store = new MemoryStore();
    const head = await log.head();
    await store.advance('east', undefined, head, positioned([entry('a', 'a1')], 1));
    const rest = [entry('b', 'old'), entry('c', 'c1')];
    await log.append(1, rest);

    let isBegun = false;
    const { eventLog } = observed(log, async (delivery) => {
      if (isBegun || delivery.kind !== 'entries') return;
      isBegun = true;
      // The resolver's own reading is faster, and has the next entry already.
      const news = [entry('b', 'new')];
      await log.append(3, news);
      projector.offer(positioned(news, 4));
    });
    const { projector } = project(eventLog, store);
    projector.restarted(head);
    await until(async () => ((await store.head('east'))?.position ?? 0) >= 4);
    assert.deepEqual(await factsIn(store), { a: 'a1', b: 'new', c: 'c1' });
  });

  test('a log that lost its end fills the store again, and is not asked without pause', async () => {
    const log = createMemoryLogs().open('east');
    await log.append(0, [entry('a', 'a1'), entry('b', 'kept')]);
    const store = new MemoryStore();
    const { eventLog, reads } = observed(log, async () => {});
    const head = await log.head();
    const before: Head = { ...head, position: 4 };
    const lost = [entry('a', 'a1'), entry('b', 'kept'), entry('b', 'lost'), entry('c', 'lost')];
    await store.advance('east', undefined, before, positioned(lost, 1));
    const { projector } = project(eventLog, store);
    projector.startAt(before);
    projector.restarted(head);
    await until(async () => (await store.head('east'))?.position === 2);
    assert.deepEqual(await factsIn(store), { a: 'a1', b: 'kept' });
    assert.equal(reads(), 1);
  });

  test('a store that was rolled back gets what it lacks, not only what is new', async () => {
    const log = createMemoryLogs().open('east');
    const all = [entry('a', 'a1'), entry('b', 'b1'), entry('c', 'c1')];
    await log.append(0, all);
    const store = new MemoryStore();
    const head = await log.head();
    const { projector } = project(log, store);
    // It knew the store at 3, and Redis came back with what it had saved at 1.
    projector.startAt(head);
    await store.advance(
      'east',
      undefined,
      { ...head, position: 1 },
      positioned(all.slice(0, 1), 1),
    );
    const news = [entry('d', 'd1')];
    await log.append(3, news);
    projector.offer(positioned(news, 4));
    await until(async () => (await store.head('east'))?.position === 4);
    assert.deepEqual(await factsIn(store), { a: 'a1', b: 'b1', c: 'c1', d: 'd1' });
  });

  test('a store that has what the log lost is filled anew, though the log got there again', async () => {
    const log = createMemoryLogs().open('east');
    const all = [entry('a', 'a1'), entry('b', 'again')];
    await log.append(0, all);
    const { incarnation } = await log.head();
    const store = new MemoryStore();
    const [first, lost] = positioned([entry('a', 'a1'), entry('b', 'lost')], 1);
    assert.ok(first !== undefined && lost !== undefined);
    await store.advance('east', undefined, headAt(incarnation, lost), [first, lost]);
    const { projector } = project(log, store);
    projector.offer(positioned(all, 1));
    const news = [entry('c', 'c1')];
    await log.append(2, news);
    projector.offer(positioned(news, 3));
    await until(async () => (await store.head('east'))?.position === 3);
    assert.deepEqual(await factsIn(store), { a: 'a1', b: 'again', c: 'c1' });
  });

  test('a store that was emptied is filled again, though nothing happens in the cluster', async () => {
    const log = createMemoryLogs().open('east');
    const all = [entry('a', 'a1'), entry('b', 'b1')];
    await log.append(0, all);
    const store = new MemoryStore();
    const clock = new GivenClock();
    const { projector } = project(log, store, clock);
    projector.offer(positioned(all, 1));
    await until(async () => (await store.head('east'))?.position === 2);
    void projector.keepFilled();
    await store.discard('east', await log.head());
    await until(async () => {
      clock.advance(60_000);
      return (await store.head('east'))?.position === 2;
    });
    assert.deepEqual(await factsIn(store), { a: 'a1', b: 'b1' });
  });

  test('a store that is behind what the resolver began with gets all that lies between', async () => {
    const log = createMemoryLogs().open('east');
    const all = [entry('a', 'a1'), entry('b', 'b1'), entry('c', 'c1')];
    await log.append(0, all);
    const store = new MemoryStore();
    const head = await log.head();
    await store.advance(
      'east',
      undefined,
      { ...head, position: 1 },
      positioned(all, 1).slice(0, 1),
    );
    const { projector } = project(log, store);
    // From its disk.
    projector.readsFrom(head);
    const news = [entry('d', 'd1')];
    await log.append(3, news);
    projector.offer(positioned(news, 4));
    await until(async () => (await store.head('east'))?.position === 4);
    assert.deepEqual(await factsIn(store), { a: 'a1', b: 'b1', c: 'c1', d: 'd1' });
  });

  test('entries of a log that was made anew meanwhile do not get into its store', async () => {
    const [old, made] = [createMemoryLogs().open('east'), createMemoryLogs().open('east')];
    await old.append(0, [entry('a', 'old')]);
    await made.append(0, [entry('a', 'new')]);
    const [before, after] = [await old.head(), await made.head()];
    const store = new MemoryStore();
    await store.advance('east', undefined, after, positioned([entry('a', 'new')], 1));
    // The resolver still reads the old one; the head was first asked for before the end of it.
    let asked = 0;
    const { eventLog } = observed(made, async () => {});
    const head = () => (asked++ === 0 ? old.head() : made.head());
    const { projector } = project({ ...eventLog, head }, store);
    projector.startAt(before);
    projector.offer(positioned([entry('b', 'old')], 5));
    await until(async () => asked > 2);
    projector.restarted(after);
    const news = [entry('c', 'new')];
    await made.append(1, news);
    projector.offer(positioned(news, 2));
    await until(async () => 'c' in (await factsIn(store)));
    assert.deepEqual(await factsIn(store), { a: 'new', c: 'new' });
    assert.equal((await store.head('east'))?.position, 2);
  });

  test('a log that can not be used as it is leaves the resolver alone, and is tried again', async () => {
    const log = createMemoryLogs().open('east');
    await log.append(0, [entry('a', 'a1')]);
    const store = new MemoryStore();
    let asked = 0;
    const head = async () => {
      if (asked++ === 0) throw new Error('Cannot use stream "x": its entries expire');
      return log.head();
    };
    const { projector, lines } = project(
      { ...observed(log, async () => {}).eventLog, head },
      store,
    );
    projector.offer(positioned([entry('a', 'a1')], 1));
    await until(async () => (await store.head('east'))?.position === 1);
    assert.deepEqual(lines, ['[WARNING] cluster east: Cannot use stream "x": its entries expire']);
  });
});

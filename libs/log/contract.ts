/**
 * The laws of the log, as tests that run on every adapter:
 *
 *   describe('memory', () => testLogContract(async () => { … return { connect, end } }));
 *
 * Every test has a cluster of its own, so that one medium serves them all.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { Follower } from './follower.ts';
import {
  type AppendOutcome,
  ENTRY_OCTETS_MAX,
  type Entry,
  type EventLog,
  type Head,
  HISTORY_PER_SUBJECT,
  type Logs,
  type Position,
} from './log.ts';

/** Where logs are kept: one server, one directory, one process. */
export interface Medium {
  /** Another access to it: of another process as far as the medium can tell. */
  connect(): Promise<Logs>;
  /** After all tests. */
  end(): Promise<void>;
}

/** The federation of the subjects that the tests append to. */
export const FEDERATION = 'contract';

export function entry(cluster: string, tail: string, text: string): Entry {
  const subject = `isthmus.${FEDERATION}.${cluster}.${tail}`;
  return { subject, data: new TextEncoder().encode(text), id: randomUUID() };
}

export function testLogContract(start: () => Promise<Medium>): void {
  let medium: Medium;
  let logs: Logs;
  let others: Logs;
  let clusters = 0;
  before(async () => {
    medium = await start();
    logs = await medium.connect();
    others = await medium.connect();
  });
  after(async () => {
    await logs?.close();
    await others?.close();
    await medium?.end();
  });

  /** A new cluster's log, opened twice: by two processes where the medium allows for more than one. */
  function newLog(): { log: EventLog; other: EventLog; put: Put } {
    clusters += 1;
    const cluster = `c${clusters}`;
    const put = (tail: string, text: string) => entry(cluster, tail, text);
    return { log: logs.open(cluster), other: others.open(cluster), put };
  }

  testAppend(newLog);
  testFence(newLog);
  testRead(newLog);
  testReadFromPosition(newLog);
  testLimits(newLog);

  test('clusters names those that have a log', async () => {
    const { log, put } = newLog();
    await log.append(0, [put('a', '1')]);
    const names = await logs.clusters();
    assert.ok(names.includes(log.cluster), names.join());
    assert.deepEqual(names, [...names].sort());
  });

  test('open refuses what is no name of a cluster', () => {
    for (const name of ['', 'East', 'a.b', 'a b', '*', '>', '../a', '-a', 'a'.repeat(64)]) {
      assert.throws(
        () => logs.open(name),
        /^RangeError: Cannot open the log of cluster ".*expected/,
      );
    }
  });
}

type Put = (tail: string, text: string) => Entry;
type NewLog = () => { log: EventLog; other: EventLog; put: Put };

function testAppend(newLog: NewLog): void {
  test('a new log has its head at 0', async () => {
    const { log } = newLog();
    assert.equal((await log.head()).position, 0);
  });

  test('positions grow, and the head is the last of them', async () => {
    const { log, put } = newLog();
    const first = positionsOf(await log.append(0, [put('a', '1'), put('b', '1')]));
    const second = positionsOf(await log.append(last(first), [put('a', '2')]));
    assertGrows([0, ...first, ...second]);
    assert.equal((await log.head()).position, last(second));
  });

  test('both accesses see one head, in one incarnation', async () => {
    const { log, other, put } = newLog();
    await log.append(0, [put('a', '1')]);
    assert.deepEqual(await other.head(), await log.head());
  });

  test('an append that expects a position that is not the head is a conflict', async () => {
    const { log, other, put } = newLog();
    const [head] = positionsOf(await other.append(0, [put('a', '1')]));
    for (const expected of [0, 7]) {
      const outcome = await log.append(expected, [put('a', '2'), put('b', '2')]);
      assert.deepEqual(outcome, { kind: 'conflict', positions: [], head });
    }
  });

  test('an append that is repeated gives the same positions and stores nothing twice', async () => {
    const { log, other, put } = newLog();
    const entries = [put('a', '1'), put('b', '1')];
    const first = await log.append(0, entries);
    assert.deepEqual(await log.append(0, entries), first);
    assert.deepEqual(await other.append(0, entries), first);
    const head = last(positionsOf(first));
    await other.append(head, [put('c', '1')]);
    assert.deepEqual(await log.append(0, entries), first);
    assert.equal((await log.head()).position, head + 1);
  });

  test('an append whose beginning is stored already goes on behind it', async () => {
    const { log, put } = newLog();
    const [a, b] = [put('a', '1'), put('b', '1')];
    const stored = positionsOf(await log.append(0, [a]));
    const positions = positionsOf(await log.append(0, [a, b]));
    assert.deepEqual(positions.slice(0, 1), stored);
    assert.equal((await log.head()).position, last(positions));
  });

  test('where another writer came after the first of the entries, the conflict names those', async () => {
    const { log, other, put } = newLog();
    const [a, b] = [put('a', '1'), put('b', '1')];
    const positions = positionsOf(await log.append(0, [a]));
    const [head] = positionsOf(await other.append(last(positions), [put('x', '1')]));
    assert.deepEqual(await log.append(0, [a, b]), { kind: 'conflict', positions, head });
  });

  test('an append of nothing stores nothing', async () => {
    const { log } = newLog();
    assert.deepEqual(await log.append(0, []), { kind: 'appended', positions: [] });
    assert.equal((await log.head()).position, 0);
  });
}

function testFence(newLog: NewLog): void {
  for (const writers of [2, 3]) {
    test(`of ${writers} writers that expect the same position exactly one goes on`, async () => {
      const { log, other, put } = newLog();
      let head = 0;
      for (let round = 0; round < 10; round += 1) {
        const outcomes = await Promise.all(
          Array.from({ length: writers }, (_, w) =>
            (w % 2 === 0 ? log : other).append(head, [put('x', `${round} by ${w}`)]),
          ),
        );
        const appended = outcomes.filter(({ kind }) => kind === 'appended');
        assert.equal(appended.length, 1, JSON.stringify(outcomes));
        head = (await log.head()).position;
        assert.deepEqual(appended[0]?.positions, [head]);
      }
    });
  }

  test('what racing writers store is all that the log has, each entry once', async () => {
    const { log, other, put } = newLog();
    const each = 20;
    const write = async (via: EventLog, name: string) => {
      const mine: [Position, string][] = [];
      let head = (await via.head()).position;
      while (mine.length < each) {
        const text = `${name} ${mine.length}`;
        const outcome = await via.append(head, [put(name, text)]);
        if (outcome.kind === 'appended') mine.push([last(outcome.positions), text]);
        head = outcome.kind === 'appended' ? last(outcome.positions) : outcome.head;
      }
      return mine;
    };
    const written = await Promise.all([write(log, 'a'), write(other, 'b'), write(other, 'c')]);
    const all = written.flat().sort(([a], [b]) => a - b);
    assertGrows(all.map(([position]) => position));
    assert.equal((await log.head()).position, all.at(-1)?.[0]);
    const { incarnation } = await log.head();
    const replay = new Follower(log, { kind: 'after', head: { incarnation, position: 0 } });
    await replay.caughtUp();
    await replay.stop();
    assert.deepEqual(
      replay.positions.map((position, i) => [position, replay.texts[i]]),
      all,
    );
  });

  test('a deposed writer cannot slip one entry in, not even while its successor writes', async () => {
    const { log: deposed, other: successor, put } = newLog();
    const known = last(positionsOf(await deposed.append(0, [put('x', 'old 1')])));
    let head = last(positionsOf(await successor.append(known, [put('x', 'new 1')])));
    const late: Promise<AppendOutcome>[] = [];
    for (let i = 2; i <= 10; i += 1) {
      late.push(deposed.append(known, [put('x', `old ${i}`)]));
      head = last(positionsOf(await successor.append(head, [put('x', `new ${i}`)])));
    }
    for (const outcome of await Promise.all(late)) assert.equal(outcome.kind, 'conflict');
    const reader = new Follower(deposed, { kind: 'after', head: await replayOf(deposed) });
    await reader.reached(head);
    await reader.stop();
    assert.deepEqual(
      reader.texts.filter((text) => text.startsWith('old')),
      ['old 1'],
    );
  });
}

function testRead(newLog: NewLog): void {
  test('a reader of an empty log is told that it has caught up', async () => {
    const { log } = newLog();
    const reader = new Follower(log);
    await reader.caughtUp();
    await reader.stop();
    assert.deepEqual(reader.deliveries, [{ kind: 'caught-up', position: 0 }]);
  });

  test('a reader gets the last entry of each subject in order, is caught up, gets the tail', async () => {
    const { log, put } = newLog();
    const entries = [put('a', 'a1'), put('b', 'b1'), put('a', 'a2'), put('c.d.e', 'c1')];
    const head = last(positionsOf(await log.append(0, entries)));
    const reader = new Follower(log);
    await reader.caughtUp();
    assert.deepEqual(reader.texts, ['b1', 'a2', 'c1']);
    assert.deepEqual(reader.deliveries.at(-1), { kind: 'caught-up', position: head });
    assert.equal(reader.entries.at(-1)?.subject, entries[3]?.subject);

    const tail = last(positionsOf(await log.append(head, [put('b', 'b2'), put('b', 'b3')])));
    await reader.reached(tail);
    await reader.stop();
    assert.deepEqual(reader.texts, ['b1', 'a2', 'c1', 'b2', 'b3']);
    assertGrows(reader.positions);
    assert.equal(reader.deliveries.filter(({ kind }) => kind === 'caught-up').length, 1);
  });

  test('readers that begin while a writer writes have no gap, no duplicate, no other order', async () => {
    const { log, other, put } = newLog();
    const first = Array.from({ length: 300 }, (_, i) => put(`s${i % 50}`, `${i}`));
    let head = last(positionsOf(await log.append(0, first)));
    const texts = new Map(first.map(({ data }, i) => [i + 1, new TextDecoder().decode(data)]));
    const readers: Follower[] = [];
    const begun: Position[] = [];
    for (let i = 300; i < 600; i += 1) {
      if (i % 60 === 0) {
        begun.push(head);
        readers.push(new Follower(other));
      }
      head = last(positionsOf(await log.append(head, [put(`s${i % 50}`, `${i}`)])));
      texts.set(head, `${i}`);
    }
    for (const [i, reader] of readers.entries()) {
      await reader.reached(head);
      await reader.stop();
      assertGrows(reader.positions);
      for (const [j, position] of reader.positions.entries()) {
        assert.equal(reader.texts[j], texts.get(position));
      }
      // It began no earlier than at begun[i], so all that came after it had caught up is there.
      const caughtUp = reader.deliveries.find(({ kind }) => kind === 'caught-up');
      assert.ok(caughtUp?.kind === 'caught-up' && caughtUp.position >= (begun[i] ?? 0));
      const tail = reader.positions.filter((position) => position > caughtUp.position);
      assert.deepEqual(tail, fromTo(caughtUp.position + 1, head));
      assert.equal(reader.state.size, 50);
    }
  });

  test('whenever reading begins, it comes to the same as a replay of all', async () => {
    const step = fc.record({ tail: fc.constantFrom('a', 'b', 'c', 'd.e'), text: fc.string() });
    const batch = fc.array(step, { minLength: 1, maxLength: 5 });
    const history = fc.tuple(fc.array(batch, { maxLength: 6 }), fc.array(batch, { maxLength: 6 }));
    await fc.assert(
      fc.asyncProperty(history, async ([before, meanwhile]) => {
        const { log, put } = newLog();
        let head = 0;
        const model = new Map<string, string>();
        const append = async (steps: readonly { tail: string; text: string }[]) => {
          const entries = steps.map(({ tail, text }) => put(tail, text));
          head = last(positionsOf(await log.append(head, entries)));
          for (const [i, { subject }] of entries.entries())
            model.set(subject, steps[i]?.text ?? '');
        };
        const replay = new Follower(log, { kind: 'after', head: await replayOf(log) });
        for (const steps of before) await append(steps);
        const reader = new Follower(log);
        for (const steps of meanwhile) await append(steps);
        for (const one of [replay, reader]) {
          await one.caughtUp();
          if (head > 0) await one.reached(head);
          await one.stop();
        }
        assert.deepEqual(reader.state, replay.state);
        assert.deepEqual(replay.state, model);
        assert.deepEqual(replay.positions, fromTo(1, head));
      }),
      { numRuns: 15 },
    );
  });

  test('abort ends reading without an error: before it begins, at the head, and amid entries', async () => {
    const { log, put } = newLog();
    await log.append(
      0,
      Array.from({ length: 50 }, (_, i) => put(`s${i}`, '')),
    );
    for await (const _ of log.read({ kind: 'last-per-subject' }, AbortSignal.abort())) {
      assert.fail('delivered after abort');
    }
    const atHead = new Follower(log);
    await atHead.caughtUp();
    await atHead.stop();
    const abort = new AbortController();
    for await (const _ of log.read({ kind: 'last-per-subject' }, abort.signal)) abort.abort();
    for await (const _ of log.read({ kind: 'last-per-subject' }, new AbortController().signal)) {
      break;
    }
  });
}

function testReadFromPosition(newLog: NewLog): void {
  test('a reader after a position gets what follows it, and no more', async () => {
    const { log, put } = newLog();
    const texts = ['a1', 'a2', 'b1', 'a3'];
    const entries = texts.map((text) => put(text.slice(0, 1), text));
    const positions = positionsOf(await log.append(0, entries));
    const { incarnation } = await log.head();
    for (const [i, position] of [0, ...positions].entries()) {
      const reader = new Follower(log, { kind: 'after', head: { incarnation, position } });
      await reader.caughtUp();
      await reader.stop();
      assert.deepEqual(reader.texts, texts.slice(i));
      assert.deepEqual(reader.deliveries.at(-1), { kind: 'caught-up', position: last(positions) });
    }
  });

  test('a reader after the head is caught up at once, and gets the tail', async () => {
    const { log, other, put } = newLog();
    await log.append(0, [put('a', 'a1')]);
    const head = await log.head();
    const reader = new Follower(other, { kind: 'after', head });
    await reader.caughtUp();
    assert.deepEqual(reader.deliveries, [{ kind: 'caught-up', position: head.position }]);
    await log.append(head.position, [put('a', 'a2')]);
    await reader.until(() => reader.texts.includes('a2'));
    await reader.stop();
  });

  test('a reader after a position of another log, or beyond the head, is told and starts over', async () => {
    const { log, put } = newLog();
    await log.append(0, [put('a', 'a1'), put('a', 'a2'), put('b', 'b1')]);
    const head = await log.head();
    const strange: Head[] = [
      { incarnation: 'another', position: 1 },
      { incarnation: head.incarnation, position: head.position + 1 },
    ];
    for (const from of strange) {
      const reader = new Follower(log, { kind: 'after', head: from });
      await reader.caughtUp();
      await reader.stop();
      assert.deepEqual(reader.deliveries[0], { kind: 'restarted', head });
      assert.deepEqual(reader.texts, ['a2', 'b1']);
    }
  });
}

function testLimits(newLog: NewLog): void {
  test(`of each subject the last ${HISTORY_PER_SUBJECT} entries are kept`, async () => {
    const { log, put } = newLog();
    const count = HISTORY_PER_SUBJECT + 6;
    const busy = Array.from({ length: count }, (_, i) => put('busy', `${i + 1}`));
    const head = last(positionsOf(await log.append(0, [put('quiet', '0'), ...busy])));
    const reader = new Follower(log, { kind: 'after', head: await replayOf(log) });
    await reader.reached(head);
    await reader.stop();
    const kept = fromTo(count - HISTORY_PER_SUBJECT + 1, count).map(String);
    assert.deepEqual(reader.texts, ['0', ...kept]);
  });

  test('an append that is repeated is known again by what history has left of it', async () => {
    const { log, put } = newLog();
    const count = HISTORY_PER_SUBJECT + 6;
    const entries = Array.from({ length: count }, (_, i) => put('busy', `${i + 1}`));
    const first = await log.append(0, entries);
    assert.deepEqual(await log.append(0, entries), first);
  });

  test(`an entry of ${ENTRY_OCTETS_MAX} octets is stored and read`, async () => {
    const { log, put } = newLog();
    const data = new Uint8Array(ENTRY_OCTETS_MAX).fill(7);
    const large = () => ({ ...put('large', ''), data });
    const positions = positionsOf(await log.append(0, Array.from({ length: 6 }, large)));
    const reader = new Follower(log, { kind: 'after', head: await replayOf(log) });
    await reader.reached(last(positions));
    await reader.stop();
    assert.deepEqual(reader.positions, positions);
    assert.ok(reader.entries.every((one) => Buffer.compare(one.data, data) === 0));
  });

  test('a larger one is refused, with all that should have been stored beside it', async () => {
    const { log, put } = newLog();
    const large = { ...put('large', ''), data: new Uint8Array(ENTRY_OCTETS_MAX + 1) };
    await assert.rejects(log.append(0, [put('a', '1'), large]), {
      name: 'RangeError',
      message: /^Cannot append ".*large": its data has 921601 octets; expected at most 921600$/,
    });
    assert.equal((await log.head()).position, 0);
  });
}

function positionsOf(outcome: AppendOutcome): readonly Position[] {
  assert.equal(outcome.kind, 'appended', JSON.stringify(outcome));
  return outcome.positions;
}

function last(positions: readonly Position[]): Position {
  return positions.at(-1) ?? assert.fail('no position');
}

/** From where a reader gets all that is kept. */
async function replayOf(log: EventLog): Promise<Head> {
  return { incarnation: (await log.head()).incarnation, position: 0 };
}

function assertGrows(positions: readonly Position[]): void {
  for (const [i, position] of positions.entries()) {
    assert.ok(i === 0 || position > (positions[i - 1] ?? 0), `${positions.slice(0, i + 1)}`);
  }
}

function fromTo(first: number, end: number): readonly number[] {
  return Array.from({ length: Math.max(0, end - first + 1) }, (_, i) => first + i);
}

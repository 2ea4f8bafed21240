/** The laws of appending: positions, the fence, and knowing one's own entries again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertGrows, last, type NewLog, positionsOf, replayOf } from './contract-facts.ts';
import { Follower } from './follower.ts';
import type { AppendOutcome, Entry, EventLog, Position } from './log.ts';
import { markOf } from './mark.ts';

export function testAppend(newLog: NewLog): void {
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

  test('where another writer came after the first entry, the conflict names that', async () => {
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

export function testFence(newLog: NewLog): void {
  test('an append after another entry than the writer knows there is a conflict', async () => {
    const { log, other, put } = newLog();
    await other.append(0, [put('a', '1')]);
    const { incarnation, position } = await log.head();
    const append = (known: Entry) =>
      log.append(position, [put('a', '2')], incarnation, markOf(known));
    assert.deepEqual(await append(put('a', 'lost')), {
      kind: 'conflict',
      positions: [],
      head: position,
    });
    assert.deepEqual(positionsOf(await append(put('a', '1'))), [position + 1]);
  });

  test('a position of another log is a conflict, though the head is there', async () => {
    const { log, put } = newLog();
    await log.append(0, [put('a', '1')]);
    const head = await log.head();
    const other = await log.append(head.position, [put('a', '2')], 'another');
    assert.deepEqual(other, { kind: 'conflict', positions: [], head: head.position });
    const same = await log.append(head.position, [put('a', '2')], head.incarnation);
    assert.equal(same.kind, 'appended');
  });

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

  test('a deposed writer cannot slip one entry in while its successor writes', async () => {
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

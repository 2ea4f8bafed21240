/** The laws of forgetting: what goes, what stays, and who is told to start over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { last, type NewLog, positionsOf, replayOf } from './contract-facts.ts';
import { Follower } from './follower.ts';
import { MARK_TAIL, OUTDATED_MAX } from './log.ts';

/** What the mark is called below the cluster. */
const MARK = MARK_TAIL.slice(1);

/** A copy that lags may still have the word that there is nothing. */
const isThere = (text: string) => text !== '-';

export function testForget(newLog: NewLog): void {
  test('a subject that is forgotten has no entry, whoever reads', async () => {
    const { log, other, put, startOf } = newLog();
    const [gone, kept, again] = [put('a', '-'), put('b', 'b1'), put('a', 'a1')];
    const positions = positionsOf(await log.append(0, [again, kept, gone]));
    const outdated = [{ subject: gone.subject, position: last(positions) }];
    const marked = await log.forget(last(positions), put(MARK, 'm1'), outdated);
    const head = last(positionsOf(marked));
    assert.equal((await other.head()).position, head);
    assert.equal(await other.lastOf(gone.subject), undefined);
    assert.equal(await other.entryAt(last(positions)), undefined);
    const reader = new Follower(other);
    await reader.caughtUp();
    await reader.stop();
    assert.deepEqual(startOf(reader.entries).filter(isThere), ['b1', 'm1']);
    assert.deepEqual(reader.deliveries.at(-1), { kind: 'caught-up', position: head });
  });

  test('what came after the position stays', async () => {
    const { log, put, startOf } = newLog();
    const [first, removed, back] = [put('a', 'a1'), put('a', '-'), put('a', 'a2')];
    const positions = positionsOf(await log.append(0, [first, removed, back]));
    const outdated = [{ subject: first.subject, position: positions[1] ?? 0 }];
    await log.forget(last(positions), put(MARK, 'm1'), outdated);
    const reader = new Follower(log, { kind: 'last-per-subject' });
    await reader.caughtUp();
    await reader.stop();
    assert.deepEqual(startOf(reader.entries), ['a2', 'm1']);
  });

  test('who expects a position that is not the head forgets nothing', async () => {
    const { log, other, put } = newLog();
    const removed = put('a', '-');
    const [position = 0] = positionsOf(await log.append(0, [removed]));
    const head = last(positionsOf(await other.append(position, [put('b', 'b1')])));
    const outdated = [{ subject: removed.subject, position }];
    const outcome = await log.forget(position, put(MARK, 'm1'), outdated);
    assert.deepEqual(outcome, { kind: 'conflict', positions: [], head });
    assert.equal((await log.lastOf(removed.subject))?.position, position);
  });

  test('it may be repeated', async () => {
    const { log, put } = newLog();
    const removed = put('a', '-');
    const [position = 0] = positionsOf(await log.append(0, [removed]));
    const [mark, outdated] = [put(MARK, 'm1'), [{ subject: removed.subject, position }]];
    const first = await log.forget(position, mark, outdated);
    assert.deepEqual(await log.forget(position, mark, outdated), first);
    assert.equal((await log.head()).position, last(positionsOf(first)));
  });

  test('a reader after a position before what was forgotten starts over', async () => {
    const { log, other, put, startOf } = newLog();
    const entries = [put('a', 'a1'), put('b', 'b1'), put('a', '-'), put('c', 'c1')];
    const positions = positionsOf(await log.append(0, entries));
    const { incarnation } = await log.head();
    const [, , position = 0] = positions;
    const outdated = [{ subject: entries[0]?.subject ?? '', position }];
    await log.forget(last(positions), put(MARK, 'm1'), outdated);
    const head = await log.head();
    for (const [i, texts] of [
      ['b1', 'c1', 'm1'],
      ['b1', 'c1', 'm1'],
      ['c1', 'm1'],
      ['m1'],
    ].entries()) {
      const from = { incarnation, position: positions[i] ?? 0 };
      const reader = new Follower(other, { kind: 'after', head: from });
      await reader.caughtUp();
      await reader.stop();
      const said = startOf(reader.entries).filter(isThere);
      assert.deepEqual(said, texts, `after ${from.position}`);
      const isOver = from.position < position;
      assert.deepEqual(reader.deliveries[0]?.kind, isOver ? 'restarted' : 'entries');
      if (isOver) assert.deepEqual(reader.deliveries[0], { kind: 'restarted', head });
    }
  });

  test('a reader that is in step goes on', async () => {
    const { log, other, put } = newLog();
    const removed = put('a', '-');
    const [position = 0] = positionsOf(await log.append(0, [removed]));
    const reader = new Follower(other, { kind: 'after', head: await replayOf(other) });
    await reader.caughtUp();
    let head = position;
    for (const text of ['m1', 'm2']) {
      const outdated = [{ subject: removed.subject, position }];
      head = last(positionsOf(await log.forget(head, put(MARK, text), outdated)));
      head = last(positionsOf(await log.append(head, [put('b', `after ${text}`)])));
    }
    await reader.reached(head);
    await reader.stop();
    assert.deepEqual(reader.texts, ['-', 'm1', 'after m1', 'm2', 'after m2']);
    assert.equal(reader.has('restarted'), false);
  });

  test('only so many subjects at once, and a mark that can be found', async () => {
    const { log, put } = newLog();
    const outdated = Array.from({ length: OUTDATED_MAX + 1 }, (_, i) => {
      return { subject: put(`s${i}`, '').subject, position: 1 };
    });
    await assert.rejects(log.forget(0, put(MARK, ''), outdated), {
      name: 'RangeError',
      message: /^Cannot forget 201 subjects at once: expected at most 200$/,
    });
    await assert.rejects(log.forget(0, put('mark', ''), []), {
      name: 'RangeError',
      message: /^Cannot mark what is forgotten as ".*mark": expected a subject with /,
    });
    assert.equal((await log.head()).position, 0);
  });
}

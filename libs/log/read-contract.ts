/** The laws of reading: last per subject, then the tail; from a position; until aborted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertGrows, fromTo, last, type NewLog, positionsOf, replayOf } from './contract-facts.ts';
import { Follower } from './follower.ts';
import type { Head, Position } from './log.ts';
import { markOf } from './mark.ts';

export function testRead(newLog: NewLog): void {
  test('a reader of an empty log is told that it has caught up', async () => {
    const { log } = newLog();
    const reader = new Follower(log);
    await reader.caughtUp();
    await reader.stop();
    assert.deepEqual(reader.deliveries, [{ kind: 'caught-up', position: 0 }]);
  });

  test('a reader gets the last of each subject in order, is caught up, gets the tail', async () => {
    const { log, put, startOf } = newLog();
    const entries = [put('a', 'a1'), put('b', 'b1'), put('a', 'a2'), put('c.d.e', 'c1')];
    const head = last(positionsOf(await log.append(0, entries)));
    const reader = new Follower(log);
    await reader.caughtUp();
    assert.deepEqual(startOf(reader.entries), ['b1', 'a2', 'c1']);
    const began = reader.entries.length;
    assert.deepEqual(reader.deliveries.at(-1), { kind: 'caught-up', position: head });
    assert.equal(reader.entries.at(-1)?.subject, entries[3]?.subject);

    const tail = last(positionsOf(await log.append(head, [put('b', 'b2'), put('b', 'b3')])));
    await reader.reached(tail);
    await reader.stop();
    assert.deepEqual(reader.texts.slice(began), ['b2', 'b3']);
    assertGrows(reader.positions);
    assert.equal(reader.deliveries.filter(({ kind }) => kind === 'caught-up').length, 1);
  });

  test('a reader that begins while a writer writes has no gap, duplicate or reorder', async () => {
    const { log, other, put } = newLog();
    const first = Array.from({ length: 300 }, (_, i) => put(`s${i % 50}`, `${i}`));
    let head = last(positionsOf(await log.append(0, first)));
    const texts = new Map(first.map(({ data }, i) => [i + 1, new TextDecoder().decode(data)]));
    const readers: Follower[] = [];
    /** What the head was when the writer first saw the reader caught up. */
    const caughtUpAt = new Map<Follower, Position>();
    for (let i = 300; i < 600; i += 1) {
      if (i % 60 === 0) readers.push(new Follower(other));
      head = last(positionsOf(await log.append(head, [put(`s${i % 50}`, `${i}`)])));
      texts.set(head, `${i}`);
      for (const reader of readers) {
        if (reader.has('caught-up') && !caughtUpAt.has(reader)) caughtUpAt.set(reader, head);
      }
    }
    for (const reader of readers) {
      await reader.reached(head);
      await reader.stop();
      assertGrows(reader.positions);
      for (const [i, position] of reader.positions.entries()) {
        assert.equal(reader.texts[i], texts.get(position));
      }
      const from = caughtUpAt.get(reader) ?? head;
      const tail = reader.positions.filter((position) => position > from);
      assert.deepEqual(tail, fromTo(from + 1, head));
      assert.equal(reader.state.size, 50);
      const read = readAtCaughtUp(reader);
      const lastOf = new Map(fromTo(1, read.at(-1) ?? 0).map((at) => [at % 50, at]));
      const subjects = new Map(read.map((at) => [at % 50, at]));
      assert.deepEqual([...subjects].sort(), [...lastOf].sort(), 'caught up before it had all');
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

  test('abort ends reading without an error: before it, at the head, amid entries', async () => {
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

/** Positions of what was delivered before the reader was told that it has caught up. */
function readAtCaughtUp({ deliveries }: Follower): readonly Position[] {
  const end = deliveries.findIndex(({ kind }) => kind === 'caught-up');
  const before = deliveries.slice(0, end);
  return before.flatMap((one) =>
    one.kind === 'entries' ? one.entries.map(({ position }) => position) : [],
  );
}

export function testReadFromPosition(newLog: NewLog): void {
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

  test('a reader after an entry that it knows by its mark goes on there', async () => {
    const { log, put } = newLog();
    await log.append(0, [put('a', 'a1'), put('b', 'b1')]);
    const { incarnation } = await log.head();
    const head = { incarnation, position: 1, mark: markOf(put('a', 'a1')) };
    const reader = new Follower(log, { kind: 'after', head });
    await reader.caughtUp();
    await reader.stop();
    assert.deepEqual(reader.positions, [2]);
    assert.ok(!reader.has('restarted'));
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

  test('a reader after a position of another log, or beyond the head, starts over', async () => {
    const { log, put, startOf } = newLog();
    await log.append(0, [put('a', 'a1'), put('a', 'a2'), put('b', 'b1')]);
    const head = await log.head();
    const strange: Head[] = [
      { incarnation: 'another', position: 1 },
      { incarnation: head.incarnation, position: head.position + 1 },
      { incarnation: head.incarnation, position: 1, mark: markOf(put('a', 'lost')) },
    ];
    for (const from of strange) {
      const reader = new Follower(log, { kind: 'after', head: from });
      await reader.caughtUp();
      await reader.stop();
      assert.deepEqual(reader.deliveries[0], { kind: 'restarted', head });
      assert.deepEqual(startOf(reader.entries), ['a2', 'b1']);
    }
  });
}

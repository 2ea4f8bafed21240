/** The laws of forgetting: what goes, what stays, and who is told to start over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { last, type NewLog, positionsOf, replayOf } from './contract-facts.ts';
import { Follower } from './follower.ts';
import { ENTRY_OCTETS_MAX, type Entry, MARK_TAIL, OUTDATED_MAX } from './log.ts';

/** A copy that lags may still have the word that there is nothing. */
const isThere = (text: string) => text !== '-';

export function testForget(newLog: NewLog): void {
  /** A log of these, each `subject text`, and what it takes to forget. */
  async function given(...told: readonly string[]) {
    const { log, other, put, startOf } = newLog();
    const entries = told.map((one) => put(one.slice(0, 1), one.slice(2)));
    let head = 0;
    const append = async (...some: readonly Entry[]) => {
      const positions = positionsOf(await log.append(head, some));
      head = last(positions);
      return positions;
    };
    const positions = await append(...entries);
    const subject = (name: string) => put(name, '').subject;
    const mark = (text: string, forgets: number) =>
      append({ ...put(MARK_TAIL.slice(1), text), forgets });
    return { log, other, put, startOf, append, positions, subject, mark };
  }

  test('a subject that is forgotten has no entry, whoever reads', async () => {
    const { log, other, startOf, positions, subject, mark } = await given('a a1', 'b b1', 'a -');
    const position = last(positions);
    const [head = 0] = await mark('m', position);
    await log.forget([{ subject: subject('a'), position }]);
    assert.equal((await other.head()).position, head);
    assert.equal(await other.lastOf(subject('a')), undefined);
    assert.equal(await other.entryAt(position), undefined);
    const reader = new Follower(other);
    await reader.caughtUp();
    await reader.stop();
    assert.deepEqual(startOf(reader.entries).filter(isThere), ['b1', 'm']);
    assert.deepEqual(reader.deliveries.at(-1), { kind: 'caught-up', position: head });
  });

  test('what came after the position stays, and it may be forgotten again', async () => {
    const { log, startOf, positions, subject, mark } = await given('a a1', 'a -', 'a a2');
    const [, position = 0] = positions;
    await mark('m', position);
    for (let i = 0; i < 2; i++) await log.forget([{ subject: subject('a'), position }]);
    const reader = new Follower(log);
    await reader.caughtUp();
    await reader.stop();
    assert.deepEqual(startOf(reader.entries), ['a2', 'm']);
  });

  test('a reader after a position before what is forgotten starts over', async () => {
    const { log, other, startOf, positions, subject, mark } = await given(
      'a a1',
      'b b1',
      'a -',
      'c c1',
    );
    const { incarnation } = await log.head();
    const [, , position = 0] = positions;
    await mark('m', position);
    await log.forget([{ subject: subject('a'), position }]);
    const head = await log.head();
    const texts = [['b1', 'c1', 'm'], ['b1', 'c1', 'm'], ['c1', 'm'], ['m']];
    for (const [i, expected] of texts.entries()) {
      const from = { incarnation, position: positions[i] ?? 0 };
      const reader = new Follower(other, { kind: 'after', head: from });
      await reader.caughtUp();
      await reader.stop();
      const said = startOf(reader.entries).filter(isThere);
      assert.deepEqual(said, expected, `after ${from.position}`);
      const [first] = reader.deliveries;
      if (from.position < position) assert.deepEqual(first, { kind: 'restarted', head });
      else assert.equal(first?.kind, 'entries');
    }
  });

  test('so it does from when it is marked, whatever is forgotten yet', async () => {
    const { log, positions, mark } = await given('a a1', 'a -');
    const { incarnation } = await log.head();
    await mark('m', last(positions));
    const from = { incarnation, position: positions[0] ?? 0 };
    const reader = new Follower(log, { kind: 'after', head: from });
    await reader.caughtUp();
    await reader.stop();
    assert.equal(reader.deliveries[0]?.kind, 'restarted');
  });

  test('who is amid reading while something is forgotten does not take it to be there', async () => {
    const { log, put, append, subject, mark } = await given('a a1');
    const { incarnation } = await log.head();
    const large = Array.from({ length: 12 }, (_, i) => {
      return { ...put(`large${i}`, ''), data: new Uint8Array(ENTRY_OCTETS_MAX) };
    });
    const position = last(await append(...large, put('a', '-')));
    const there = new Set([subject('a')]);
    const ended = new AbortController();
    const from = { kind: 'after', head: { incarnation, position: 1 } } as const;
    let isForgotten = false;
    for await (const delivery of log.read(from, ended.signal)) {
      if (delivery.kind === 'restarted') there.clear();
      if (delivery.kind === 'caught-up') ended.abort();
      if (delivery.kind !== 'entries') continue;
      for (const one of delivery.entries) {
        if (one.data.length === 1 && one.data[0] === '-'.charCodeAt(0)) there.delete(one.subject);
        else there.add(one.subject);
      }
      if (isForgotten) continue;
      isForgotten = true;
      await mark('m', position);
      await log.forget([{ subject: subject('a'), position }]);
    }
    assert.ok(isForgotten);
    assert.equal(there.has(subject('a')), false);
    assert.equal(there.has(subject('large11')), true);
  });

  test('a reader that is in step goes on', async () => {
    const { log, other, put, append, positions, subject, mark } = await given('a -');
    const reader = new Follower(other, { kind: 'after', head: await replayOf(other) });
    await reader.caughtUp();
    let head = 0;
    for (const text of ['m1', 'm2']) {
      const position = last(positions);
      await mark(text, position);
      await log.forget([{ subject: subject('a'), position }]);
      head = last(await append(put('b', `after ${text}`)));
    }
    await reader.reached(head);
    await reader.stop();
    assert.deepEqual(reader.texts, ['-', 'm1', 'after m1', 'm2', 'after m2']);
  });

  test('nothing is forgotten without a mark, nor too much at once', async () => {
    const { log, positions, subject, mark, put, append } = await given('a -', 'b -');
    const [position = 0] = positions;
    const wrong = (message: RegExp) => ({ name: 'RangeError', message });
    await mark('m', position);
    await assert.rejects(
      log.forget([{ subject: subject('b'), position: last(positions) }]),
      wrong(/^Cannot forget ".*b" up to 2: what is forgotten is marked up to 1; expected the mark/),
    );
    const many = Array.from({ length: OUTDATED_MAX + 1 }, (_, i) => {
      return { subject: subject(`s${i}`), position };
    });
    const tooMany = /^Cannot forget 201 subjects at once: expected at most 200$/;
    await assert.rejects(log.forget(many), wrong(tooMany));
    await assert.rejects(
      append({ ...put('b', 'm'), forgets: position }),
      wrong(/^Cannot mark what is forgotten as ".*b": expected a subject that ends with /),
    );
    assert.equal((await log.lastOf(subject('b')))?.position, last(positions));
  });
}

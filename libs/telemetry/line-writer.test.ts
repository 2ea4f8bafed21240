import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LineWriter } from './line-writer.ts';

function given() {
  const written: string[] = [];
  let turns: (() => void)[] = [];
  const lines = new LineWriter(
    (text) => written.push(text),
    (work) => turns.push(work),
  );
  const nextTurn = () => {
    const due = turns;
    turns = [];
    for (const work of due) work();
  };
  return { lines, written, nextTurn };
}

describe('lines', () => {
  test('of a turn are written together, in their order, when it is over', () => {
    const { lines, written, nextTurn } = given();
    lines.add('a');
    lines.add('b');
    assert.deepEqual(written, []);
    nextTurn();
    assert.deepEqual(written, ['a\nb']);
    lines.add('c');
    nextTurn();
    nextTurn();
    assert.deepEqual(written, ['a\nb', 'c']);
  });

  test('are written at once when that is asked for', () => {
    const { lines, written, nextTurn } = given();
    lines.add('a');
    lines.flush();
    lines.flush();
    lines.add('b');
    nextTurn();
    assert.deepEqual(written, ['a', 'b']);
  });

  test('are not held without end', () => {
    const { lines, written } = given();
    for (let i = 0; i < 100; i++) lines.add('x'.repeat(1000));
    assert.deepEqual(
      written.map((text) => text.length),
      [66 * 1001 - 1],
    );
  });
});

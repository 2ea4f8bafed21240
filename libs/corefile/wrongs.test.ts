import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigurationError } from './configuration-error.ts';
import { both, each, Wrongs } from './wrongs.ts';

function wrong(line: number, text = 'it is wrong', file = 'Corefile'): never {
  throw new ConfigurationError({ file, line }, text);
}

function linesOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    return error instanceof ConfigurationError ? error.lines : assert.fail(String(error));
  }
  return [];
}

describe('what is wrong', () => {
  test('is told of each, and nothing is lost where all is right', () => {
    assert.deepEqual(
      each([1, 2], (one) => one + 1),
      [2, 3],
    );
    const read = (line: number) => (line % 2 === 0 ? wrong(line) : line);
    assert.deepEqual(
      linesOf(() => each([1, 2, 3, 4], read)),
      ['Corefile:2: it is wrong', 'Corefile:4: it is wrong'],
    );
  });

  test('is told of both', () => {
    assert.deepEqual(
      both(
        () => undefined,
        () => 'b',
      ),
      [undefined, 'b'],
    );
    const told = linesOf(() =>
      both(
        () => wrong(2),
        () => each([4, 3], (line) => wrong(line)),
      ),
    );
    assert.deepEqual(
      told,
      [2, 3, 4].map((line) => `Corefile:${line}: it is wrong`),
    );
  });

  test('is told once, in the order of the file, one file after the other', () => {
    const wrongs = new Wrongs();
    for (const [line, file] of [[3], [1, 'b'], [3], [2], [9, 'a']] as const) {
      wrongs.of(() => wrong(line, 'it is wrong', file));
    }
    wrongs.of(() => wrong(2, 'it is wrong; expected something else'));
    const lines = ['Corefile:2', 'Corefile:3', 'b:1', 'a:9'].map((at) => `${at}: it is wrong`);
    assert.deepEqual(wrongs.lines(), lines);
    assert.throws(() => wrongs.check(), { name: 'ConfigurationError', message: lines.join('\n') });
  });

  test('alone is itself', () => {
    const error = new ConfigurationError({ file: 'Corefile', line: 1 }, 'it is wrong');
    const throws = () => {
      throw error;
    };
    assert.throws(
      () => each([1], throws),
      (thrown) => thrown === error,
    );
  });

  test('may be a defect, which is no error of the file', () => {
    const defect = () => {
      throw new TypeError('a defect');
    };
    assert.throws(() => each([1], defect), TypeError);
  });

  test('is bounded', () => {
    let read = 0;
    const lines = linesOf(() =>
      each(Array.from({ length: 10_000 }), () => {
        read++;
        wrong(read);
      }),
    );
    assert.deepEqual([read, lines.length], [101, 101]);
    assert.equal(lines.at(-1), 'There are more errors than these 100');
  });
});

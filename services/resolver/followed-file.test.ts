import assert from 'node:assert/strict';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { makeTempDirectory, removeTempDirectory } from '../../test/servers/temp-directory.ts';
import { FollowedFile, type FollowedFileOptions } from './followed-file.ts';

const RELOAD_MS = 5000;

interface Given extends Partial<FollowedFileOptions> {
  readonly take?: (text: string) => Promise<void>;
}

/** A file that is followed, with what was taken of it and what was told, in order. */
function given(t: TestContext, { take = async () => {}, ...options }: Given = {}) {
  const folder = makeTempDirectory();
  t.after(() => removeTempDirectory(folder));
  const path = join(folder, 'followed');
  const said: string[] = [];
  const looks: (() => Promise<void>)[] = [];
  const file = new FollowedFile(
    { path, reloadMs: RELOAD_MS, octetsMax: 10, ...options },
    {
      every: (ms, work) => {
        said.push(`every ${ms}`);
        looks.push(work);
        return () => said.push('stop');
      },
      take: async (text, changedMs) => {
        await take(text);
        said.push(`${text} of ${changedMs / 1000}`);
      },
      onFailure: (why) => said.push(why.replace(path, 'PATH')),
    },
  );
  return {
    file,
    said,
    path,
    looks,
    /** At a time in the past: the clock of a file system may be coarse. */
    write(text: string, seconds: number) {
      writeFileSync(path, text);
      utimesSync(path, seconds, seconds);
    },
  };
}

const MISSING = "ENOENT: no such file or directory, stat 'PATH'";

describe('a look', () => {
  test('takes the file when its time or its size is another', async (t) => {
    const { file, said, write } = given(t);
    const contents = [
      ['one', 1],
      ['two', 1],
      ['two', 2],
      ['three', 2],
    ] as const;
    for (const [text, seconds] of contents) {
      write(text, seconds);
      await file.look();
      await file.look();
    }
    assert.deepEqual(said, ['one of 1', 'two of 2', 'three of 2']);
  });

  test('tells once that the file is away, and takes what comes back', async (t) => {
    const { file, said, write, path } = given(t);
    write('one', 1);
    for (let i = 0; i < 2; i++) {
      await file.look();
      rmSync(path);
      await file.look();
      await file.look();
      write('one', 1);
    }
    assert.deepEqual(said, ['one of 1', MISSING, 'one of 1', MISSING]);
  });

  test('does not read a file that is too large', async (t) => {
    const { file, said, write } = given(t);
    write('1234567890', 1);
    await file.look();
    write('12345678901', 2);
    await file.look();
    await file.look();
    const tooLarge = 'it has 11 octets; expected 10 at most';
    assert.deepEqual(said, ['1234567890 of 1', tooLarge]);
  });

  test('tells each other thing that is wrong with the text, until it is right', async (t) => {
    const take = async (text: string) => {
      if (text.startsWith('bad')) throw new Error(`it is ${text}`);
    };
    const { file, said, write } = given(t, { take });
    for (const text of ['bad', 'bad', 'badder', 'good', 'bad']) {
      write(text, said.length);
      await file.look();
    }
    assert.deepEqual(said, ['it is bad', 'it is badder', 'good of 2', 'it is bad']);
  });

  test('is one at a time', async (t) => {
    const [taking, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const take = async (text: string) => {
      taking.resolve();
      if (text === 'one') await held.promise;
    };
    const { file, said, write } = given(t, { take });
    write('one', 1);
    const first = file.look();
    await taking.promise;
    write('two', 2);
    await file.look();
    held.resolve();
    await first;
    assert.deepEqual(said, ['one of 1']);
    await file.look();
    assert.deepEqual(said, ['one of 1', 'two of 2']);
  });
});

describe('at the start', () => {
  test('a file is read at once, and taken by a look only when it changed', async (t) => {
    const { file, said, write } = given(t);
    write('one', 1);
    assert.equal(file.readNow(), 'one');
    await file.look();
    write('two', 2);
    await file.look();
    assert.deepEqual(said, ['two of 2']);
  });

  test('a file that is missing may come, if it is looked for', async (t) => {
    const { file, said, write } = given(t);
    assert.equal(file.readNow(), undefined);
    write('one', 1);
    await file.look();
    assert.deepEqual(said, ['one of 1']);
    assert.throws(() => given(t, { reloadMs: 0 }).file.readNow(), /^Error: ENOENT/);
  });

  test('a file that is too large is refused, in the words of its owner', (t) => {
    const { file, write } = given(t, { octetsMax: 2, cannot: 'Cannot read ones: ' });
    write('one', 1);
    const message = 'Cannot read ones: it has 3 octets; expected 2 at most';
    assert.throws(() => file.readNow(), { message });
  });
});

test('is looked at until it is stopped', async (t) => {
  const { file, said, write, looks } = given(t);
  write('one', 1);
  file.follow();
  for (const look of looks) await look();
  file.stop();
  assert.deepEqual(said, [`every ${RELOAD_MS}`, 'one of 1', 'stop']);
});

test('is not looked at again with a time of 0', (t) => {
  const { file, said } = given(t, { reloadMs: 0 });
  file.follow();
  file.stop();
  assert.deepEqual(said, []);
});

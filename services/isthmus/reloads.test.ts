import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigurationError } from '../../libs/corefile/configuration-error.ts';
import type { Corefile } from '../../libs/corefile/corefile.ts';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { Reloads } from './reloads.ts';

const read = (text: string) =>
  parseCorefile({ file: 'Corefile', text }, { environment: {}, readFiles: () => [] });
const A = 'a {\n}\n';
const B = 'b {\n}\n';

/** A file that says `A` at first, and what becomes of changes. */
function given(change: (corefile: Corefile) => Promise<void> = async () => {}) {
  const lines: string[] = [];
  const file = { text: A };
  const changes: string[] = [];
  const metrics = new Metrics();
  const reloads = new Reloads({
    read: async (log) => {
      log.warning('no file matches');
      return read(file.text);
    },
    change: async (corefile) => {
      changes.push(corefile.blocks.map(({ keys }) => keys[0]?.zone).join());
      await change(corefile);
    },
    log: createLog((line) => lines.push(line)),
    metrics,
  });
  reloads.runs(read(A));
  const failed = async () =>
    Number(/^coredns_reload_failed_total (\d+)$/m.exec(await metrics.text())?.[1]);
  return { reloads, file, changes, lines, failed };
}

describe('a Corefile that says', () => {
  test('the same is not followed, nor spoken of', async () => {
    const { reloads, file, changes, lines } = given();
    file.text = `# a comment\n\n${A}`;
    await reloads.check();
    assert.deepEqual([changes, lines], [[], []]);
    await reloads.checkNow();
    assert.deepEqual(lines, ['[INFO] reload: the Corefile says what it said']);
  });

  test('something else is followed once, with what was warned of', async () => {
    const { reloads, file, changes, lines, failed } = given();
    file.text = B;
    await Promise.all([reloads.check(), reloads.check()]);
    await reloads.check();
    assert.deepEqual(changes, ['b.']);
    assert.match(lines.join(), /WARNING. no file matches.*says something else.*done, SHA-512 is/);
    assert.equal(await failed(), 0);
  });

  test('nothing that can be read is told and counted once', async () => {
    const { reloads, file, changes, lines, failed } = given();
    file.text = 'a {';
    await reloads.check();
    await reloads.check();
    assert.match(lines.join('\n'), /^.ERROR. reload: all stays as it was: Corefile:1: [^\n]*$/);
    assert.equal(await failed(), 1);
    file.text = 'a: {\n}\nb: {\n}';
    lines.length = 0;
    await reloads.check();
    assert.match(lines.join('\n'), /^.* was: Corefile:1: [^\n]*\n.* was: Corefile:3: [^\n]*$/);
    assert.equal(await failed(), 2);
    file.text = A;
    await reloads.check();
    file.text = 'a {';
    await reloads.check();
    assert.equal(await failed(), 3);
    assert.deepEqual(changes, []);
  });

  test('what is refused is tried again when it says something else, or it is asked for', async () => {
    const { reloads, file, changes, failed } = given(async ({ blocks: [block] }) => {
      if (block !== undefined) throw new ConfigurationError(block, 'Cannot use it');
    });
    file.text = B;
    for (let i = 0; i < 3; i++) await reloads.check();
    assert.deepEqual([changes.length, await failed()], [1, 1]);
    file.text = `${B}c {\n}\n`;
    await reloads.check();
    await reloads.checkNow();
    assert.deepEqual([changes.length, await failed()], [3, 3]);
  });

  test('what can not start is tried again each time, and told once', async () => {
    let isFree = false;
    const { reloads, file, changes, lines, failed } = given(async () => {
      if (!isFree) throw new Error('Cannot listen');
    });
    file.text = B;
    for (let i = 0; i < 3; i++) await reloads.check();
    assert.deepEqual([changes.length, await failed()], [3, 3]);
    assert.equal(lines.filter((line) => line.startsWith('[ERROR]')).length, 1);
    isFree = true;
    await reloads.check();
    assert.match(lines.at(-1) ?? '', /done/);
  });
});

test('nothing is followed before something runs, nor once it is to end', async () => {
  const { reloads, file, changes } = given();
  await reloads.stop();
  file.text = B;
  await reloads.check();
  assert.deepEqual(changes, []);
});

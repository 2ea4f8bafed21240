import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findServer, missingServer } from '../../test/servers/find-server.ts';
import { startNats } from '../../test/servers/nats.ts';
import { readFlags, UsageError } from './flags.ts';
import { prepare } from './prepare.ts';

const binary = findServer('nats-server') ?? '';
const run = (words: readonly string[], ...args: readonly string[]) =>
  prepare(readFlags(args, {}).flags, words);

describe('isthmus prepare', { skip: binary === '' && missingServer('nats-server') }, () => {
  it('makes a log, or a mirror of one, and says so; what is right it leaves', async (t) => {
    const nats = await startNats(binary, 1);
    t.after(() => nats.stop());
    const log = `--log=${nats.urls[0]}`;
    const made = 'east: the log is made, at position 0, with 1 copy';
    assert.equal(await run(['east'], log), made);
    assert.equal(await run(['east'], log), made.replace('is made', 'is there'));
    const mirror = 'the mirror of the log in domain hub is made, at position 0, with 1 copy';
    assert.equal(
      await run(['_control'], log, '--mirror-of', 'hub'),
      `_control: ${mirror}; that one is not known now: nobody answers in domain hub`,
    );
  });
});

describe('isthmus prepare refuses', () => {
  const rows: readonly (readonly [words: readonly string[], args: readonly string[], RegExp])[] = [
    [[], [], /^Cannot prepare a log: expected isthmus prepare CLUSTER/],
    [['east', 'west'], [], /^Cannot prepare a log "east west": expected isthmus prepare CLUSTER/],
    [['East'], [], /^Cannot prepare a log "East": .*, a DNS label, or _control$/],
    [['east'], [], /^Cannot prepare a log: --log is missing; expected nats:\/\/HOST:4222$/],
    [['east'], ['--mirror-of', 'a.b'], /^Cannot use --mirror-of "a.b": .* a word without dots$/],
  ];
  for (const [words, args, expected] of rows) {
    it([...words, ...args].join(' ') || 'nothing', async () => {
      await assert.rejects(run(words, ...args), (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, expected);
        return true;
      });
    });
  }
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flagsHelp, readFlags, UsageError } from './flags.ts';

describe('readFlags', () => {
  it('takes words, flags with one dash or two, and values after = or a space', () => {
    const args = ['watcher', '-conf', 'a', '--log=nats://a', '--log', 'nats://b', '--pods'];
    const { flags, words } = readFlags(args, {});
    assert.deepEqual(words, ['watcher']);
    assert.equal(flags.text('conf'), 'a');
    assert.deepEqual(flags.texts('log'), ['nats://a', 'nats://b']);
    assert.ok(flags.has('pods'));
  });

  it('takes from the environment what the command line does not say', () => {
    const environment = { ISTHMUS_CONF: 'a', ISTHMUS_LOG: 'nats://a,nats://b', ISTHMUS_HELP: '1' };
    const { flags } = readFlags(['-conf', 'b'], environment);
    assert.equal(flags.text('conf'), 'b');
    assert.deepEqual(flags.texts('log'), ['nats://a', 'nats://b']);
    assert.ok(!flags.has('help'), 'it has no variable');
  });

  const rows: readonly (readonly [text: string, isOn: boolean])[] = [
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
    ['', false],
  ];
  for (const [text, isOn] of rows) {
    it(`${isOn ? 'watches' : 'does not watch'} pods with ISTHMUS_PODS="${text}"`, () => {
      assert.equal(readFlags([], { ISTHMUS_PODS: text }).flags.has('pods'), isOn);
    });
  }

  it('refuses a variable that says neither true nor false', () => {
    assert.throws(
      () => readFlags([], { ISTHMUS_PODS: 'verified' }),
      new UsageError(
        'Cannot use "verified" of ISTHMUS_PODS: it says neither; expected true or false',
      ),
    );
  });
});

describe('flagsHelp', () => {
  it('has the variable of each flag that has one', () => {
    const lines = flagsHelp().split('\n');
    const lineOf = (name: string) => lines.find((line) => line.includes(`--${name} `)) ?? '';
    assert.match(lineOf('pods'), /\[ISTHMUS_PODS, true or false\]$/);
    assert.match(lineOf('log'), /\[ISTHMUS_LOG, comma-separated\]$/);
    assert.doesNotMatch(lineOf('quiet'), /ISTHMUS/);
  });
});

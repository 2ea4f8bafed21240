import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { setup } from './setup.ts';

const socketsOf = (text: string) => setup(directives(text), setupContext().context).sockets;

describe('multisocket', () => {
  test('takes a number, or leaves it to the number of cores', () => {
    assert.equal(socketsOf('multisocket 1'), 1);
    assert.equal(socketsOf('multisocket 62'), 62);
    assert.equal(socketsOf('multisocket'), undefined);
  });

  test('has as many as there can be where more are wanted, and says so', () => {
    const { context, lines } = setupContext();
    assert.equal(setup(directives('multisocket 1024'), context).sockets, 62);
    assert.deepEqual(lines, ['[WARNING] plugin/multisocket: 1024 sockets are too many: it is 62']);
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['multisocket 0', /Corefile:2: Cannot read the number of sockets "0": it is none; expected 1/],
    ['multisocket 1025', /"1025": it is none; expected 1 to 1024/],
    ['multisocket -1', /"-1": it is none; expected 1 to 1024/],
    ['multisocket two', /"two": it is none; expected 1 to 1024/],
    ['multisocket 1 2', /it has 2 arguments; expected at most a number of sockets/],
    ['multisocket 2\nmultisocket 2', /Corefile:3: Cannot use "multisocket" again/],
    ['multisocket 2 {\n x\n}', /Cannot read the block of "multisocket"/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => {
      assert.throws(() => setup(directives(lines), setupContext().context), message);
    });
  }
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { QueryFailure } from '../../query-failure.ts';
import { setup } from './setup.ts';

function debug(lines = 'debug') {
  const { context, lines: written } = setupContext();
  return { plugin: setup(directives(lines), context), written };
}

describe('debug', () => {
  test('writes the stack of a defect, and lets it pass', async () => {
    const { plugin, written } = debug();
    const defect = new TypeError('x is undefined');
    await assert.rejects(
      askPlugin(plugin, 'A.', 'MX', () => Promise.reject(defect)),
      defect,
    );
    assert.equal(written.length, 1);
    assert.match(written[0] ?? '', /^\[ERROR\] plugin\/debug: a\. MX: TypeError: x is .*\n\s+at /);
  });

  test('writes nothing of failures elsewhere, and leaves the block to the table', async () => {
    const { plugin, written } = debug();
    const failure = new QueryFailure('no upstream answers');
    await assert.rejects(
      askPlugin(plugin, 'a.', 'A', () => Promise.reject(failure)),
      failure,
    );
    await askPlugin(plugin, 'a.', 'A');
    assert.deepEqual(written, []);
    assert.notEqual(plugin.seesEveryQuery, true);
  });

  test('refuses arguments, braces, and a second one', () => {
    for (const lines of ['debug x', 'debug {\n x\n}', 'debug\ndebug']) {
      assert.throws(() => debug(lines), /Corefile:[23]: Cannot/);
    }
  });
});

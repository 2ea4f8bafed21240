import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { emptyResponse } from '../../plugin.ts';
import { QueryFailure } from '../../query-failure.ts';
import { setup } from './setup.ts';

function errors(lines: string) {
  const { context, lines: written } = setupContext();
  return { plugin: setup(directives(lines), context), written };
}

const failing = (error: Error) => () => Promise.reject(error);
const FAILURE = new QueryFailure('no upstream answers');

describe('errors', () => {
  test('writes a failure and lets it pass', async () => {
    const { plugin, written } = errors('errors');
    await assert.rejects(askPlugin(plugin, 'Web.example.', 'A', failing(FAILURE)), FAILURE);
    assert.deepEqual(written, ['[ERROR] plugin/errors: 2 web.example. A: no upstream answers']);
  });

  test('writes a failure of which a plugin made another response', async () => {
    const { plugin, written } = errors('errors');
    const changed = { ...emptyResponse(RCODE.NXDOMAIN), failure: FAILURE };
    const response = await askPlugin(plugin, 'web.example.', 'A', async () => changed);
    assert.equal(response, changed);
    assert.deepEqual(written, ['[ERROR] plugin/errors: 3 web.example. A: no upstream answers']);
  });

  test('writes where a defect is when asked to', async () => {
    const defect = new TypeError('x is undefined');
    for (const [lines, shown] of [
      ['errors', /A: TypeError: x is undefined$/],
      ['errors {\n stacktrace\n}', /A: TypeError: x is undefined\n\s+at /],
    ] as const) {
      const { plugin, written } = errors(lines);
      await assert.rejects(askPlugin(plugin, 'a.', 'A', failing(defect)), defect);
      assert.match(written[0] ?? '', shown);
    }
  });

  test('sums up what matches, until the end of the period or of the program', async () => {
    const { plugin, written } = errors('errors {\n consolidate 1h "no .* answers" warning\n}');
    for (let i = 0; i < 3; i++) {
      await assert.rejects(askPlugin(plugin, 'a.', 'A', failing(FAILURE)));
    }
    assert.deepEqual(written, []);
    await plugin.stop?.();
    await plugin.stop?.();
    assert.deepEqual(written, [
      "[WARNING] plugin/errors: 3 errors like 'no .* answers' occurred in last 3600s",
    ]);
  });

  test('shows the first when asked to, and sums up only what follows it', async () => {
    const { plugin, written } = errors('errors {\n consolidate 1h answers show_first\n}');
    await assert.rejects(askPlugin(plugin, 'a.', 'A', failing(FAILURE)));
    await plugin.stop?.();
    assert.deepEqual(written, ['[ERROR] plugin/errors: 2 a. A: no upstream answers']);
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    [
      'errors stdout',
      /Corefile:2: Cannot read "errors": it has one argument; expected no argument/,
    ],
    ['errors {\n foo\n}', /Corefile:3: .* expected one of stacktrace, consolidate/],
    ['errors {\n consolidate 5m\n}', /it has one argument; expected a duration, a pattern/],
    ['errors {\n consolidate 5m (\n}', /Cannot read the pattern "\(": SyntaxError/],
    ['errors {\n consolidate 5 a\n}', /it is no duration/],
    ['errors {\n consolidate 5s a loud\n}', /expected one of warning, error, info, show_first/],
    ['errors\nerrors', /Corefile:3: Cannot use "errors" again/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => assert.throws(() => errors(lines), message));
  }
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { QueryFailure } from '../../query-failure.ts';
import { emptyResponse } from '../../response.ts';
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

  test('looks for the pattern in the reason alone', async () => {
    const { plugin, written } = errors('errors {\n consolidate 1h "^no upstream answers$"\n}');
    await assert.rejects(askPlugin(plugin, 'a.', 'A', failing(FAILURE)));
    assert.deepEqual(written, []);
  });

  for (const [also, lines] of [
    ['', []],
    ['\ndebug', ['[DEBUG] plugin/errors: 2 a. A: no upstream answers']],
  ] as const) {
    test(`writes ${lines.length} lines of the level debug${also && ' with debug'}`, async () => {
      const text = `errors stdout {\n consolidate 1h answers debug show_first\n}${also}`;
      const { context, lines: written } = setupContext();
      const all = directives(text);
      const block = { ...context.block, directives: all };
      const plugin = setup(
        all.filter(({ name }) => name === 'errors'),
        { ...context, block },
      );
      await assert.rejects(askPlugin(plugin, 'a.', 'A', failing(FAILURE)));
      assert.deepEqual(written, lines);
    });
  }

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['errors errors.log', /Corefile:2: Cannot read the place "errors.log": it is unknown/],
    [
      'errors stdout stdout',
      /Cannot read "errors": it has 2 arguments; expected no argument, or s/,
    ],
    ['errors {\n foo\n}', /Corefile:3: .* expected one of stacktrace, consolidate/],
    ['errors {\n consolidate 5m\n}', /it has one argument; expected a duration, a pattern/],
    ['errors {\n consolidate 5m (\n}', /Cannot read the pattern "\(": missing closing/],
    ['errors {\n consolidate 5 a\n}', /it is no duration/],
    ['errors {\n consolidate 5s a loud\n}', /expected one of warning, error, info, debug, show_/],
    ['errors {\n consolidate 5s a info error\n}', /the option "error": it is not in its place/],
    ['errors {\n consolidate 5s a show_first info\n}', /"info": it is not in its place/],
    ['errors\nerrors', /Corefile:3: Cannot use "errors" again/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => assert.throws(() => errors(lines), message));
  }
});

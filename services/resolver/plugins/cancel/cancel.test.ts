import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { QueryFailure } from '../../query-failure.ts';
import { emptyResponse } from '../../response.ts';
import { createCancelSetup } from './setup.ts';

function cancel(lines: string) {
  const timers: { readonly ms: number; readonly end: () => void; stopped: boolean }[] = [];
  const setup = createCancelSetup((ms, end) => {
    const timer = { ms, end, stopped: false };
    timers.push(timer);
    return () => {
      timer.stopped = true;
    };
  });
  return { plugin: setup(directives(lines), setupContext().context), timers };
}

describe('cancel', () => {
  test('fails when the time is over, whatever comes then', async () => {
    const { plugin, timers } = cancel('cancel 1s');
    const late = Promise.withResolvers<ReturnType<typeof emptyResponse>>();
    const asked = askPlugin(plugin, 'a.', 'A', () => late.promise);
    assert.equal(timers[0]?.ms, 1000);
    timers[0]?.end();
    await assert.rejects(asked, new QueryFailure('there was no answer within 1000 ms'));
    late.resolve(emptyResponse(RCODE.NOERROR));
    await late.promise;
  });

  test('gives what comes in time, failures as well, and forgets the time', async () => {
    const { plugin, timers } = cancel('cancel');
    const { rcode } = await askPlugin(plugin, 'a.', 'A');
    assert.equal(rcode, RCODE.REFUSED);
    const failure = new QueryFailure('no');
    await assert.rejects(
      askPlugin(plugin, 'a.', 'A', () => Promise.reject(failure)),
      failure,
    );
    assert.deepEqual(
      timers.map(({ ms, stopped }) => [ms, stopped]),
      [
        [5001, true],
        [5001, true],
      ],
    );
  });

  test('leaves the block to the table', () => {
    assert.notEqual(cancel('cancel').plugin.seesEveryQuery, true);
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['cancel 5', /Cannot read the timeout "5": it is no duration/],
    ['cancel 0', /it is out of range; expected 1ms to 1h/],
    ['cancel 1s 2s', /it has 2 arguments; expected at most a duration/],
    ['cancel {\n x\n}', /Cannot read the block of "cancel"/],
    ['cancel\ncancel', /Corefile:3: Cannot use "cancel" again/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => assert.throws(() => cancel(lines), message));
  }
});

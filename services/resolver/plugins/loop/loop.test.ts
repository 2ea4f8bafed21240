import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { compose } from '../../chain.ts';
import type { Next } from '../../query.ts';
import { QueryFailure } from '../../query-failure.ts';
import { emptyResponse } from '../../response.ts';
import { createLoopSetup, setup } from './setup.ts';

const NXDOMAIN = emptyResponse(RCODE.NXDOMAIN);

/** The plugin of a server block above `upstream`; `settled` once it has found out what it can. */
function loop(upstream: (query: Parameters<Next>[0], back: Next) => ReturnType<Next>) {
  const { context, lines } = setupContext({ zones: ['example.org.'] });
  const waits: number[] = [];
  const wait = async (ms: number) => {
    waits.push(ms);
  };
  const plugin = createLoopSetup({ random: () => 'r4nd0m', wait })(directives('loop'), context);
  const asked: string[] = [];
  const chain: Next = compose([plugin], async (query) => {
    asked.push(`${query.name} ${query.question.type}`);
    return upstream(query, chain);
  });
  const settled = async () => {
    for (let turns = 0; turns < 100; turns++) await new Promise(setImmediate);
  };
  return { plugin, chain, asked, lines, waits, settled };
}

describe('loop', () => {
  test('asks for a name that nobody knows, and is content with any answer', async () => {
    const { plugin, asked, lines, waits, settled } = loop(async () => NXDOMAIN);
    plugin.opened?.();
    await settled();
    assert.deepEqual(asked, ['r4nd0m.r4nd0m.example.org. HINFO']);
    assert.deepEqual([...lines, ...waits], []);
  });

  test('ends the process when the query comes back', async () => {
    const { plugin, asked, lines, settled } = loop(async (query, back) => back(query));
    plugin.opened?.();
    await settled();
    assert.deepEqual(lines, [
      'failed: Cannot forward for the zone "example.org." (Corefile:2): what is forwarded comes ' +
        'back, from 127.0.0.1 port 0; expected upstreams that do not ask here',
    ]);
    assert.equal(asked.length, 1, 'it is not forwarded again');
  });

  test('asks again while nobody answers, and gives up after 30 times', async () => {
    const dead = loop(() => Promise.reject(new QueryFailure('all are down')));
    dead.plugin.opened?.();
    await dead.settled();
    assert.deepEqual(dead.waits, new Array(30).fill(1000));
    assert.match(dead.lines.join(), /\[WARNING\] plugin\/loop: nobody answered .* all are down$/);

    let left = 2;
    const late = loop(async () => {
      if (left-- > 0) throw new QueryFailure('not yet');
      return NXDOMAIN;
    });
    late.plugin.opened?.();
    await late.settled();
    assert.deepEqual([late.asked.length, late.lines], [3, []]);
  });

  test('lets all else pass, and its own name once that was answered', async () => {
    const { plugin, lines, settled } = loop(async () => NXDOMAIN);
    plugin.opened?.();
    await settled();
    const next = async () => NXDOMAIN;
    for (const name of ['r4nd0m.r4nd0m.example.org.', 'a.example.org.']) {
      assert.equal(await askPlugin(plugin, name, 'HINFO', next), NXDOMAIN);
    }
    assert.deepEqual(lines, []);
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['loop x', /Corefile:2: Cannot read "loop": it has one argument; expected no argument/],
    ['loop {\n x\n}', /Cannot read the block of "loop"/],
    ['loop\nloop', /Corefile:3: Cannot use "loop" again/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => {
      assert.throws(() => setup(directives(lines), setupContext().context), message);
    });
  }
});

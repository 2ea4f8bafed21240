import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { createReloadSetup } from './setup.ts';

/** How often it looks, with the jitter at this place of its range. */
async function lookingEvery(line: string, random = 0.5) {
  const looks: number[] = [];
  const work: (() => void)[] = [];
  let checks = 0;
  let isStopped = false;
  const setup = createReloadSetup({
    check: () => checks++,
    random: () => random,
    every: (ms, run) => {
      looks.push(ms);
      work.push(run);
      return () => {
        isStopped = true;
      };
    },
  });
  const plugin = setup(directives(line), setupContext().context);
  assert.deepEqual(looks, [], 'not before the start');
  await plugin.start?.();
  work[0]?.();
  await plugin.stop?.();
  assert.deepEqual([looks.length, checks, isStopped], [1, 1, true]);
  return looks[0];
}

describe('reload looks at the file', () => {
  const rows: readonly (readonly [line: string, random: number, everyMs: number])[] = [
    ['reload', 0.5, 30_000],
    ['reload', 0, 22_500],
    ['reload 10s', 0.5, 10_000],
    ['reload 10s', 0, 7500],
    ['reload 10s 4s', 0, 8000],
    ['reload 10s 4s', 0.75, 11_000],
    ['reload 10s 0s', 0, 10_000],
    ['reload 1ms 1ms', 0, 1500],
    ['reload 1m 1ms', 0, 59_500],
  ];
  for (const [line, random, everyMs] of rows) {
    test(`"${line}", at ${random} of its jitter: every ${everyMs} ms`, async () => {
      assert.equal(await lookingEvery(line, random), everyMs);
    });
  }
});

const refused: readonly (readonly [text: string, message: RegExp])[] = [
  ['reload soon', /^Corefile:2: Cannot read the interval "soon"/],
  ['reload 10s 5s 1s', /^Corefile:2: Cannot read "reload": it has 3 arguments/],
  ['reload 10s {\n often\n}', /^Corefile:3: Cannot use the property "often" of reload: /],
  ['reload\nreload', /^Corefile:3: Cannot use "reload" again/],
];
for (const [text, message] of refused) {
  test(`reload refuses ${JSON.stringify(text)}`, () => {
    const setup = createReloadSetup({ check: () => {}, random: () => 0, every: () => () => {} });
    assert.throws(() => setup(directives(text), setupContext().context), { message });
  });
}

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cacheOver, passTime, said } from '../../../../test/plugin/cache-over.ts';

const A = 'a.example. 60 IN A 192.0.2.1';
const LATER = 'a.example. 57 IN A 192.0.2.1';
const never = () => assert.fail('upstream was asked');

describe('a cache that follows another', () => {
  test('gives what that kept, with what is left of the TTL, before and after all is over', async () => {
    const before = cacheOver(said([A]));
    await before.ask();
    const { clock } = before;
    const now = cacheOver(never, 'cache', { former: before.plugin, clock });
    passTime(clock, 3000);
    assert.deepEqual(await now.ask(), [LATER]);
    const other = cacheOver(never, 'cache', { former: before.plugin, clock });
    other.plugin.opened?.();
    while ((await entries(other)) === 0) await new Promise((done) => setImmediate(done));
    assert.deepEqual(await other.ask(), [LATER]);
  });

  test('gives nothing of it that has expired, or that is ours by now', async () => {
    const before = cacheOver(said([A]));
    await before.ask();
    const { clock } = before;
    const given = { former: before.plugin, clock };
    const ours = cacheOver(said([]), 'cache', { ...given, owns: () => true });
    assert.deepEqual(await ours.ask(), []);
    passTime(clock, 61_000);
    const now = cacheOver(said(['a.example. 60 IN A 192.0.2.2']), 'cache', given);
    assert.deepEqual(await now.ask(), ['a.example. 60 IN A 192.0.2.2']);
    assert.equal(now.asked(), 1);
  });

  test('goes by what it was told itself, when it was', async () => {
    const before = cacheOver(said([A]));
    const { clock } = before;
    const now = cacheOver(said(['a.example. 60 IN A 192.0.2.2']), 'cache', {
      former: before.plugin,
      clock,
    });
    await now.ask();
    await before.ask();
    now.plugin.opened?.();
    await new Promise((done) => setImmediate(done));
    assert.deepEqual(await now.ask(), ['a.example. 60 IN A 192.0.2.2']);
  });
});

async function entries({ metrics }: ReturnType<typeof cacheOver>): Promise<number> {
  const text = await metrics.text();
  return Number(/coredns_cache_entries\{[^}]*success[^}]*\} (\d+)/.exec(text)?.[1]);
}

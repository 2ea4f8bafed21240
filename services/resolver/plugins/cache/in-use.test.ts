import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { said } from '../../../../test/plugin/cache-over.ts';
import { cachedChain } from '../../../../test/plugin/cached-chain.ts';
import type { Query } from '../../query.ts';
import type { Response } from '../../response.ts';
import { aheadAtMs } from './in-use.ts';

const A = 'a.example. 100 IN A 192.0.2.1';

async function askTimes(scene: ReturnType<typeof cachedChain>, times: number, question?: string) {
  for (let i = 0; i < times; i++) await scene.ask(question);
}

describe('what is in use', () => {
  test('never leaves the readers', async () => {
    const scene = cachedChain(said([A]));
    await scene.ask();
    for (let s = 1; s <= 1000; s++) {
      await scene.pass(1000);
      assert.equal((await scene.ask()).by, 'reader');
    }
    assert.equal(scene.upstreamAsked.length, 1 + 10, 'once for each 97 to 99 s');
    assert.equal(await scene.metric('coredns_cache_prefetch_total'), 10);
  });

  test('is asked for again also where the chain gives it', async () => {
    const scene = cachedChain(said([A]), 'log\ncache');
    await askTimes(scene, 11);
    await scene.pass(99_500);
    assert.equal(scene.upstreamAsked.length, 2);
  });

  const never: readonly (readonly [
    what: string,
    lines: string,
    hits: number,
    response: Response,
  ])[] = [
    ['too few hits', 'cache', 9, said([A])],
    ['prefetch 0', 'cache {\n prefetch 0\n}', 50, said([A])],
    ['a prefetch that asks for more', 'cache {\n prefetch 51\n}', 50, said([A])],
    ['failures', 'cache {\n servfail 100s\n}', 50, said([], RCODE.SERVFAIL)],
  ];
  for (const [what, lines, hits, response] of never) {
    test(`is not: ${what}`, async () => {
      const scene = cachedChain(response, lines);
      await scene.ask();
      await scene.pass(50_000);
      await askTimes(scene, hits);
      await scene.pass(50_000);
      assert.equal(scene.upstreamAsked.length, 1);
      assert.equal(scene.table.names, 0);
    });
  }

  test('ends a lifetime after its last use', async () => {
    const scene = cachedChain(said([A]));
    await askTimes(scene, 20);
    await scene.pass(400_000);
    assert.equal(scene.upstreamAsked.length, 2);
    assert.equal(scene.table.names, 0);
  });

  test('is not all asked for at once, and all in time', async () => {
    const upstream = ({ name }: Query) => said([A.replace('a.example.', name)]);
    const scene = cachedChain(upstream);
    for (let i = 0; i < 400; i++) await askTimes(scene, 11, `n${i}.example. A`);
    const askedByTick: number[] = [];
    for (let ms = 0; ms < 99_750; ms += 250) {
      const before = scene.upstreamAsked.length;
      await scene.pass(250);
      askedByTick.push(scene.upstreamAsked.length - before);
    }
    assert.equal(scene.upstreamAsked.length, 800);
    assert.ok(Math.max(...askedByTick) < 100, `${askedByTick.filter((count) => count > 0)}`);
  });

  test('is looked at in the last tenth of its lifetime, and 500 ms to 3 s before it expires', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 604_800 }), (key, lifetimeSeconds) => {
        const leftMs = 1e9 - aheadAtMs(key, 1e9, lifetimeSeconds);
        assert.ok(leftMs >= 500 && leftMs <= Math.max(500, lifetimeSeconds * 100));
        assert.ok(leftMs <= 3000);
      }),
    );
  });
});

describe('what expires', () => {
  test('expires for the chain when it does for readers', async () => {
    const scene = cachedChain(said([A]));
    scene.clock.wallMs += 900;
    await scene.ask();
    await scene.pass(99_000);
    assert.equal((await scene.ask()).by, 'reader');
    await scene.pass(250);
    assert.equal((await scene.ask()).by, 'chain');
    assert.equal(scene.upstreamAsked.length, 2, 'the chain does not give it for longer');
  });

  test('is asked once for all who ask meanwhile', async () => {
    const answer = Promise.withResolvers<Response>();
    const scene = cachedChain(() => answer.promise);
    const waiting = [scene.ask(), scene.ask(), scene.ask()];
    answer.resolve(said([A]));
    for (const { records } of await Promise.all(waiting)) assert.deepEqual(records, [A]);
    assert.equal(scene.upstreamAsked.length, 1);
  });

  test('is asked for each client when it must not be kept', async () => {
    const scene = cachedChain(said([], RCODE.REFUSED));
    await Promise.all([scene.ask(), scene.ask(), scene.ask()]);
    assert.equal(scene.upstreamAsked.length, 3);
  });
});

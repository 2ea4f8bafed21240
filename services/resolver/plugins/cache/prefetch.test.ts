import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { said } from '../../../../test/plugin/cache-over.ts';
import { cachedChain } from '../../../../test/plugin/cached-chain.ts';
import type { Query } from '../../query.ts';
import { QueryFailure } from '../../query-failure.ts';
import type { Response } from '../../response.ts';

const A = 'a.example. 100 IN A 192.0.2.1';

async function askTimes(
  { ask }: Pick<ReturnType<typeof cachedChain>, 'ask'>,
  times: number,
  question?: string,
) {
  const by = new Set<string>();
  for (let i = 0; i < times; i++) by.add((await ask(question)).by);
  return [...by].join();
}

describe('prefetch', () => {
  test('asks again for what readers gave often, before it expires', async () => {
    const scene = cachedChain(said([A]), 'cache {\n prefetch 5\n}');
    await scene.ask();
    await scene.pass(50_000);
    assert.equal(await askTimes(scene, 5), 'reader');
    await scene.pass(39_000);
    assert.equal(scene.upstreamAsked.length, 1);
    await scene.pass(2000);
    assert.equal(scene.upstreamAsked.length, 2, 'a tenth of its TTL is left');
    assert.equal(await scene.metric('coredns_cache_prefetch_total'), 1);
    await scene.pass(20_000);
    const { by, records } = await scene.ask();
    assert.equal(by, 'reader');
    assert.match(records[0] ?? '', /^a\.example\. (79|80) IN A/);
  });

  test('asks again for what the chain gave often', async () => {
    const scene = cachedChain(said([A]), 'log\ncache {\n prefetch 5\n}');
    await scene.ask();
    await scene.pass(91_000);
    assert.equal(await askTimes(scene, 4), 'chain');
    assert.equal(scene.upstreamAsked.length, 1);
    await scene.ask();
    assert.equal(scene.upstreamAsked.length, 2);
  });

  const never: readonly (readonly [
    what: string,
    lines: string,
    hits: number,
    afterMs: number,
    response?: Response,
  ])[] = [
    ['too few hits', 'prefetch 6', 5, 50_000],
    ['hits with a gap since', 'prefetch 5', 5, 10_000],
    ['amount 0', 'prefetch 0', 255, 80_000],
    ['failures', 'prefetch 1\n servfail 100s', 50, 80_000, said([], RCODE.SERVFAIL)],
  ];
  for (const [what, lines, hits, afterMs, response] of never) {
    test(`leaves alone: ${what}`, async () => {
      const scene = cachedChain(response ?? said([A]), `cache {\n ${lines}\n}`);
      await scene.ask();
      await scene.pass(afterMs);
      await askTimes(scene, hits);
      await scene.pass(100_000 - afterMs);
      assert.equal(scene.upstreamAsked.length, 1);
      assert.equal(scene.table.names, 0);
    });
  }

  test('sees a gap between hits of readers', async () => {
    const scene = cachedChain(said([A.replace('100', '1000')]), 'cache {\n prefetch 10 1m\n}');
    await scene.ask();
    await askTimes(scene, 6);
    await scene.pass(750_000);
    await askTimes(scene, 6);
    await scene.pass(100_000);
    await askTimes(scene, 6);
    await scene.pass(150_000);
    assert.equal(scene.upstreamAsked.length, 1);
  });

  test('counts more hits of readers than one look can see', async () => {
    const scene = cachedChain(said([A]), 'cache {\n prefetch 1000\n}');
    await scene.ask();
    await scene.pass(59_000);
    for (let i = 0; i < 34; i++) {
      await askTimes(scene, 30);
      await scene.pass(1000);
    }
    assert.equal(scene.upstreamAsked.length, 2);
  });

  test('ends when nobody asks any more', async () => {
    const scene = cachedChain(said([A]), 'cache {\n prefetch 5 24h\n}');
    await scene.ask();
    await askTimes(scene, 5);
    await scene.pass(400_000);
    assert.equal(scene.upstreamAsked.length, 2);
    assert.equal(scene.table.names, 0);
  });

  test('leaves what is kept alone when upstream fails, and tries again', async () => {
    let asked = 0;
    const scene = cachedChain(
      () => (asked++ === 0 ? said([A]) : Promise.reject(new QueryFailure('it is silent'))),
      'cache {\n prefetch 5 1m 20%\n}',
    );
    await scene.ask();
    await scene.pass(79_000);
    await askTimes(scene, 5);
    await scene.pass(2000);
    assert.equal(asked, 2);
    assert.equal((await scene.ask()).by, 'reader');
    await scene.pass(3000);
    assert.equal(asked, 2, 'not right away');
    await scene.pass(4000);
    assert.equal(asked, 3);
  });

  test('asks once for all, also when it expires meanwhile', async () => {
    const answer = Promise.withResolvers<Response>();
    let asked = 0;
    const scene = cachedChain(
      () => (asked++ === 0 ? said([A]) : answer.promise),
      'cache {\n prefetch 5\n}',
    );
    await scene.ask();
    await scene.pass(89_000);
    await askTimes(scene, 5);
    await scene.pass(12_000);
    const waiting = [scene.ask(), scene.ask(), scene.ask()];
    answer.resolve(said([A]));
    for (const { by, records } of await Promise.all(waiting)) {
      assert.deepEqual([by, records], ['chain', [A]]);
    }
    assert.equal(asked, 2);
  });

  test('does so much at once and no more', async () => {
    const silent = Promise.withResolvers<Response>();
    let isSilent = false;
    const upstream = ({ name }: Query) =>
      isSilent ? silent.promise : said([A.replace('a.example.', name)]);
    const scene = cachedChain(upstream, 'cache {\n prefetch 1\n}');
    for (let i = 0; i < 300; i++) await scene.ask(`n${i}.example. A`);
    await scene.pass(50_000);
    for (let i = 0; i < 300; i++) await scene.ask(`n${i}.example. A`);
    isSilent = true;
    await scene.pass(42_000);
    assert.equal(scene.upstreamAsked.length, 300 + 256);
    assert.ok((await scene.metric('isthmus_cache_refreshes_skipped_total')) >= 300 - 256);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { OPTION_EDE } from '../../../../libs/dns/message.ts';
import { edns } from '../../../../libs/table/asking.ts';
import { said } from '../../../../test/plugin/cache-over.ts';
import { type Asked, cachedChain } from '../../../../test/plugin/cached-chain.ts';
import { QueryFailure } from '../../query-failure.ts';
import type { Response } from '../../response.ts';

const SOA = 'example. 300 IN SOA ns.example. admin.example. 1 7200 1800 86400 20';
const OLD = 'a.example. 60 IN A 192.0.2.1';
const NEW = 'a.example. 60 IN A 192.0.2.2';
const EDNS = { edns: edns(1232) };

/** A cache with one answer that has expired, and what upstream says next. */
async function expired(
  lines: string,
  next: () => Response | Promise<Response>,
  first = said([OLD]),
) {
  let asked = 0;
  const scene = cachedChain(() => (asked++ === 0 ? first : next()), `cache {\n ${lines}\n}`);
  await scene.ask();
  await scene.pass(61_000);
  return { ...scene, asked: () => asked };
}

const fails = () => Promise.reject(new QueryFailure('it is away'));

function explanations({ message }: Asked): readonly (readonly number[])[] {
  const options = message.edns?.options ?? [];
  return options.filter(({ code }) => code === OPTION_EDE).map(({ data }) => [...data]);
}

describe('serve_stale immediate', () => {
  test('gives what has expired at once, says so, and asks again', async () => {
    const { ask, pass, asked, metric } = await expired('serve_stale', () => said([NEW]));
    const stale = await ask('a.example. A', EDNS);
    assert.deepEqual(stale.records, ['a.example. 0 IN A 192.0.2.1']);
    assert.deepEqual(explanations(stale), [[0, 3]]);
    assert.equal(asked(), 2);
    await pass(250);
    const fresh = await ask('a.example. A', EDNS);
    assert.deepEqual([fresh.by, explanations(fresh)], ['reader', []]);
    assert.match(fresh.records[0] ?? '', /192\.0\.2\.2$/);
    assert.equal(await metric('coredns_cache_served_stale_total'), 1);
    assert.equal(asked(), 2);
  });

  test('gives it while upstream is away, and asks only now and then', async () => {
    const { ask, pass, asked } = await expired('serve_stale 1h immediate 30s 10s', fails);
    for (let i = 0; i < 20; i++) {
      assert.deepEqual((await ask()).records, ['a.example. 30 IN A 192.0.2.1']);
      await pass(1000);
    }
    assert.equal(asked(), 1 + 2);
  });

  test('gives it no longer than told', async () => {
    const { ask, pass, metric } = await expired('serve_stale 2m', fails);
    await pass(118_500);
    assert.deepEqual((await ask()).records, ['a.example. 0 IN A 192.0.2.1']);
    await pass(500);
    assert.equal((await ask()).message.rcode, RCODE.SERVFAIL);
    assert.equal(await metric('coredns_cache_entries', 'type="success"'), 0);
  });

  test('gives denials too, with their own explanation', async () => {
    const denial = said([], RCODE.NXDOMAIN, [SOA]);
    const { ask } = await expired('serve_stale', fails, denial);
    const stale = await ask('a.example. A', EDNS);
    assert.deepEqual(stale.records, [SOA.replace('300', '0')]);
    assert.deepEqual([stale.message.rcode, ...explanations(stale)], [RCODE.NXDOMAIN, [0, 19]]);
  });

  test('a failure takes nothing away, an answer that must not be kept does', async () => {
    for (const [next, expected] of [
      [said([], RCODE.SERVFAIL), ['a.example. 0 IN A 192.0.2.1']],
      [said([], RCODE.REFUSED), ['a.example. 0 IN A 192.0.2.1']],
      [said([NEW.replace('60', '0')]), ['a.example. 0 IN A 192.0.2.2']],
      [said([NEW], 0, [], { authoritative: true }), [NEW]],
    ] as const) {
      const { ask, pass } = await expired('serve_stale', () => next);
      await ask();
      await pass(250);
      assert.deepEqual((await ask()).records, expected);
    }
  });

  test('failures are never stale', async () => {
    const { ask } = await expired('serve_stale', () => said([NEW]), said([], RCODE.SERVFAIL));
    assert.deepEqual((await ask()).records, [NEW]);
  });
});

describe('serve_stale verify', () => {
  test('asks first, and gives what is new', async () => {
    const { ask, metric } = await expired('serve_stale 1h verify', () => said([NEW]));
    assert.deepEqual((await ask()).records, [NEW]);
    assert.equal(await metric('coredns_cache_served_stale_total'), 0);
  });

  test('gives what has expired when upstream fails, and then without asking for a while', async () => {
    for (const next of [fails, () => said([], RCODE.SERVFAIL)]) {
      const { ask, asked } = await expired('serve_stale 1h verify', next);
      for (let i = 0; i < 3; i++) {
        assert.deepEqual((await ask()).records, ['a.example. 0 IN A 192.0.2.1']);
      }
      assert.equal(asked(), 2);
    }
  });

  test('gives what has expired when upstream is slow, once for all who ask', async () => {
    const answer = Promise.withResolvers<Response>();
    const { ask, pass, asked } = await expired('serve_stale 1h verify 20ms', () => answer.promise);
    const both = await Promise.all([ask(), ask()]);
    for (const { records } of both) assert.deepEqual(records, ['a.example. 0 IN A 192.0.2.1']);
    assert.equal(asked(), 2);
    answer.resolve(said([NEW]));
    await pass(250);
    assert.deepEqual((await ask()).by, 'reader');
  });
});

describe('serve_stale verify 0', () => {
  test('waits for upstream as long as that takes', async () => {
    const answer = Promise.withResolvers<Response>();
    const { ask } = await expired('serve_stale 1h verify 0', () => answer.promise);
    const asked = ask();
    setTimeout(() => answer.resolve(said([NEW])), 30);
    assert.deepEqual((await asked).records, [NEW]);
  });
});

describe('serve_stale_policy prefer_positive', () => {
  const policy = (mode: string) => `serve_stale 10m ${mode}\n serve_stale_policy prefer_positive`;
  const denials: readonly (readonly [what: string, denial: Response])[] = [
    ['NXDOMAIN', said([], RCODE.NXDOMAIN, [SOA])],
    ['NODATA', said([], RCODE.NOERROR, [SOA])],
    ['an empty answer without SOA', said([])],
    ['SERVFAIL', said([], RCODE.SERVFAIL)],
  ];
  for (const mode of ['immediate', 'verify']) {
    for (const [what, denial] of denials) {
      test(`${mode}: ${what} does not take the place of an answer`, async () => {
        const { ask, pass } = await expired(policy(mode), () => denial);
        for (let i = 0; i < 3; i++) {
          const { records, message } = await ask('a.example. A', EDNS);
          assert.deepEqual(records, ['a.example. 0 IN A 192.0.2.1']);
          assert.equal(message.rcode, RCODE.NOERROR);
          await pass(30_000);
        }
      });
    }

    test(`${mode}: an answer does`, async () => {
      const { ask, pass } = await expired(policy(mode), () => said([NEW]));
      await ask();
      await pass(250);
      assert.match((await ask()).records.join(), /192\.0\.2\.2/);
    });
  }

  test('a denial is believed when the answer is too old to be given', async () => {
    const { ask, pass } = await expired(policy('immediate'), () => said([], RCODE.NXDOMAIN, [SOA]));
    await ask();
    await pass(600_000);
    assert.equal((await ask()).message.rcode, RCODE.NXDOMAIN);
  });

  test('what was denied is asked again when the denial is over, not before', async () => {
    const { ask, pass, asked } = await expired(policy('immediate'), () =>
      said([], RCODE.NXDOMAIN, [SOA]),
    );
    for (let i = 0; i < 40; i++) {
      await ask();
      await pass(1000);
    }
    assert.equal(asked(), 1 + 2, 'the MINIMUM of its SOA is 20 s');
  });

  test('without it a denial takes the place', async () => {
    const { ask, pass } = await expired('serve_stale 10m', () => said([], RCODE.NXDOMAIN, [SOA]));
    await ask();
    await pass(250);
    assert.equal((await ask()).message.rcode, RCODE.NXDOMAIN);
  });
});

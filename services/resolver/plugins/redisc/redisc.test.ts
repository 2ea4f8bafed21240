/** Two resolvers with one store: the plugin alone, and under a cache. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { NO_FLAGS, OPTION_EDE } from '../../../../libs/dns/message.ts';
import { MemoryStore } from '../../../../libs/store/memory.ts';
import { type OpenAnswerStore, StoreUnavailable } from '../../../../libs/store/store.ts';
import { edns } from '../../../../libs/table/asking.ts';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import type { Clock, Upstream } from '../../../../test/plugin/cache-over.ts';
import { passTime, said } from '../../../../test/plugin/cache-over.ts';
import { cachedChain } from '../../../../test/plugin/cached-chain.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { createRediscSetup } from './setup.ts';

const SOA = 'example. 300 IN SOA ns.example. admin.example. 1 7200 1800 86400 20';
const A = 'a.example. 60 IN A 192.0.2.1';
const AWAY: Upstream = said([], RCODE.REFUSED);

/** Two resolvers; the upstream of the second refuses. */
async function pair(upstream: Upstream, lines = 'redisc', second = lines) {
  const clock: Clock = { ms: 1000, wallMs: 1_790_000_000_000 };
  const store = new MemoryStore(() => clock.wallMs);
  const scenes = {
    one: cachedChain(upstream, lines, { store, clock }),
    two: cachedChain(AWAY, second, { store, clock }),
  };
  await settled();
  return { ...scenes, store, clock };
}

/** The plugins have started, and writes have come. */
const settled = () => new Promise((done) => setImmediate(done));

for (const lines of ['redisc', 'cache\nredisc']) {
  describe(`two resolvers with ${JSON.stringify(lines)}`, () => {
    test('what one asked, the other answers with the TTL that is left, each by itself', async () => {
      const records = ['a.example. 300 IN CNAME b.example.', 'b.example. 60 IN A 192.0.2.1'];
      const { one, two, clock } = await pair(said(records), lines);
      await one.ask();
      passTime(clock, 20_000);
      assert.deepEqual((await two.ask('A.Example. A')).records, [
        'A.Example. 280 IN CNAME b.Example.',
        'b.Example. 40 IN A 192.0.2.1',
      ]);
      assert.deepEqual(two.upstreamAsked, []);
      passTime(clock, 40_000);
      assert.equal((await two.ask()).message.rcode, RCODE.REFUSED, 'it is over');
    });

    test('denials keep their code, and are good for the MINIMUM of their SOA', async () => {
      for (const rcode of [RCODE.NXDOMAIN, RCODE.NOERROR]) {
        const { one, two, clock } = await pair(said([], rcode, [SOA]), lines);
        await one.ask();
        passTime(clock, 5000);
        const { message, records } = await two.ask();
        assert.deepEqual([message.rcode, records], [rcode, [SOA.replace('300', '15')]]);
        passTime(clock, 15_000);
        await two.ask();
        assert.equal(two.upstreamAsked.length, 1);
      }
    });

    test('DO and CD are apart, and so are types', async () => {
      const { one, two } = await pair(said([A]), lines);
      await one.ask();
      const flags = { ...NO_FLAGS, recursionDesired: true, checkingDisabled: true };
      await two.ask('a.example. A', { flags });
      await two.ask('a.example. A', { edns: edns(1232, { dnssecOk: true }) });
      await two.ask('a.example. AAAA');
      assert.equal(two.upstreamAsked.length, 3);
      await two.ask('a.example. A', { edns: edns(1232) });
      assert.equal(two.upstreamAsked.length, 3);
    });

    const never: readonly (readonly [what: string, upstream: Upstream])[] = [
      ['a failure', said([], RCODE.SERVFAIL)],
      ['a refusal', said([], RCODE.REFUSED)],
      ['a denial without SOA', said([], RCODE.NXDOMAIN)],
      ['what must not be kept', said(['a.example. 0 IN A 192.0.2.1'])],
      ['what is said with authority', said([A], 0, [], { authoritative: true })],
      ['flags that a plugin changed', said([A], 0, [], { flags: { authoritative: true } })],
    ];
    for (const [what, upstream] of never) {
      test(`${what} is not shared`, async () => {
        const { one, two } = await pair(upstream, lines);
        await one.ask();
        await two.ask();
        assert.equal(two.upstreamAsked.length, 1);
      });
    }

    test('names of other zones are not shared', async () => {
      const { one, two } = await pair(
        ({ name }) => said([`${name} 60 IN A 192.0.2.1`]),
        `${lines} 30 example test`,
      );
      for (const name of ['a.example', 'a.test', 'a.invalid']) {
        await one.ask(`${name}. A`);
        await two.ask(`${name}. A`);
      }
      assert.deepEqual(two.upstreamAsked, ['a.invalid. A']);
    });
  });
}

describe('redisc', () => {
  test('has TTLs of its own: those of the answer, but no longer', async () => {
    const { one, two, clock } = await pair(said([A]), 'redisc 30');
    assert.deepEqual((await one.ask()).records, [A.replace('60', '30')]);
    passTime(clock, 29_000);
    assert.deepEqual((await two.ask()).records, [A.replace('60', '1')]);
    passTime(clock, 1000);
    await two.ask();
    assert.equal(two.upstreamAsked.length, 1);
  });

  test('is asked by a cache above for its names, and by nobody else for these', async () => {
    const { one, two } = await pair(
      ({ name }) => said([`${name} 60 IN A 192.0.2.1`]),
      'cache example\nredisc',
    );
    for (const name of ['a.example', 'a.test']) {
      await one.ask(`${name}. A`);
      await two.ask(`${name}. A`);
      await two.ask(`${name}. A`);
    }
    assert.deepEqual(two.upstreamAsked, []);
    // The name of the cache once, the other each time.
    assert.equal(await two.metric('coredns_redisc_hits_total'), 3);
    assert.equal(await two.metric('coredns_redisc_misses_total'), 0);
    assert.equal(await one.metric('coredns_redisc_misses_total'), 2);
  });

  test('limits what a cache above shares', async () => {
    const { one, two } = await pair(said([A]), 'cache\nredisc 30');
    assert.deepEqual((await one.ask()).records, [A]);
    assert.deepEqual((await two.ask()).records, [A.replace('60', '30')]);
  });

  test('a stale answer of another resolver is given while upstream is away, and says so', async () => {
    const lines = 'cache {\n serve_stale\n}\nredisc';
    const { one, two, clock } = await pair(said([A]), lines);
    await one.ask();
    passTime(clock, 61_000);
    const { records, message } = await two.ask('a.example. A', { edns: edns(1232) });
    assert.deepEqual(records, [A.replace('60', '0')]);
    const explained = message.edns?.options.find(({ code }) => code === OPTION_EDE);
    assert.deepEqual([...(explained?.data ?? [])], [0, 3]);
    assert.equal(await two.metric('coredns_cache_served_stale_total'), 1);
  });

  test('also when the resolver began after it was over', async () => {
    const lines = 'cache {\n serve_stale\n}\nredisc';
    const { one, store, clock } = await pair(said([A]), lines);
    await one.ask();
    passTime(clock, 61_000);
    const late = cachedChain(AWAY, lines, { store, clock: { ms: 0, wallMs: clock.wallMs } });
    await settled();
    assert.deepEqual((await late.ask()).records, [A.replace('60', '0')]);
  });

  test('a stale answer is for those only who serve stale ones', async () => {
    const lines = 'cache {\n serve_stale\n}\nredisc';
    for (const other of ['cache\nredisc', 'redisc']) {
      const { one, two, clock } = await pair(said([A]), lines, other);
      await one.ask();
      passTime(clock, 61_000);
      assert.equal((await two.ask()).message.rcode, RCODE.REFUSED);
    }
  });

  test('what upstream says now, and must not be kept, ends what is stale', async () => {
    const clock: Clock = { ms: 1000, wallMs: 1_790_000_000_000 };
    const store = new MemoryStore(() => clock.wallMs);
    const lines = 'cache {\n serve_stale\n}\nredisc';
    const newer = 'a.example. 0 IN A 192.0.2.2';
    let upstream = said([A]);
    const { ask } = cachedChain(() => upstream, lines, { store, clock });
    await settled();
    await ask();
    passTime(clock, 61_000);
    upstream = said([newer]);
    assert.deepEqual((await ask()).records, [A.replace('60', '0')], 'it asks again meanwhile');
    await settled();
    assert.deepEqual((await ask()).records, [newer]);
    const late = cachedChain(AWAY, lines, { store, clock });
    await settled();
    assert.equal((await late.ask()).message.rcode, RCODE.REFUSED, 'others have it no more');
  });

  test('counts what Redis refuses, and nobody hears of it', async () => {
    const full = new StoreUnavailable('OOM command not allowed', true);
    const memory = new MemoryStore();
    const store: OpenAnswerStore = {
      get: (key) => memory.get(key),
      set: () => Promise.reject(full),
      forget: () => Promise.reject(full),
      close: async () => {},
    };
    const upstream: Upstream = ({ name }) => said([`${name} 60 IN A 192.0.2.1`]);
    const { ask, metric } = cachedChain(upstream, 'redisc', { store });
    await settled();
    for (let i = 0; i < 10; i++) {
      assert.equal((await ask(`n${i}.example. A`)).records.length, 1);
      await settled();
    }
    assert.equal(await metric('isthmus_cache_shared_total', 'write-refused'), 5);
    assert.equal(await metric('isthmus_cache_shared_total', 'write-skipped'), 5);
    assert.equal(
      await metric('isthmus_cache_shared_total', '"miss"'),
      10,
      'it is read all the same',
    );
    assert.equal(await metric('coredns_redisc_set_errors_total'), 10);
  });

  test('says that Redis is left out, to who asks whether all is well', async () => {
    const { context } = setupContext();
    const open = () => Promise.reject(new Error('it is never opened'));
    const plugin = createRediscSetup({ open, nowMs: () => 0 })(directives('redisc'), context);
    assert.deepEqual(plugin.notes?.(), []);
    for (let i = 0; i < 5; i++) await askPlugin(plugin, 'a.example.', 'A');
    assert.deepEqual(plugin.notes?.(), ['Redis is left out for now: it fails, or is slow']);
  });

  test('is passed by before it is open', async () => {
    const { ask, metric } = cachedChain(said([A]), 'redisc');
    assert.deepEqual((await ask()).records, [A]);
    assert.equal(await metric('coredns_redisc_misses_total'), 1);
  });
});

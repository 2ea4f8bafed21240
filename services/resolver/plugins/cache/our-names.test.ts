/**
 * What others said of names in our zones, when an event makes it wrong: in memory, in the table,
 * and in the store that resolvers share. `ext.example.` is ours; what we lack there is asked
 * upstream.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { parseRecord } from '../../../../libs/dns/presentation.ts';
import { MemoryStore } from '../../../../libs/store/memory.ts';
import type { Clock, Upstream } from '../../../../test/plugin/cache-over.ts';
import { passTime, said } from '../../../../test/plugin/cache-over.ts';
import { cachedChain } from '../../../../test/plugin/cached-chain.ts';
import type { Plugin } from '../../plugin.ts';
import { emptyResponse, type Response } from '../../response.ts';

const SOA = 'example. 300 IN SOA ns.example. admin.example. 1 7200 1800 86400 300';
const ALIAS = 'www.example. 300 IN CNAME web.ext.example.';
const THEIRS = 'web.ext.example. 300 IN A 192.0.2.1';
const OURS = 'web.ext.example. 30 IN A 10.0.0.1';

/** Upstream that says one thing until it is told another. */
function upstreamOf(first: Response) {
  const upstream = { says: first };
  return { upstream, ask: () => upstream.says };
}

/** A cluster: its names by event. */
function cluster(zone = 'ext.example.') {
  const names = new Map<string, string>();
  const owner: Plugin = {
    name: 'kubernetes',
    owns: (name) => names.has(name),
    sourceZones: () => [zone],
    handle: async (query, next) => {
      const record = names.get(query.name);
      if (record === undefined) return next(query);
      return {
        ...emptyResponse(RCODE.NOERROR),
        authoritative: true,
        answer: [parseRecord(record)],
      };
    },
  };
  return { owner, names };
}

function scene(upstream: Upstream, lines = 'cache\nredisc\nkubernetes', zone?: string) {
  const clock: Clock = { ms: 1000, wallMs: 1_790_000_000_000 };
  const store = new MemoryStore(() => clock.wallMs);
  const { owner, names } = cluster(zone);
  const chain = cachedChain(upstream, lines, { clock, store, owner });
  return {
    ...chain,
    store,
    clock,
    owner,
    names,
    event(record: string) {
      const { name } = parseRecord(record);
      names.set(name, record);
      chain.changed(name);
    },
  };
}

const settled = () => new Promise((done) => setImmediate(done));

describe('when a name becomes ours', () => {
  const rows: readonly (readonly [what: string, upstream: Response])[] = [
    ['an answer', said([THEIRS])],
    ['NXDOMAIN', said([], RCODE.NXDOMAIN, [SOA])],
    ['NODATA', said([], RCODE.NOERROR, [SOA])],
  ];
  for (const [what, upstream] of rows) {
    test(`${what} of upstream is gone at once, from the table too`, async () => {
      const { ask, event, table, metric, upstreamAsked } = scene(upstream);
      await settled();
      await ask('web.ext.example. A');
      assert.equal((await ask('web.ext.example. A')).by, 'reader');
      event(OURS);
      assert.equal(table.names, 0);
      assert.equal(await metric('coredns_cache_entries', 'type="success"'), 0);
      assert.equal(await metric('coredns_cache_entries', 'type="denial"'), 0);
      const { by, records } = await ask('web.ext.example. A');
      assert.deepEqual([by, records], ['chain', [OURS]]);
      assert.equal(upstreamAsked.length, 1);
    });
  }

  test('the store forgets it, and when it is ours no more it does not come back', async () => {
    const { upstream, ask: says } = upstreamOf(said([THEIRS]));
    const { ask, event, names, changed } = scene(says);
    await settled();
    await ask('web.ext.example. A');
    await settled();
    event(OURS);
    upstream.says = said([], RCODE.NXDOMAIN, [SOA]);
    names.clear();
    changed('web.ext.example.');
    assert.equal((await ask('web.ext.example. A')).message.rcode, RCODE.NXDOMAIN);
  });

  for (const [what, first] of [
    ['a denial', said([ALIAS], RCODE.NXDOMAIN, [SOA])],
    ['an answer', said([ALIAS, THEIRS])],
  ] as const) {
    test(`${what} behind an alias that leads to it is gone, too`, async () => {
      const { upstream, ask: says } = upstreamOf(first);
      const { ask, event, table } = scene(says);
      await settled();
      await ask('www.example. A');
      assert.equal((await ask('www.example. A')).by, 'reader');
      event(OURS);
      assert.equal(table.names, 0);
      upstream.says = said([ALIAS, OURS]);
      for (let i = 0; i < 2; i++) {
        const { by, records } = await ask('www.example. A');
        // Who said it may be late: while the target is ours it is not kept.
        assert.deepEqual([by, records], ['chain', [ALIAS, OURS]]);
      }
    });
  }

  test('names below it are gone, too: pods are not told one by one', async () => {
    const { ask, event, table } = scene(said(['1-2-3-4.ns.pod.ext.example. 300 IN A 192.0.2.1']));
    await settled();
    await ask('1-2-3-4.ns.pod.ext.example. A');
    assert.equal(table.names, 1);
    event('ns.pod.ext.example. 30 IN A 10.0.0.1');
    assert.equal(table.names, 0);
  });

  test('what was asked before the event, and comes after it, is not kept', async () => {
    const reply = Promise.withResolvers<Response>();
    const { ask, event, names, changed } = scene(() => reply.promise);
    await settled();
    const asked = ask('www.example. A');
    await settled();
    event(OURS);
    names.clear();
    changed('web.ext.example.');
    reply.resolve(said([ALIAS, OURS]));
    assert.deepEqual((await asked).records, [ALIAS, OURS]);
    assert.equal((await ask('www.example. A')).by, 'chain');
  });

  for (const [what, changes, by] of [
    ['another name', ['other.ext.example.'], 'reader'],
    ['more names than are remembered', Array.from({ length: 1001 }, (_, i) => `n${i}.`), 'chain'],
  ] as const) {
    test(`an event of ${what} meanwhile: the ${by} gives it the next time`, async () => {
      const reply = Promise.withResolvers<Response>();
      const { ask, changed } = scene(() => reply.promise);
      await settled();
      const asked = ask('www.example. A');
      await settled();
      for (const name of changes) changed(name);
      reply.resolve(said([ALIAS, OURS]));
      await asked;
      assert.equal((await ask('www.example. A')).by, by);
    });
  }

  test('what the store says a moment later is not given, and not kept', async () => {
    const one = scene(said([THEIRS]));
    await settled();
    await one.ask('web.ext.example. A');
    await settled();
    const { owner, names } = cluster();
    const two = cachedChain(said([], RCODE.REFUSED), 'cache\nredisc\nkubernetes', {
      owner,
      clock: one.clock,
      store: one.store,
    });
    await settled();
    const asked = two.ask('web.ext.example. A');
    names.set('web.ext.example.', OURS);
    assert.deepEqual((await asked).records, [OURS]);
    assert.equal(two.table.names, 0);
    assert.equal(await two.metric('coredns_cache_entries', 'type="success"'), 0);
    assert.equal(await one.store.get('web.ext.example. A 1 00'), undefined);
  });

  test('while what has expired waits for upstream, ours is given', async () => {
    const { upstream, ask: says } = upstreamOf(said([THEIRS]));
    const slow = Promise.withResolvers<Response>();
    let isSlow = false;
    const becomesOurs = () => {
      names.set('web.ext.example.', OURS);
      return slow.promise;
    };
    const lines = 'cache {\n serve_stale 1h verify 20ms\n}\nkubernetes';
    const { ask, clock, names } = scene(() => (isSlow ? becomesOurs() : says()), lines);
    await ask('web.ext.example. A');
    passTime(clock, 301_000);
    isSlow = true;
    assert.deepEqual((await ask('web.ext.example. A')).records, [OURS]);
    slow.resolve(upstream.says);
  });

  test('the walk of autopath finds it at once', async () => {
    const walked = 'a. 300 IN A 192.0.2.7';
    const upstream: Upstream = ({ name }) =>
      name === 'a.' ? said([walked]) : said([], RCODE.NXDOMAIN, [SOA]);
    const lines = 'autopath /etc/resolv.conf\ncache\nkubernetes';
    const { ask, event, names, changed } = scene(upstream, lines, 'corp.example.');
    await settled();
    const alias = 'a.corp.example. 300 IN CNAME a.';
    for (let i = 0; i < 2; i++) {
      assert.deepEqual((await ask('a.corp.example. A')).records, [alias, walked]);
    }
    const ours = 'a.corp.example. 30 IN A 10.0.0.1';
    event(ours);
    assert.deepEqual((await ask('a.corp.example. A')).records, [ours]);
    names.clear();
    changed('a.corp.example.');
    assert.deepEqual((await ask('a.corp.example. A')).records, [alias, walked]);
  });
});

for (const lines of ['cache\nredisc\nkubernetes', 'redisc\nkubernetes']) {
  describe(`of names in our zones the store of ${JSON.stringify(lines)}`, () => {
    /** Another resolver, which has no cluster and hears of no event. */
    async function pair(upstream: Response, name: string) {
      const ours = scene(said([], RCODE.SERVFAIL), lines);
      const { clock, store } = ours;
      const other = cachedChain(upstream, 'cache\nredisc', { clock, store });
      await settled();
      await other.ask(`${name} A`);
      await settled();
      return ours;
    }
    const rows: readonly (readonly [what: string, upstream: Response, name: string])[] = [
      ['a denial', said([], RCODE.NXDOMAIN, [SOA]), 'web.ext.example.'],
      ['an empty answer', said([], RCODE.NOERROR, [SOA]), 'web.ext.example.'],
      ['an alias that leads there', said([ALIAS, THEIRS]), 'www.example.'],
      ['a denied alias that leads there', said([ALIAS], RCODE.NXDOMAIN, [SOA]), 'www.example.'],
    ];
    for (const [what, upstream, name] of rows) {
      test(`is not believed ${what}`, async () => {
        const { ask, upstreamAsked } = await pair(upstream, name);
        await ask(`${name} A`);
        assert.equal(upstreamAsked.length, 1);
      });

      test(`is not told ${what}`, async () => {
        const { ask, store } = scene(upstream, lines);
        await settled();
        await ask(`${name} A`);
        await settled();
        assert.equal(await store.get(`${name} A 1 00`), undefined);
      });
    }

    test('is believed an answer, until the name is ours', async () => {
      const { ask, upstreamAsked } = await pair(said([THEIRS]), 'web.ext.example.');
      assert.deepEqual((await ask('web.ext.example. A')).records, [THEIRS]);
      assert.equal(upstreamAsked.length, 0);
    });
  });
}

/** What readers give of the cache, without the chain being asked. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { NO_FLAGS, OPTION_EDE } from '../../../../libs/dns/message.ts';
import { edns } from '../../../../libs/table/asking.ts';
import { said } from '../../../../test/plugin/cache-over.ts';
import { cachedChain } from '../../../../test/plugin/cached-chain.ts';
import type { Query } from '../../query.ts';

const SOA = 'example. 300 IN SOA ns.example. admin.example. 1 7200 1800 86400 20';
const A = 'a.example. 60 IN A 192.0.2.1';
const CD = { flags: { ...NO_FLAGS, recursionDesired: true, checkingDisabled: true } };

describe('readers', () => {
  test('give what upstream said once, each TTL counted down by itself', async () => {
    const { ask, pass, upstreamAsked } = cachedChain(
      said(['a.example. 300 IN CNAME b.example.', 'b.example. 60 IN A 192.0.2.1']),
    );
    assert.equal((await ask()).by, 'chain');
    await pass(10_000);
    const { by, records, message } = await ask('A.Example. A');
    assert.equal(by, 'reader');
    assert.deepEqual(records, [
      'A.Example. 290 IN CNAME b.Example.',
      'b.Example. 50 IN A 192.0.2.1',
    ]);
    assert.deepEqual(message.flags, {
      ...NO_FLAGS,
      response: true,
      recursionDesired: true,
      recursionAvailable: true,
    });
    await pass(50_000);
    assert.equal((await ask()).by, 'chain');
    assert.equal(upstreamAsked.length, 2);
  });

  for (const [what, rcode] of [
    ['NXDOMAIN', RCODE.NXDOMAIN],
    ['NODATA', RCODE.NOERROR],
  ] as const) {
    test(`give ${what} for the MINIMUM of its SOA`, async () => {
      const { ask, pass, upstreamAsked } = cachedChain(said([], rcode, [SOA]));
      await ask();
      await pass(19_000);
      const { by, message, records } = await ask();
      assert.deepEqual([by, message.rcode], ['reader', rcode]);
      assert.deepEqual(records, [SOA.replace('300', '1')]);
      await pass(1000);
      await ask();
      assert.equal(upstreamAsked.length, 2);
    });
  }

  test('give failures, but not for long', async () => {
    const { ask, pass } = cachedChain(said([], RCODE.SERVFAIL));
    await ask();
    const { by, message } = await ask();
    assert.deepEqual([by, message.rcode], ['reader', RCODE.SERVFAIL]);
    await pass(5000);
    assert.equal((await ask()).by, 'chain');
  });

  test('leave to the chain what they have no words for', async () => {
    const options = [{ code: OPTION_EDE, data: Uint8Array.of(0, 9) }];
    const explained = cachedChain(said([A], 0, [], { options }));
    const plain = cachedChain(said([A]));
    const kept = cachedChain(said([A]), 'cache {\n keepttl\n}');
    const watched = cachedChain(said([A]), 'log\ncache');
    for (const [scene, rest] of [
      [explained, {}],
      [kept, {}],
      [watched, {}],
      [plain, CD],
      [plain, { edns: edns(1232, { dnssecOk: true }) }],
    ] as const) {
      await scene.ask();
      await scene.ask('a.example. A', rest);
      assert.equal((await scene.ask('a.example. A', rest)).by, 'chain');
    }
    assert.deepEqual(plain.upstreamAsked.length, 3, 'each of them is kept, apart');
  });

  test('are counted where the cache counts', async () => {
    const upstream = ({ name }: Query) =>
      name.startsWith('no.') ? said([], RCODE.NXDOMAIN, [SOA]) : said([A]);
    const { ask, metric } = cachedChain(upstream);
    for (let i = 0; i < 3; i++) await ask();
    for (let i = 0; i < 4; i++) await ask('no.example. A');
    assert.equal(await metric('coredns_cache_hits_total', 'type="success"'), 2);
    assert.equal(await metric('coredns_cache_hits_total', 'type="denial"'), 3);
    assert.equal(await metric('coredns_cache_misses_total'), 2);
    assert.equal(await metric('coredns_cache_requests_total'), 7);
  });

  test('forget what has expired, asked or not', async () => {
    const { ask, pass, table, metric } = cachedChain(said([A]));
    await ask();
    assert.equal(table.names, 1);
    await pass(59_750);
    assert.equal(table.names, 1);
    await pass(250);
    assert.equal(table.names, 0);
    assert.equal(await metric('coredns_cache_entries', 'type="success"'), 0);
  });

  test('give nothing for longer than its TTL when the clock is set back', async () => {
    const { ask, pass, clock, table } = cachedChain(said([A]));
    await ask();
    await pass(40_000);
    clock.wallMs -= 3_600_000;
    await pass(250);
    const { by, records } = await ask();
    assert.deepEqual([by, records], ['reader', [A.replace('60', '20')]]);
    await pass(19_750);
    assert.equal(table.names, 0);
    assert.equal((await ask()).by, 'chain');
  });

  test('go on when the clock is set forward', async () => {
    const { ask, pass, clock, upstreamAsked } = cachedChain(said([A]));
    await ask();
    clock.wallMs += 3_600_000;
    await pass(1000);
    const { by, records } = await ask();
    assert.deepEqual([by, records], ['reader', [A.replace('60', '59')]]);
    assert.equal(upstreamAsked.length, 1);
  });
});

describe('at its capacity the cache', () => {
  const upstream = ({ name }: Query) => said([`${name} 3600 IN A 192.0.2.1`]);

  test('keeps what readers give, and drops the rest from the table too', async () => {
    const { ask, table, metric, upstreamAsked } = cachedChain(upstream, 'cache {\n success 100\n}');
    await ask('hot.example. A');
    for (let i = 0; i < 1000; i++) {
      assert.equal((await ask('hot.example. A')).by, 'reader');
      await ask(`cold-${i}.example. A`);
    }
    assert.equal(upstreamAsked.length, 1001);
    assert.equal(table.names, 100);
    assert.equal(await metric('coredns_cache_entries', 'type="success"'), 100);
    assert.equal(await metric('coredns_cache_evictions_total', 'type="success"'), 901);
  });

  test('makes room also where all are asked all the time', async () => {
    const { ask, table } = cachedChain(upstream, 'cache {\n success 100\n}');
    for (let i = 0; i < 200; i++) {
      for (let j = 0; j <= i; j++) await ask(`hot-${j}.example. A`);
      assert.equal(table.names, Math.min(i + 1, 100));
    }
  });

  test('forgets what expires together a part at a time', async () => {
    const scene = cachedChain(upstream, 'cache 10 {\n success 1250\n}');
    for (let i = 0; i < 1250; i++) await scene.ask(`many-${i}.example. A`);
    await scene.pass(10_000);
    assert.equal(scene.table.names, 750);
    await scene.pass(250);
    assert.equal(scene.table.names, 250);
    assert.equal((await scene.ask('many-1249.example. A')).records[0]?.split(' ')[1], '10');
    await scene.pass(250);
    assert.equal(scene.table.names, 1, 'only what was asked again');
    assert.equal(scene.upstreamAsked.length, 1251);
  });

  test('keeps what does not fit into the table', async () => {
    const { ask, upstreamAsked, table } = cachedChain(upstream, 'cache', { octets: 1 << 17 });
    for (let i = 0; i < 1000; i++) await ask(`many-${i}.example. A`);
    assert.ok(table.refusals > 0);
    for (let i = 0; i < 1000; i++) await ask(`many-${i}.example. A`);
    assert.equal(upstreamAsked.length, 1000);
  });
});

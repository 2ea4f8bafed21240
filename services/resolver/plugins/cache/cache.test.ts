import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RCODE } from '../../../../libs/dns/iana.ts';
import { NO_FLAGS } from '../../../../libs/dns/message.ts';
import { formatRecord } from '../../../../libs/dns/presentation.ts';
import { cacheOver, said } from '../../../../test/plugin/cache-over.ts';
import type { Query } from '../../query.ts';
import type { Response } from '../../response.ts';

const SOA = 'example. 300 IN SOA ns.example. admin.example. 1 7200 1800 86400 20';
const A = 'a.example. 60 IN A 192.0.2.1';
const DO = { edns: { udpSize: 1232, version: 0, dnssecOk: true, options: [] } };
const CD = { flags: { ...NO_FLAGS, recursionDesired: true, checkingDisabled: true } };

describe('cache', () => {
  test('answers again without asking, each TTL counted down by itself', async () => {
    const { ask, clock, asked } = cacheOver(
      said(['a.example. 300 IN CNAME b.example.', 'b.example. 60 IN A 192.0.2.1']),
    );
    await ask();
    clock.ms += 10_900;
    assert.deepEqual(await ask('A.example.'), [
      'a.example. 290 IN CNAME b.example.',
      'b.example. 50 IN A 192.0.2.1',
    ]);
    clock.ms += 49_000;
    assert.equal((await ask())[1], 'b.example. 1 IN A 192.0.2.1');
    assert.equal(asked(), 1);
    clock.ms += 100;
    await ask();
    assert.equal(asked(), 2);
  });

  test('keeps answers apart by name, type, DO and CD', async () => {
    const { ask, asked } = cacheOver(
      said([A, 'a.example. 60 IN AAAA 2001:db8::1', 'b.example. 60 IN A 192.0.2.2']),
    );
    for (const [name, type, change] of [
      ['a.example.', 'A', {}],
      ['b.example.', 'A', {}],
      ['a.example.', 'AAAA', {}],
      ['a.example.', 'A', DO],
      ['a.example.', 'A', CD],
      ['a.example.', 'A', { ...DO, ...CD }],
    ] as const) {
      const before = asked();
      await ask(name, type, change);
      await ask(name, type, change);
      assert.equal(asked() - before, 1, `${name} ${type}`);
    }
  });

  test('keeps no longer than told, and tells clients so, also the first', async () => {
    const { ask, clock, asked } = cacheOver(said([A]), 'cache 30');
    assert.deepEqual(await ask(), ['a.example. 30 IN A 192.0.2.1']);
    clock.ms += 29_000;
    assert.deepEqual(await ask(), ['a.example. 1 IN A 192.0.2.1']);
    clock.ms += 1000;
    await ask();
    assert.equal(asked(), 2);
  });

  test('raises a TTL only when told to', async () => {
    const now = said(['a.example. 0 IN A 192.0.2.1']);
    const honest = cacheOver(now);
    assert.deepEqual(await honest.ask(), ['a.example. 0 IN A 192.0.2.1']);
    await honest.ask();
    assert.equal(honest.asked(), 2);
    const told = cacheOver(now, 'cache {\n success 100 30 5\n}');
    assert.deepEqual(await told.ask(), ['a.example. 5 IN A 192.0.2.1']);
    await told.ask();
    assert.equal(told.asked(), 1);
  });

  const denials: readonly (readonly [what: string, response: Response])[] = [
    ['NXDOMAIN', said([], RCODE.NXDOMAIN, [SOA])],
    ['NODATA', said([], RCODE.NOERROR, [SOA])],
    ['NODATA behind an alias', said(['a.example. 60 IN CNAME b.example.'], RCODE.NOERROR, [SOA])],
  ];
  for (const [what, response] of denials) {
    test(`keeps ${what} for the MINIMUM of its SOA`, async () => {
      const { ask, clock, asked } = cacheOver(response);
      await ask();
      clock.ms += 19_000;
      assert.match((await ask()).at(-1) ?? '', /^example\. 1 IN SOA/);
      assert.equal(asked(), 1);
      clock.ms += 1000;
      await ask();
      assert.equal(asked(), 2);
    });
  }

  test('keeps a failure for 5 s, or as told', async () => {
    for (const [lines, ms] of [
      ['cache', 5000],
      ['cache {\n servfail 1s\n}', 1000],
      ['cache {\n servfail 0\n}', 0],
    ] as const) {
      const { ask, clock, asked } = cacheOver(said([], RCODE.SERVFAIL), lines);
      await ask();
      clock.ms += Math.max(0, ms - 1);
      await ask();
      assert.equal(asked(), ms === 0 ? 2 : 1);
      clock.ms += 1;
      await ask();
      assert.equal(asked(), ms === 0 ? 3 : 2);
    }
  });

  const never: readonly (readonly [what: string, response: Response, type?: string])[] = [
    ['what this resolver says with authority', said([A], 0, [], { authoritative: true })],
    ['what does not come from upstream', said([A], 0, [], { recursionAvailable: false })],
    ['a refusal', said([], RCODE.REFUSED)],
    ['a denial without SOA', said([], RCODE.NXDOMAIN)],
    ['an empty answer without SOA', said([])],
    ['an alias that leads nowhere', said(['a.example. 60 IN CNAME b.example.'])],
    ['an answer to another question', said(['b.example. 60 IN A 192.0.2.1'])],
    ['a zone transfer', said([SOA, A, SOA]), 'AXFR'],
  ];
  for (const [what, response, type] of never) {
    test(`never keeps ${what}, and does not change it`, async () => {
      const { ask, asked } = cacheOver(response, 'cache 1');
      const expected = [...response.answer, ...response.authority].map(formatRecord);
      assert.deepEqual(await ask('a.example.', type), expected);
      assert.deepEqual(await ask('a.example.', type), expected);
      assert.equal(asked(), 2);
    });
  }

  test('neither keeps nor gives answers for queries without RD', async () => {
    const { ask, asked } = cacheOver(said([A]));
    await ask('a.example.', 'A', { flags: NO_FLAGS });
    await ask();
    await ask('a.example.', 'A', { flags: NO_FLAGS });
    assert.equal(asked(), 3);
  });

  test('keeps only names of its zones', async () => {
    const { ask, asked } = cacheOver(said([A, 'a.test. 60 IN A 192.0.2.1']), 'cache 30 example');
    for (const name of ['a.example.', 'a.example.', 'a.test.', 'a.test.']) await ask(name);
    assert.equal(asked(), 3);
  });

  test('drops what was not used for the longest', async () => {
    const names = ['a.example.', 'b.example.', 'c.example.'];
    const { ask, asked, metrics } = cacheOver(
      said(names.map((name) => `${name} 60 IN A 192.0.2.1`)),
      'cache {\n success 2\n}',
    );
    for (const name of ['a.example.', 'b.example.', 'a.example.', 'c.example.']) await ask(name);
    assert.equal(asked(), 3);
    await ask('a.example.');
    assert.equal(asked(), 3, 'a was used after b');
    await ask('b.example.');
    assert.equal(asked(), 4);
    const text = await metrics.text();
    const labels = 'server="dns://:53",type="success",zones=".",view=""';
    assert.ok(text.includes(`coredns_cache_entries{${labels}} 2`));
    assert.ok(text.includes(`coredns_cache_evictions_total{${labels}} 2`));
    assert.ok(text.includes(`coredns_cache_hits_total{${labels}} 2`));
  });

  test('keeps none of a kind with a capacity of 0', async () => {
    const { ask, asked } = cacheOver(said([A]), 'cache {\n success 0\n}');
    for (let i = 0; i < 3; i++) assert.deepEqual(await ask(), [A]);
    assert.equal(asked(), 3);
  });

  test('gives a large answer the room of several', async () => {
    const text = 'x'.repeat(250);
    const large = Array.from({ length: 20 }, () => `a.example. 60 IN TXT "${text}"`);
    const { ask, asked } = cacheOver(said(large), 'cache {\n success 3\n}');
    await ask('a.example.', 'TXT');
    await ask('a.example.', 'TXT');
    assert.equal(asked(), 2, '5 KiB do not fit into 3');
  });

  test('keeps nothing of a kind that is disabled, and does not change it', async () => {
    const upstream = (query: Query) =>
      query.name.startsWith('no.') ? said([], RCODE.NXDOMAIN, [SOA]) : said([A]);
    for (const [lines, hits] of [
      ['cache 30 {\n disable denial\n}', ['a.example.', 'no.test.']],
      ['cache 30 {\n disable success example\n}', ['no.example.', 'no.test.']],
      ['cache 30 {\n disable denial example\n}', ['a.example.', 'no.test.']],
    ] as const) {
      const { ask, asked } = cacheOver(upstream, lines);
      const kept: string[] = [];
      for (const name of ['a.example.', 'no.example.', 'no.test.']) {
        await ask(name);
        const before = asked();
        await ask(name);
        if (asked() === before) kept.push(name);
      }
      const expected = lines.includes('denial\n') ? ['a.example.'] : hits;
      assert.deepEqual(kept, expected, lines);
    }
    const { ask } = cacheOver(said([A]), 'cache 30 {\n disable success\n}');
    assert.deepEqual(await ask(), [A], 'its TTL stays');
  });

  test('keeps TTLs when told to, but no answer for longer', async () => {
    const { ask, asked, clock } = cacheOver(said([A]), 'cache {\n keepttl\n}');
    await ask();
    clock.ms += 59_000;
    assert.deepEqual(await ask(), [A]);
    assert.equal(asked(), 1);
    clock.ms += 1000;
    await ask();
    assert.equal(asked(), 2);
  });

  test('gives nothing that was kept of a name that became ours', async () => {
    const ours = new Set<string>();
    const owns = (name: string) => ours.has(name);
    const authority = said([A.replace('192.0.2.1', '10.0.0.1')], 0, [], { authoritative: true });
    const upstream = () => (ours.size > 0 ? authority : said([A]));
    const { ask, asked } = cacheOver(upstream, 'cache', { owns });
    assert.deepEqual(await ask(), [A]);
    ours.add('a.example.');
    assert.deepEqual(await ask(), ['a.example. 60 IN A 10.0.0.1']);
    ours.clear();
    assert.deepEqual(await ask(), [A]);
    assert.equal(asked(), 3, 'what was kept before is gone');
  });

  test('keeps nothing of a name that became ours while upstream was asked', async () => {
    let isOurs = false;
    const upstream = () => {
      isOurs = true;
      return said([A]);
    };
    const { ask, asked } = cacheOver(upstream, 'cache', { owns: () => isOurs });
    await ask();
    isOurs = false;
    await ask();
    assert.equal(asked(), 2);
  });
});

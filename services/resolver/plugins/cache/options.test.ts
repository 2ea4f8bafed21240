import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cacheOver, said } from '../../../../test/plugin/cache-over.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { readOptions } from './options.ts';

function read(lines: string) {
  const [directive] = directives(lines);
  assert.ok(directive !== undefined);
  return readOptions(directive, ['block.']);
}

/** As it is when it is named, and no more is said. */
const STALE = {
  forMs: 3_600_000,
  verifyMs: undefined,
  ttlSeconds: 0,
  recheckMs: 5000,
  prefersPositive: false,
};

describe('options of cache', () => {
  test('are those of CoreDNS unless said', () => {
    assert.deepEqual(read('cache'), {
      zones: ['block.'],
      success: { least: 0, most: 3600 },
      denial: { least: 0, most: 1800 },
      successCapacity: 10_000,
      denialCapacity: 10_000,
      servfailSeconds: 5,
      disabled: { success: [], denial: [] },
      prefetch: { amount: 0, gapMs: 60_000, percentage: 10 },
      refreshesInUse: true,
      stale: { ...STALE, forMs: 0 },
      keepsTtl: false,
      shared: undefined,
    });
  });

  const stale: readonly (readonly [line: string, expected: object])[] = [
    ['serve_stale', {}],
    ['serve_stale 2h', { forMs: 7_200_000 }],
    ['serve_stale 1m IMMEDIATE 30s 10s', { forMs: 60_000, ttlSeconds: 30, recheckMs: 10_000 }],
    ['serve_stale 1h immediate 1m', { ttlSeconds: 60 }],
    ['serve_stale 1m verify', { forMs: 60_000, verifyMs: 1800 }],
    [
      'serve_stale 1m verify 200ms 1s 0',
      { forMs: 60_000, verifyMs: 200, ttlSeconds: 1, recheckMs: 0 },
    ],
    ['serve_stale 1h verify 0 30s', { verifyMs: Number.POSITIVE_INFINITY, ttlSeconds: 30 }],
    ['serve_stale 1m\n servfail 1s', { forMs: 60_000, recheckMs: 1000 }],
    ['serve_stale_policy Prefer_Positive\n serve_stale', { prefersPositive: true }],
  ];
  for (const [line, expected] of stale) {
    test(JSON.stringify(line), () => {
      assert.deepEqual(read(`cache {\n ${line}\n}`).stale, { ...STALE, ...expected });
    });
  }

  test('of prefetch, disable and keepttl', () => {
    const options = read('cache a. {\n prefetch 5 2m 20%\n disable denial\n keepttl\n}');
    assert.deepEqual(options.prefetch, { amount: 5, gapMs: 120_000, percentage: 20 });
    assert.deepEqual(options.disabled, { success: [], denial: ['a.'] });
    assert.equal(options.keepsTtl, true);
    assert.deepEqual(read('cache {\n disable success b.\n}').disabled.success, ['b.']);
  });
});

describe('cache refuses', () => {
  const rows: readonly (readonly [lines: string, message: RegExp])[] = [
    ['cache 0', /Corefile:2: Cannot read the TTL "0": it is out of range; expected 1 to 604800/],
    ['cache 30 a..b', /Cannot use the domain name "a..b."/],
    ['cache\ncache', /Corefile:3: Cannot use "cache" again/],
    ['cache {\n success\n}', /Corefile:3: Cannot read "success": it has no argument/],
    ['cache {\n success -1\n}', /Cannot read the capacity "-1"/],
    [
      'cache {\n denial 100 5 6\n}',
      /the shortest TTL "6": it is above the longest; expected at most 5/,
    ],
    ['cache {\n servfail 6m\n}', /the servfail "6m": it is out of range; expected 0 to 5m/],
    ['cache {\n prefetch\n}', /Cannot read "prefetch": it has no argument/],
    ['cache {\n prefetch -1\n}', /Cannot read the amount "-1"/],
    ['cache {\n prefetch 1 1ms\n}', /Cannot read the prefetch "1ms": it is out of range/],
    ['cache {\n prefetch 1 1m 10\n}', /the percentage "10": it has no percent sign/],
    ['cache {\n prefetch 1 1m 9%\n}', /the percentage "9%": it is out of range; expected 10% to/],
    ['cache {\n prefetch 1 1m 91%\n}', /the percentage "91%": it is out of range/],
    ['cache {\n prefetch 1 1m x%\n}', /the percentage "x%"/],
    ['cache {\n prefetch 1 1m 10% 2\n}', /Cannot read "prefetch": it has 4 arguments/],
    ['cache {\n serve_stale 169h\n}', /the serve_stale "169h": it is out of range/],
    ['cache {\n serve_stale -1s\n}', /the serve_stale "-1s": it is no duration/],
    ['cache {\n serve_stale 1h later\n}', /the refresh mode "later": .* one of immediate, verify/],
    ['cache {\n serve_stale 1h verify -1s\n}', /Cannot read the timeout "-1s"/],
    ['cache {\n serve_stale 1h immediate 61m\n}', /Cannot read the TTL "61m"/],
    ['cache {\n serve_stale 1h immediate 1500ms\n}', /"1500ms": it is no whole number of seconds/],
    ['cache {\n serve_stale 1h immediate 1s 1s 1s\n}', /expected no more arguments/],
    [
      'cache {\n serve_stale_policy prefer_positive\n}',
      /Corefile:3: Cannot use serve_stale_policy: nothing stale is served; expected serve_stale/,
    ],
    ['cache {\n serve_stale\n serve_stale_policy fresh\n}', /Cannot read the policy "fresh"/],
    [
      'cache {\n serve_stale\n serve_stale_policy prefer_positive\n serve_stale_policy x\n}',
      /Corefile:5: Cannot use "serve_stale_policy" again: line 4 has it; expected once a cache/,
    ],
    ['cache {\n disable all\n}', /Cannot read the kind "all": .* one of success, denial/],
    ['cache {\n keepttl 1\n}', /Cannot read "keepttl": it has one argument/],
    [
      'cache {\n foo\n}',
      /"foo" of cache: it is unknown; expected one of success, denial, servfail/,
    ],
  ];
  for (const [lines, message] of rows) {
    test(JSON.stringify(lines), () => {
      assert.throws(() => cacheOver(said([]), lines), { name: 'ConfigurationError', message });
    });
  }
});

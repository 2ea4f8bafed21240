import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { directives } from '../../../../test/plugin/directives.ts';
import { readOptions } from './options.ts';

const read = (lines: string) => readOptions(directives(lines), ['block.']);

describe('options of redisc', () => {
  test('are those of CoreDNS unless said', () => {
    assert.deepEqual(read('redisc'), {
      zones: ['block.'],
      url: 'redis://127.0.0.1:6379',
      tls: undefined,
      prefix: 'isthmus',
      upstream: undefined,
      limits: {
        success: { least: 0, most: 3600 },
        denial: { least: 0, most: 1800 },
        servfailSeconds: 0,
        disabled: { success: [], denial: [] },
      },
      readMs: 5,
      idle: [],
    });
  });

  test('of a stanza of CoreDNS', () => {
    const { zones, url, limits } = read(
      'redisc 300 a. b. {\n endpoint 10.0.0.1\n success 60\n denial 5\n}',
    );
    assert.deepEqual(zones, ['a.', 'b.']);
    assert.equal(url, 'redis://10.0.0.1');
    assert.deepEqual([limits.success.most, limits.denial.most], [60, 5]);
  });

  const urls: readonly (readonly [endpoint: string, url: string])[] = [
    ['10.0.0.1:6380', 'redis://10.0.0.1:6380'],
    ['[2001:db8::1]:6380', 'redis://[2001:db8::1]:6380'],
    ['redis.example.org', 'redis://redis.example.org'],
    ['a:7000 b:7000 c:7000', 'redis://a:7000,b:7000,c:7000'],
    ['redis://u:p@h/2', 'redis://u:p@h/2'],
    ['redis+sentinel://a,b/main', 'redis+sentinel://a,b/main'],
  ];
  for (const [endpoint, url] of urls) {
    test(`endpoint ${endpoint}`, () => {
      assert.equal(read(`redisc {\n endpoint ${endpoint}\n}`).url, url);
    });
  }

  test('a first argument of digits is the TTL of both kinds', () => {
    const { limits } = read('redisc 30 {\n denial 5\n}');
    assert.deepEqual([limits.success.most, limits.denial.most], [30, 5]);
  });

  test('a capacity is read, and said to count nothing', () => {
    const { limits, idle } = read('redisc {\n success 9984 30 5\n denial 9984 5\n}');
    assert.deepEqual(limits.success, { least: 5, most: 30 });
    assert.deepEqual(limits.denial, { least: 0, most: 5 });
    assert.equal(idle.length, 2);
    assert.match(idle[0] ?? '', /^redisc: the capacity 9984 of success counts nothing: /);
  });

  test('of timeout, prefix, upstream and TLS', () => {
    const { readMs, prefix, upstream, tls } = read(
      'redisc {\n endpoint rediss://h\n timeout 20ms\n prefix isthmus:edge\n upstream office\n' +
        ' tls\n tls_servername redis.example\n}',
    );
    assert.deepEqual([readMs, prefix, upstream], [20, 'isthmus:edge', 'office']);
    assert.equal(tls?.serverName, 'redis.example');
  });
});

describe('redisc refuses', () => {
  const rows: readonly (readonly [lines: string, message: RegExp])[] = [
    ['redisc 0', /Corefile:2: Cannot read the TTL "0": it is out of range; expected 1 to 604800/],
    ['redisc a..b', /Cannot use the domain name "a..b."/],
    ['redisc\nredisc', /Corefile:3: Cannot use "redisc" again/],
    ['redisc {\n endpoint\n}', /Corefile:3: Cannot read "endpoint": it has no argument/],
    [
      'redisc {\n endpoint :x\n}',
      /Corefile:3: Cannot use the store "redis:\/\/:x": ":x" is no host/,
    ],
    ['redisc {\n endpoint http://h\n}', /Cannot use the store "http:\/\/h": it is no address/],
    ['redisc {\n endpoint redis://a b\n}', /Cannot use one URL of 2 endpoints; expected one alone/],
    ['redisc {\n success\n}', /Cannot read "success": it has no argument/],
    ['redisc {\n success 0\n}', /Cannot read the TTL "0"/],
    ['redisc {\n denial 10 5 6\n}', /the shortest TTL "6": it is above the longest/],
    ['redisc {\n timeout 3s\n}', /Cannot read the timeout "3s": it is out of range/],
    ['redisc {\n timeout 0\n}', /Cannot read the timeout "0"/],
    ['redisc {\n prefix 123\n}', /Cannot read the prefix "123": it is none; expected a letter/],
    ['redisc {\n prefix {x}\n}', /Cannot read the prefix/],
    [
      'redisc {\n upstream 9.9.9.9\n}',
      /Cannot read the upstream "9.9.9.9": it is none; expected a/,
    ],
    [
      'redisc {\n tls\n}',
      /Corefile:3: Cannot use tls: Redis is reached without TLS; expected "end/,
    ],
    [
      'redisc {\n endpoint rediss://h\n tls /nowhere\n}',
      /Corefile:4: Cannot use "\/nowhere" for TLS/,
    ],
    ['redisc {\n foo\n}', /"foo" of redisc: it is unknown; expected one of endpoint, success/],
  ];
  for (const [lines, message] of rows) {
    test(JSON.stringify(lines), () => {
      assert.throws(() => read(lines), { name: 'ConfigurationError', message });
    });
  }

  test('a wrong address without showing its password', () => {
    for (const endpoint of ['redis://u:hunter2@h/x', 'u:hunter2@h:x', 'redis:/u:hunter2@h']) {
      assert.throws(
        () => read(`redisc {\n endpoint ${endpoint}\n}`),
        (error: Error) => {
          assert.equal(error.name, 'ConfigurationError');
          return !error.message.includes('hunter2');
        },
      );
    }
  });
});

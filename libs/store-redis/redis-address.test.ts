import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRedisAddress, showRedisAddress } from './redis-address.ts';

const PLAIN = { isCluster: false, isTls: false, db: 0 };
const LOCAL = { host: '127.0.0.1', port: 6379 };

test('parseRedisAddress reads one server, with what is left out', () => {
  assert.deepEqual(parseRedisAddress('redis://127.0.0.1'), { ...PLAIN, nodes: [LOCAL] });
  assert.deepEqual(parseRedisAddress('redis://127.0.0.1/'), { ...PLAIN, nodes: [LOCAL] });
  assert.deepEqual(parseRedisAddress('rediss://user:p%40ss@redis.example:7000/3'), {
    nodes: [{ host: 'redis.example', port: 7000 }],
    isCluster: false,
    isTls: true,
    username: 'user',
    password: 'p@ss',
    db: 3,
  });
  const password = parseRedisAddress('redis://:p:a@ss@127.0.0.1');
  assert.deepEqual(password, { ...PLAIN, nodes: [LOCAL], password: 'p:a@ss' });
});

test('parseRedisAddress reads a cluster', () => {
  const nodes = [
    { host: 'a', port: 7000 },
    { host: '::1', port: 7001 },
    { host: 'c', port: 6379 },
  ];
  const address = parseRedisAddress('redis://a:7000,[::1]:7001,c');
  assert.deepEqual(address, { ...PLAIN, isCluster: true, nodes });
  assert.equal(showRedisAddress(address), 'a:7000,[::1]:7001,c:6379');
  assert.equal(parseRedisAddress('redis://a?cluster').isCluster, true);
});

test('parseRedisAddress reads what a scheme says', () => {
  assert.deepEqual(parseRedisAddress('redis+cluster://127.0.0.1'), {
    ...PLAIN,
    isCluster: true,
    nodes: [LOCAL],
  });
  assert.equal(parseRedisAddress('rediss+cluster://a,b').isTls, true);
  const sentinels = parseRedisAddress('redis+sentinel://:p%40ss@a,[::1]:7001/mymaster/3');
  assert.deepEqual(sentinels, {
    nodes: [
      { host: 'a', port: 26379 },
      { host: '::1', port: 7001 },
    ],
    isCluster: false,
    isTls: false,
    sentinel: { master: 'mymaster' },
    password: 'p@ss',
    db: 3,
  });
  assert.equal(showRedisAddress(sentinels), 'a:26379,[::1]:7001/mymaster');
  const own = '?sentinel_user=isthmus&sentinel_password=p%40ss';
  assert.deepEqual(parseRedisAddress(`rediss+sentinel://a/m${own}`).sentinel, {
    master: 'm',
    username: 'isthmus',
    password: 'p@ss',
  });
});

test('parseRedisAddress refuses what is none, and shows no secret', () => {
  for (const url of [
    '',
    'http://a',
    'redis://',
    'redis://a:0',
    'redis://a:65536',
    'redis://a:b',
    'redis://a,',
    'redis://a,b/1',
    'redis://a/x',
    'redis://a?x=y',
    'redis://user:hunter2@',
    'redis://user:hunter2%zz@a',
    'redis://user:hunter2@a:x',
    `redis://${'a,'.repeat(100)}a`,
    'redis+ring://a',
    'redis+cluster://a/1',
    'redis+sentinel://a',
    'redis+sentinel://a/',
    'redis+sentinel://a/m/x',
    'redis+sentinel://a/m/1/2',
    'redis+sentinel://a/m?sentinel_password=hunter2&x=y',
    'redis+sentinel://a:x/m?sentinel_password=hunter2',
  ]) {
    assert.throws(
      () => parseRedisAddress(url),
      (error) => {
        assert.ok(error instanceof TypeError, url);
        assert.match(error.message, /^Cannot use the store ".*": .*; expected redis:\/\//);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      },
    );
  }
});

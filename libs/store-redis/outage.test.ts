import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { findServer, missingServer } from '../../test/servers/find-server.ts';
import { freePort } from '../../test/servers/free-port.ts';
import { type RedisServers, startRedis, startRedisCluster } from '../../test/servers/redis.ts';
import type { Head } from '../log/log.ts';
import { type FactChange, type Store, StoreUnavailable } from '../store/store.ts';
import { BACK_WITHIN_MS, reasonOf, whenBack } from './given-outcome.ts';
import { openRedisStore } from './redis-store.ts';

const binary = findServer('redis-server') ?? '';
const options = { skip: binary === '' && missingServer('redis-server') };

/** Long enough for two busy cores, where the bound is not what is tried. */
const TIMEOUT_MS = 5000;
/** Where it is. */
const SHORT_TIMEOUT_MS = 300;

const at = (position: number): Head => ({ incarnation: 'log-1', position });
const facts = (...subjects: readonly string[]): readonly FactChange[] =>
  subjects.map((subject) => ({ subject, data: new TextEncoder().encode(subject) }));
const answer = Uint8Array.of(1, 2, 3);

let open: Store[] = [];
const said: string[] = [];
function openStore(url: string, timeoutMs = TIMEOUT_MS): Store {
  const onTrouble = (text: string) => said.push(text);
  const store = openRedisStore({ url, federation: 'test', timeoutMs, onTrouble });
  open.push(store);
  return store;
}
afterEach(async () => {
  for (const store of open) await store.close();
  open = [];
  said.length = 0;
});

test('without a server it opens, fails with the reason, and shows no secret', async () => {
  const port = await freePort();
  const store = openStore(`redis://user:hunter2@127.0.0.1:${port}`);
  const where = `127.0.0.1:${port}`;
  const expected = `Cannot use the store "${where}": connect ECONNREFUSED ${where}; expected a Redis that answers in time`;
  assert.equal(await reasonOf(store.head('east')), expected);
  assert.equal(await reasonOf(store.read('east')), expected);
  assert.equal(await reasonOf(store.advance('east', undefined, at(1), facts('a'))), expected);
  assert.equal(await reasonOf(store.discard('east', at(1))), expected);
  assert.equal(await reasonOf(store.get('a. A IN')), expected);
  assert.equal(await reasonOf(store.set('a. A IN', answer, 5)), expected);
  assert.deepEqual(said, [expected]);
});

test('without a cluster it is the same', async () => {
  const ports = [await freePort(), await freePort()];
  const store = openStore(`redis://:hunter2@127.0.0.1:${ports[0]},127.0.0.1:${ports[1]}`);
  for (const reason of [await reasonOf(store.head('east')), await reasonOf(store.get('a'))]) {
    assert.match(reason, /^Cannot use the store "127.0.0.1:\d+,127.0.0.1:\d+": /);
    assert.doesNotMatch(reason, /hunter2/);
  }
});

describe('a Redis that comes and goes', options, () => {
  let servers: RedisServers;
  before(async () => {
    servers = await startRedis(binary);
  });
  after(() => servers?.stop());
  afterEach(async () => {
    await servers.first.kill();
    await servers.first.start();
    await servers.first.command('FLUSHALL');
    await servers.first.command('SAVE');
  });

  test('one that starts later is found', async () => {
    await servers.first.kill();
    const store = openStore(servers.url);
    await reasonOf(store.head('east'));
    await reasonOf(store.get('a. A IN'));
    await servers.first.start();
    assert.equal(await whenBack(() => store.head('east')), undefined);
    assert.equal(await whenBack(() => store.get('a. A IN')), undefined);
    assert.match(said.at(-1) ?? '', /^The store ".*" answers$/);
  });

  test('one that died and lost everything is found empty by its position', async () => {
    const store = openStore(servers.url);
    await store.advance('east', undefined, at(3), facts('a', 'b'));
    await servers.first.kill();
    await servers.first.start();
    const move = () => store.advance('east', at(3), at(4), facts('c'));
    assert.deepEqual(await whenBack(move), { kind: 'conflict', head: undefined });
    await store.advance('east', undefined, at(4), facts('a', 'b', 'c'));
    assert.equal((await store.read('east'))?.facts.size, 3);
  });

  test('one that was rolled back is found where it is now', async () => {
    const store = openStore(servers.url);
    await store.advance('east', undefined, at(3), facts('a'));
    assert.match(await servers.first.command('SAVE'), /^\+OK/);
    await store.advance('east', at(3), at(4), facts('b'));
    await servers.first.kill();
    await servers.first.start();
    const move = () => store.advance('east', at(4), at(5), facts('c'));
    assert.deepEqual(await whenBack(move), { kind: 'conflict', head: at(3) });
    assert.deepEqual([...((await store.read('east'))?.facts.keys() ?? [])], ['a']);
  });

  for (const lost of ['facts', 'position']) {
    test(`one that evicted only the ${lost} of a cluster has nothing of it`, async () => {
      const store = openStore(servers.url);
      await store.advance('east', undefined, at(3), facts('a', 'b'));
      assert.match(await servers.first.command(`DEL isthmus:{test:east}:${lost}`), /^:1/);
      assert.equal(await store.head('east'), undefined);
      assert.equal(await store.read('east'), undefined);
      const moved = await store.advance('east', at(3), at(4), facts('c'));
      assert.deepEqual(moved, { kind: 'conflict', head: undefined });
      await store.advance('east', undefined, at(4), facts('c'));
      assert.deepEqual([...((await store.read('east'))?.facts.keys() ?? [])], ['c']);
    });
  }

  test('one that hangs is not waited for, and takes up again', async () => {
    const store = openStore(servers.url, SHORT_TIMEOUT_MS);
    await whenBack(() => store.set('a. A IN', answer, 60));
    servers.first.pause();
    assert.match(await reasonOf(store.get('a. A IN')), /no answer within 300 ms/);
    assert.match(await reasonOf(store.head('east')), /no answer within 300 ms/);
    servers.first.resume();
    const had = await whenBack(() => store.get('a. A IN'));
    assert.deepEqual([...(had?.message ?? [])], [1, 2, 3]);
    assert.equal(await whenBack(() => store.head('east')), undefined);
  });

  test('one that goes on hanging is given up: then nobody waits any more', async () => {
    const store = openStore(servers.url, SHORT_TIMEOUT_MS);
    await whenBack(() => store.get('a. A IN'));
    servers.first.pause();
    const deadlineMs = Date.now() + BACK_WITHIN_MS;
    while (!(await reasonOf(store.get('a. A IN'))).includes('Socket timeout')) {
      assert.ok(Date.now() < deadlineMs, 'it is still waited for');
      await delay(1);
    }
    servers.first.resume();
    await whenBack(() => store.get('a. A IN'));
  });

  test('what is discarded takes no room', async () => {
    const store = openStore(servers.url);
    await store.advance('east', undefined, at(3), facts('a'));
    assert.match(await servers.first.command('DBSIZE'), /^:2/);
    await store.discard('east', at(3));
    assert.match(await servers.first.command('DBSIZE'), /^:0/);
  });

  test('in front of one that hangs nothing piles up', async () => {
    const store = openStore(servers.url, SHORT_TIMEOUT_MS);
    await whenBack(() => store.get('a. A IN'));
    servers.first.pause();
    const asked = Array.from({ length: 1500 }, () => reasonOf(store.get('a. A IN')));
    const reasons = await Promise.all(asked);
    assert.equal(reasons.filter((reason) => reason.includes('1000 operations wait')).length, 500);
    servers.first.resume();
    await whenBack(() => store.get('a. A IN'));
  });

  for (const [what, first, after, why] of [
    ['full', 'CONFIG SET maxmemory 1', 'CONFIG SET maxmemory 0', /: OOM command not allowed/],
    ['a replica', 'REPLICAOF 127.0.0.1 1', 'REPLICAOF NO ONE', /: READONLY You can't write/],
  ] as const) {
    test(`one that is ${what} refuses writes and says why, and is read all the same`, async () => {
      const store = openStore(servers.url);
      await store.set('a. A IN', answer, 60);
      await servers.first.command(first);
      await assert.rejects(store.set('b. A IN', answer, 60), { isRefusal: true, message: why });
      const had = await whenBack(() => store.get('a. A IN'));
      assert.deepEqual([...(had?.message ?? [])], [1, 2, 3]);
      await servers.first.command(after);
      await whenBack(() => store.set('b. A IN', answer, 60));
    });
  }

  test('one that forgot the scripts is told them again', async () => {
    const store = openStore(servers.url);
    await store.advance('east', undefined, at(3), facts('a'));
    assert.match(await servers.first.command('SCRIPT FLUSH'), /^\+OK/);
    assert.deepEqual(await store.head('east'), at(3));
  });

  test('what somebody else wrote under its keys is replaced, not believed', async () => {
    const store = openStore(servers.url);
    await servers.first.command('SET isthmus:{test:east}:position nonsense');
    await servers.first.command('SET isthmus:test:answer:a x');
    assert.equal(await store.head('east'), undefined);
    assert.equal(await store.get('a'), undefined);
    await store.set('b', answer, 60);
    assert.match(await servers.first.command('PERSIST isthmus:test:answer:b'), /^:1/);
    assert.equal(await store.get('b'), undefined, 'it would never grow older');
    const moved = await store.advance('east', undefined, at(1), facts('a'));
    assert.deepEqual(moved, { kind: 'advanced' });
  });
});

describe('a Redis with a password', options, () => {
  let servers: RedisServers;
  before(async () => {
    servers = await startRedis(binary, ['--requirepass', 'hunter2']);
  });
  after(() => servers?.stop());

  test('takes who knows it, and says of others why not', async () => {
    const url = (secret: string) => servers.url.replace('//', `//${secret}`);
    assert.equal(await openStore(url(':hunter2@')).head('east'), undefined);
    assert.match(await reasonOf(openStore(url('')).head('east')), /NOAUTH/);
    const wrong = await reasonOf(openStore(url(':hunter3@')).head('east'));
    assert.match(wrong, /WRONGPASS/);
    assert.doesNotMatch(wrong, /hunter/);
  });
});

describe('a Redis Cluster that loses a node', options, () => {
  let servers: RedisServers;
  before(async () => {
    servers = await startRedisCluster(binary);
  });
  after(() => servers?.stop());

  test('fails for the clusters of that node, and works again when it is back', async () => {
    const store = openStore(servers.url);
    const clusters = Array.from({ length: 20 }, (_, i) => `c${i}`);
    for (const cluster of clusters) {
      await whenBack(() => store.advance(cluster, undefined, at(1), facts('a')));
    }
    await servers.first.kill();
    const outcomes = await Promise.allSettled(clusters.map((cluster) => store.head(cluster)));
    const failed = outcomes.filter(({ status }) => status === 'rejected');
    assert.ok(failed.length > 0, 'some are on that node');
    for (const { reason } of failed.filter((one) => one.status === 'rejected')) {
      assert.ok(reason instanceof StoreUnavailable, String(reason));
    }
    await servers.first.start();
    await servers.untilJoined(servers.first);
    const heads = [];
    for (const cluster of clusters) heads.push(await whenBack(() => store.head(cluster)));
    const lost = heads.filter((head) => head === undefined).length;
    assert.ok(lost > 0 && lost < clusters.length, `${lost} are empty: those of that node`);
  });
});

/** Redis with TLS, with users of few rights, and behind a Sentinel. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Authority } from '../../test/servers/certificates.ts';
import { findServer, missingServer } from '../../test/servers/find-server.ts';
import { freePort } from '../../test/servers/free-port.ts';
import { type RedisServers, startRedis, startRedisCluster } from '../../test/servers/redis.ts';
import { type RedisSentinel, startRedisSentinel } from '../../test/servers/redis-sentinel.ts';
import { makeTempDirectory, removeTempDirectory } from '../../test/servers/temp-directory.ts';
import type { Head } from '../log/log.ts';
import { testStoreContract } from '../store/contract.ts';
import type { FactChange, Store } from '../store/store.ts';
import type { TlsFiles } from '../tls/tls-files.ts';
import { BACK_WITHIN_MS, reasonOf, whenBack } from './given-outcome.ts';
import { openRedisStore } from './redis-store.ts';

const binary = findServer('redis-server') ?? '';
const USERS = 'deploy/redis/users.conf';
const options = { skip: binary === '' && missingServer('redis-server') };
/** Long enough for two busy cores: here it is not the bound that is tried. */
const TIMEOUT_MS = 10_000;

const at = (position: number): Head => ({ incarnation: 'log-1', position });
const fact = (subject: string): readonly FactChange[] => [
  { subject, data: new TextEncoder().encode(subject) },
];

let opened: Store[] = [];
const said: string[] = [];
function open(url: string, tls: TlsFiles = {}, timeoutMs = TIMEOUT_MS): Store {
  const onTrouble = (text: string) => said.push(text);
  const store = openRedisStore({ url, federation: 'contract', tls, timeoutMs, onTrouble });
  opened.push(store);
  return store;
}
afterEach(async () => {
  for (const store of opened) await store.close();
  opened = [];
  said.length = 0;
});

describe('a Redis with TLS', options, () => {
  let folder: string;
  let authority: Authority;
  let pair: { readonly cert: string; readonly key: string };
  let servers: RedisServers;
  let url: string;
  before(async () => {
    folder = makeTempDirectory();
    authority = new Authority(folder);
    pair = authority.give('resolver');
    const port = await freePort();
    servers = await startRedis(binary, tlsFlags(authority, port));
    url = `rediss://127.0.0.1:${port}`;
  });
  after(async () => {
    await servers?.stop();
    removeTempDirectory(folder);
  });

  describe('keeps the laws', () => {
    testStoreContract(async () => {
      const tls = { ca: authority.ca, pair };
      const more = { federation: 'contract', timeoutMs: TIMEOUT_MS };
      return { connect: async () => openRedisStore({ url, tls, ...more }), end: async () => {} };
    });
  });

  test('is had by who trusts its authority and has a certificate of it', async () => {
    const tls = { ca: authority.ca, pair };
    assert.equal(await open(url, tls).head('east'), undefined);
    const stranger = new Authority(folder, 'stranger');
    const strange = open(url, { ...tls, ca: stranger.ca });
    assert.match(await reasonOf(strange.head('east')), /unable to verify|self-signed|issuer/);
    const nobody = open(url, { ca: authority.ca });
    assert.match(await reasonOf(nobody.head('east')), /certificate required|broke|closed/i);
    assert.match(await reasonOf(open(url).head('east')), /unable to verify|self-signed|issuer/);
  });

  test('is a Redis Cluster as well, and one behind a Sentinel', async (t) => {
    const tls = { ca: authority.ca, pair };
    const flags = async () => tlsFlags(authority, await freePort());
    const three = await startRedisCluster(binary, async () => [
      ...(await flags()),
      ...['--tls-cluster', 'yes'],
    ]);
    t.after(() => three.stop());
    const cluster = open(`rediss+cluster://127.0.0.1:${three.first.tlsPort}`, tls);
    for (const name of ['east', 'west', 'north', 'south']) {
      await cluster.advance(name, undefined, at(1), fact('a'));
      assert.deepEqual(await cluster.head(name), at(1));
    }
    const redis = await startRedisSentinel(binary, 'hunter2', flags);
    t.after(() => redis.stop());
    const where = `127.0.0.1:${redis.port}/${redis.master}?sentinel_password=hunter2`;
    assert.equal(await open(`rediss+sentinel://${where}`, tls).head('east'), undefined);
  });

  test('has the name that is asked for, or its address', async () => {
    const tls = { ca: authority.ca, pair };
    const named = { ...tls, serverName: 'redis.example' };
    assert.equal(await open(url, named).head('east'), undefined);
    const other = { ...tls, serverName: 'other.example' };
    assert.match(await reasonOf(open(url, other).head('east')), /altname|other.example/);
  });

  test('is had after it was away, with the certificates that are in the files by then', async () => {
    const store = open(url, { ca: authority.ca, pair });
    assert.equal(await store.head('east'), undefined);
    await servers.first.kill();
    await reasonOf(store.head('east'));
    authority.give('resolver');
    await servers.first.start();
    assert.equal(await whenBack(() => store.head('east')), undefined);
  });
});

describe('a user of Redis with the rights of deploy/redis/users.conf', options, () => {
  const folder = makeTempDirectory();
  after(() => removeTempDirectory(folder));
  for (const [user, start] of [
    ['isthmus', () => startRedis(binary, flagsOf(folder))],
    ['isthmus-cluster', () => startRedisCluster(binary, async () => flagsOf(folder))],
  ] as const) {
    describe(`as ${user}`, () => {
      let servers: RedisServers;
      before(async () => {
        servers = await start();
      });
      after(() => servers?.stop());

      describe('all is done', () => {
        testStoreContract(async () => {
          const url = servers.url.replace('//', `//${user}:hunter2@`);
          const more = { federation: 'contract', timeoutMs: TIMEOUT_MS };
          return { connect: async () => openRedisStore({ url, ...more }), end: async () => {} };
        });
      });

      test('each right is needed', async () => {
        const url = servers.url.replace('//', `//${user}:hunter2@`);
        const everywhere = (command: string) =>
          Promise.all(servers.nodes.map((node) => node.command(command)));
        for (const right of rightsOf(user).filter((one) => one.startsWith('+'))) {
          for (const command of ['ACL LOG RESET', 'FLUSHALL', 'SCRIPT FLUSH']) {
            await everywhere(command);
          }
          await everywhere(`ACL SETUSER ${user} -${right.slice(1)}`);
          const store = open(url, {}, 2000);
          await doAll(store);
          await store.close();
          const logs = await everywhere('ACL LOG');
          assert.ok(
            logs.some((log) => !log.startsWith('*0')),
            `without ${right}`,
          );
          await everywhere(`ACL SETUSER ${user} ${right}`);
        }
        await everywhere('ACL LOG RESET');
        await doAll(open(url));
      });

      test('nothing was refused, and nobody else is touched', async () => {
        for (const node of servers.nodes) assert.match(await node.command('ACL LOG'), /^\*0/);
        for (const refused of ['SET other:key 1', 'KEYS *', 'FLUSHALL', 'CONFIG GET *']) {
          const [command = '', ...words] = refused.split(' ');
          const said = await servers.first.command(
            `ACL DRYRUN ${user} ${command} ${words.join(' ')}`,
          );
          assert.match(said, /permissions/, refused);
        }
      });
    });
  }

  test('the file as it is shipped is refused: it has no password', async () => {
    await assert.rejects(
      startRedis(binary, ['--include', resolve(USERS)]),
      /it has ended; .*password hash/s,
    );
  });

  test('what it lacks is said', async (t) => {
    const servers = await startRedis(binary, flagsOf(folder));
    t.after(() => servers.stop());
    await servers.first.command('ACL SETUSER isthmus -evalsha');
    const store = open(servers.url.replace('//', '//isthmus:hunter2@'));
    const why = await reasonOf(store.head('east'));
    assert.match(why, /NOPERM .*evalsha/i);
    assert.doesNotMatch(why, /hunter2/);
  });
});

describe('a Redis behind a Sentinel', options, () => {
  let redis: RedisSentinel;
  let url: string;
  before(async () => {
    redis = await startRedisSentinel(binary, 'hunter2');
    const away = await freePort();
    const where = `127.0.0.1:${away},127.0.0.1:${redis.port}`;
    url = `redis+sentinel://${where}/${redis.master}?sentinel_password=hunter2`;
  });
  after(() => redis?.stop());

  describe('keeps the laws', () => {
    testStoreContract(async () => {
      const more = { federation: 'contract', timeoutMs: TIMEOUT_MS };
      return { connect: async () => openRedisStore({ url, ...more }), end: async () => {} };
    });
  });

  test('without a Sentinel that knows the master, or the password, the reason is said', async () => {
    const named = (master: string) => url.replace(redis.master, master);
    for (const wrong of [named('other'), url.replace('hunter2', 'hunter3')]) {
      const store = open(wrong, {}, 300);
      const why = await reasonOf(whenSaid(store));
      assert.match(why, /^Cannot use the store "127.0.0.1:\d+,127.0.0.1:\d+\/\w+": All sentinels/);
      assert.doesNotMatch(why + said.join(), /hunter/);
    }
  });

  test('without any Sentinel it is said once, however often it is tried', async () => {
    const [one, other] = [await freePort(), await freePort()];
    const where = `127.0.0.1:${one},127.0.0.1:${other}/mymaster`;
    const store = open(`redis+sentinel://${where}`, {}, 300);
    // Each attempt ends with an 'error'; the third comes half a second after the first at most.
    for (let i = 0; i < 30; i++) {
      const why = await reasonOf(whenSaid(store));
      assert.match(why, /: All sentinels are unreachable\. Last error: .*; expected a Redis that/);
      await delay(50);
    }
    assert.equal(said.length, 1, said.join('\n'));
  });

  test('fails over: what the replica had not heard of is found missing, and filled again', async () => {
    const store = open(url, {}, 2000);
    await store.advance('east', undefined, at(3), fact('a'));
    await redis.untilReplicated();
    // From here on the replica hears nothing: as when its master dies before it could tell.
    redis.servers[1].pause();
    await redis.servers[0].command('CLIENT KILL TYPE replica');
    await store.advance('east', at(3), at(4), fact('b'));
    await redis.servers[0].kill();
    redis.servers[1].resume();
    const begun = performance.now();
    await redis.untilPromoted();
    const moved = await whenBack(() => store.advance('east', at(4), at(5), fact('c')));
    assert.ok(performance.now() - begun < BACK_WITHIN_MS);
    assert.deepEqual(moved, { kind: 'conflict', head: at(3) });
    assert.deepEqual(await store.advance('east', at(3), at(5), [...fact('b'), ...fact('c')]), {
      kind: 'advanced',
    });
    assert.deepEqual([...((await store.read('east'))?.facts.keys() ?? [])].sort(), ['a', 'b', 'c']);
  });
});

/** A server that speaks TLS there, and asks for certificates. */
function tlsFlags(authority: Authority, port: number): readonly string[] {
  const { cert, key } = authority.give('server', 'IP:127.0.0.1', 'DNS:redis.example');
  const own = ['--tls-cert-file', cert, '--tls-key-file', key];
  return ['--tls-port', `${port}`, ...own, '--tls-ca-cert-file', authority.ca];
}

/** What the file says of the user, word by word, without its name. */
function rightsOf(user: string): readonly string[] {
  const file = readFileSync(USERS, 'utf8');
  const line = file.split('\n').find((one) => one.startsWith(`user ${user} `));
  return line?.split(' ').slice(2) ?? assert.fail(`no user ${user}`);
}

/** With the file as it is shipped, but for the password. */
function flagsOf(folder: string): readonly string[] {
  const hash = createHash('sha256').update('hunter2').digest('hex');
  const file = join(folder, 'users.conf');
  writeFileSync(file, readFileSync(USERS, 'utf8').replaceAll('SHA256-OF-THE-PASSWORD', hash));
  return ['--include', file];
}

/** Each operation that there is, whatever comes of it. */
async function doAll(store: Store): Promise<void> {
  const answer = Uint8Array.of(1);
  await Promise.allSettled([
    (async () => {
      await store.advance('east', undefined, at(1), fact('a'));
      await store.advance('east', at(1), at(2), [{ subject: 'a', data: undefined }]);
      await store.read('east');
    })(),
    store.set('a', answer, 60).then(() => store.get('a')),
    store.set('b', answer, 0),
    store.forget('c'),
  ]);
}

/** The reason, once it is known. */
async function whenSaid(store: Store): Promise<unknown> {
  await store.head('east').catch(() => {});
  return store.head('east');
}

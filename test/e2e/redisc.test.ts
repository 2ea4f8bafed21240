/**
 * Two resolvers and one Redis, without a federation: what one asked upstream, the other answers;
 * and whatever becomes of Redis, no client hears of it.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseRecord } from '../../libs/dns/presentation.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { type RedisServers, startRedis } from '../servers/redis.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { answerTo, type ScriptedUpstream, startUpstream } from '../servers/upstream.ts';
import { ask, short } from './ask.ts';
import { IsthmusProcess, until } from './isthmus-process.ts';
import { Load, type Truth } from './load.ts';

const binary = findServer('redis-server') ?? '';
const SOA = 'example.org. 300 IN SOA ns.example.org. admin.example.org. 1 7200 1800 86400 300';
/** Names of the load: more than expire in a second, so that Redis is asked all the time. */
const NAMES = 600;
const ANSWERS = 2000;
/** Names that were never asked before; each costs a look into Redis. */
let fresh = 0;

/** An address for each name, for ever. */
function addressOf(name: string): string {
  const n = Number(/\d+/.exec(name)?.[0] ?? 80);
  return `10.1.${n >> 8}.${n & 255}`;
}

/** With no more rights than deploy/redis/users.conf gives for answers. */
const USER = '--user isthmus on >hunter2 ~isthmus:* -@all +get +pttl +set +del +info'.split(' ');

/** One with `cache` above it, and one alone. */
const LINES = [
  'cache {\n        serve_stale\n    }\n    redisc {\n        endpoint URL\n    }',
  'redisc {\n        endpoint URL\n    }',
];

interface Resolver {
  readonly port: number;
  readonly metricsPort: number;
  readonly process: IsthmusProcess;
}

describe('two resolvers, one Redis, no federation', {
  skip: binary === '' && missingServer('redis-server'),
}, () => {
  const folder = makeTempDirectory();
  let redis: RedisServers;
  let upstream: ScriptedUpstream;
  let resolvers: readonly Resolver[] = [];

  before(async () => {
    redis = await startRedis(binary, USER);
    upstream = await startUpstream((query) => {
      const name = query.question?.name ?? '';
      const denial = { rcode: 3, authority: [parseRecord(SOA)] };
      if (name.startsWith('no')) return [answerTo(query, [], denial)];
      const ttl = name.startsWith('load-') ? 1 + (name.length % 3) : 300;
      return [answerTo(query, [`${name} ${ttl} IN A ${addressOf(name)}`])];
    });
    const url = redis.url.replace('//', '//isthmus:hunter2@');
    resolvers = await Promise.all(
      LINES.map(async (lines, i) => {
        const [port, metricsPort] = [await freePort(), await freePort()];
        const file = join(folder, `Corefile-${i}`);
        writeFileSync(
          file,
          `.:${port} {
    bind 127.0.0.1
    prometheus 127.0.0.1:${metricsPort}
    ${lines.replace('URL', url)}
    forward . 127.0.0.1:${upstream.port}
}
`,
        );
        return { port, metricsPort, process: new IsthmusProcess(['up', '-conf', file]) };
      }),
    );
    for (const { port, process } of resolvers) {
      await process.until(
        async () => (await short(port, 'up80.example.org')) === '10.1.0.80',
        'up',
      );
    }
    await shared();
  });
  after(async () => {
    for (const { process } of resolvers) await process.kill();
    await upstream?.close();
    await redis?.stop();
    removeTempDirectory(folder);
  });

  const [cached, alone] = [() => resolverAt(0), () => resolverAt(1)];
  const resolverAt = (i: number) => resolvers[i] ?? assert.fail('it is not up');
  const metric = async ({ metricsPort }: Resolver, name: string, labels = '') => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.split(/[{ ]/)[0] === name);
    return lines
      .filter((line) => line.includes(labels))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  const timesAsked = (name: string) =>
    upstream.asked.filter((line) => line === `udp ${name}. A`).length;
  /** Redis is used by both: a name that one asks is not asked upstream by the other. */
  const shared = async () => {
    for (const [from, to] of [
      [cached(), alone()],
      [alone(), cached()],
    ] as const) {
      await until(async () => {
        const name = `fresh-${fresh++}.example.org`;
        for (const { port } of [from, to]) {
          assert.equal(await short(port, name), addressOf(name));
        }
        return timesAsked(name) === 1;
      }, 'Redis is used');
    }
  };

  /** On a busy machine Redis may be late, and a packet lost: then with another name. */
  const inTime = async (word: string, tryWith: (name: string) => Promise<() => void>) => {
    await until(async () => {
      const name = `${word}${fresh++}.example.org`;
      const check = await tryWith(name);
      if (timesAsked(name) !== 1) return false;
      check();
      return true;
    }, 'Redis is in time');
  };

  for (const [what, from, to] of [
    ['with a cache asked, the one without', cached, alone],
    ['without a cache asked, the one with it', alone, cached],
  ] as const) {
    test(`what the resolver ${what} answers with the TTL that is left`, async () => {
      await inTime('www', async (name) => {
        const ttlOf = async ({ port }: Resolver) =>
          (await ask(port, name, 'A'))?.answer[0]?.ttl ?? 300;
        const begunMs = performance.now();
        await ttlOf(from());
        await until(async () => (await ttlOf(from())) < 299, 'a whole second has gone by');
        const left = await ttlOf(to());
        // Readers count by the seconds of the clock: a second more may have begun.
        const leastLeft = 300 - Math.ceil((performance.now() - begunMs) / 1000) - 1;
        return () => assert.ok(left <= 299 && left >= leastLeft, `${leastLeft} to 299: ${left}`);
      });
    });

    test(`what the resolver ${what} denies as it was denied`, async () => {
      await inTime('no', async (name) => {
        const replies = [await ask(from().port, name, 'A'), await ask(to().port, name, 'A')];
        return () => {
          for (const reply of replies) {
            assert.equal(reply?.rcode, 3);
            assert.deepEqual(
              reply.authority.map(({ type }) => type),
              ['SOA'],
            );
          }
        };
      });
    });
  }

  test('its keys are its own, end by themselves, and its password is in no log', async () => {
    const lines = (await redis.first.command('KEYS *')).split('\r\n');
    const keys = lines.filter((line) => /^[^*$]/.test(line));
    assert.ok(keys.length > 3);
    for (const key of keys) {
      assert.match(key, /^isthmus:answer:[\w-]{16} [\w.-]+\. A 1 00$/);
      const words = ['TTL', JSON.stringify(key)].join(' ');
      const ttl = Number((await redis.first.command(words)).slice(1));
      assert.ok(ttl > 0 && ttl <= 3900, `${key} has a TTL of ${ttl}`);
    }
    for (const { process } of resolvers) assert.doesNotMatch(process.output, /hunter2/);
  });

  const truth: Truth = Object.fromEntries(
    Array.from({ length: NAMES }, (_, i) => {
      const name = `load-${'x'.repeat(i % 3)}${i}.example.org.`;
      return [name, [addressOf(name)]];
    }),
  );
  const faults: readonly (readonly [what: string, make: () => unknown, mend: () => unknown])[] = [
    ['is flushed', () => redis.first.command('FLUSHALL'), () => {}],
    [
      'is full',
      () => redis.first.command('CONFIG SET maxmemory 1'),
      () => redis.first.command('CONFIG SET maxmemory 0'),
    ],
    ['hangs', () => redis.first.pause(), () => redis.first.resume()],
    ['is killed', () => redis.first.kill(), () => redis.first.start()],
  ];
  for (const [what, make, mend] of faults) {
    test(`while Redis ${what} no client gets an error, and it is used again afterwards`, async () => {
      const loads = resolvers.map(({ port }) => new Load(port, truth, 8));
      const more = () => Promise.all(loads.map((load) => load.more(ANSWERS)));
      await more();
      await make();
      await more();
      await mend();
      await more();
      for (const load of loads) await load.stop();
      assert.deepEqual(
        loads.map(({ wrong, lost }) => ({ wrong, lost })),
        loads.map(() => ({ wrong: [], lost: 0 })),
      );
      await shared();
      for (const resolver of resolvers) {
        const isClosed = async () => (await metric(resolver, 'isthmus_cache_shared_open')) === 0;
        await until(isClosed, 'it is not left out');
        assert.ok((await metric(resolver, 'coredns_redisc_hits_total')) > 0);
      }
    });
  }

  test('what Redis refused, and what was left out, is counted', async () => {
    for (const resolver of resolvers) {
      const count = (one: string) => metric(resolver, 'isthmus_cache_shared_total', `"${one}"`);
      for (const one of ['hit', 'miss', 'written', 'write-refused', 'skipped', 'timeout']) {
        assert.ok((await count(one)) > 0, one);
      }
      assert.equal(await count('mismatch'), 0);
      assert.ok((await metric(resolver, 'coredns_redisc_set_errors_total')) > 0);
    }
  });
});

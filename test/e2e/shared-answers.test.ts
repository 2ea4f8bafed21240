/** The first L2: what one resolver asked upstream, the other answers without asking. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openRedisStore } from '../../libs/store-redis/redis-store.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { startRedis } from '../servers/redis.ts';
import { makeTempDirectory } from '../servers/temp-directory.ts';
import { answerTo, startUpstream } from '../servers/upstream.ts';
import { ask, short } from './ask.ts';
import { DEMO } from './demo.ts';
import { IsthmusProcess, until } from './isthmus-process.ts';

const redis = findServer('redis-server');

describe('two resolvers, one Redis', {
  skip: redis === undefined && missingServer('redis-server'),
}, () => {
  test('a name is asked upstream once; the other answers it with the TTL that is left', async (t) => {
    const folder = makeTempDirectory();
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const redisServers = await startRedis(redis ?? '');
    t.after(() => redisServers.stop());
    const answer = ['www.example.org. 300 IN A 192.0.2.80'];
    const upstream = await startUpstream((query) => [answerTo(query, answer)]);
    t.after(() => upstream.close());

    const resolvers = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const port = await freePort();
        const file = join(folder, `Corefile-${name}`);
        writeFileSync(
          file,
          `.:${port} {
    bind 127.0.0.1
    federation cluster.local {
        log memory
        store ${redisServers.url}
        cluster east manifests ${join(DEMO, 'east')}
    }
    forward . 127.0.0.1:${upstream.port}
    cache 300 {
        shared 2s
    }
}
`,
        );
        return { port, process: new IsthmusProcess(['up', '-conf', file, '-quiet']) };
      }),
    );
    for (const { process } of resolvers) t.after(() => process.kill());
    const [one, two] = resolvers;
    assert.ok(one !== undefined && two !== undefined);
    for (const { port } of resolvers) {
      const ready = async () => (await short(port, 'web.shop.svc.cluster.local')) === '10.96.0.10';
      await until(ready, 'it is up');
    }
    await until(
      async () => (await short(one.port, 'www.example.org')) === '192.0.2.80',
      'it is asked',
    );
    assert.deepEqual(upstream.asked, ['udp www.example.org. A']);
    const ttlOf = async (port: number) =>
      (await ask(port, 'www.example.org', 'A'))?.answer[0]?.ttl ?? 0;
    // Readers count by the seconds of the clock, of which the first may have been short.
    await until(async () => (await ttlOf(one.port)) < 299, 'a whole second has gone by');
    const left = await ttlOf(two.port);
    assert.ok(left < 300 && left > 200, `the TTL is ${left}`);
    assert.deepEqual(upstream.asked, ['udp www.example.org. A']);

    // Their logs are their own, so their facts are too: two of them would undo each other's.
    const store = openRedisStore({
      url: redisServers.url,
      federation: 'default',
      timeoutMs: 1000,
    });
    t.after(() => store.close());
    assert.equal(await store.head('east'), undefined);
  });
});

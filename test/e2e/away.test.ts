/** What is away at the start never stops a process: it says what it waits for, and heals. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { startNats } from '../servers/nats.ts';
import { startRedis } from '../servers/redis.ts';
import { makeTempDirectory } from '../servers/temp-directory.ts';
import { short } from './ask.ts';
import { DEMO } from './demo.ts';
import { IsthmusProcess, until } from './isthmus-process.ts';

const nats = findServer('nats-server 2.15') ?? findServer('nats-server 2.9');
const redis = findServer('redis-server');
const missing =
  (nats === undefined ? missingServer('nats-server') : undefined) ??
  (redis === undefined ? missingServer('redis-server') : undefined);

describe('started before everything else', { skip: missing ?? false }, () => {
  test('watcher and resolver wait for NATS and Redis, say so, and go on', async (t) => {
    const folder = makeTempDirectory();
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const natsServers = await startNats(nats ?? '', 1);
    t.after(() => natsServers.stop());
    const redisServers = await startRedis(redis ?? '');
    t.after(() => redisServers.stop());
    for (const node of [...natsServers.nodes, ...redisServers.nodes]) await node.kill();

    const [port, ready] = [await freePort(), await freePort()];
    const file = join(folder, 'Corefile');
    writeFileSync(
      file,
      `.:${port} {
    bind 127.0.0.1
    ready 127.0.0.1:${ready}
    federation cluster.local clusterset.local {
        log ${natsServers.urls.join(' ')}
        store ${redisServers.url}
        home east
    }
}
`,
    );
    const log = natsServers.urls.join(',');
    const watchers = ['east', 'west'].map((cluster) => {
      const manifests = join(DEMO, cluster);
      return new IsthmusProcess([
        'watcher',
        '--cluster',
        cluster,
        '--manifests',
        manifests,
        '--log',
        log,
      ]);
    });
    const resolver = new IsthmusProcess(['resolver', '-conf', file]);
    for (const process of [...watchers, resolver]) t.after(() => process.kill());

    const name = 'web.shop.svc.cluster.local';
    await resolver.until(async () => (await short(port, name)) === 'SERVFAIL', 'it answers');
    await resolver.says(/nats:\/\/127\.0\.0\.1/);
    await resolver.says(/redis/i);
    for (const watcher of watchers) await watcher.says(/nats:\/\/127\.0\.0\.1/);
    const page = await fetch(`http://127.0.0.1:${ready}/ready`);
    assert.equal(page.status, 503);
    assert.match(await page.text(), /federation/);

    for (const node of [...redisServers.nodes, ...natsServers.nodes]) await node.start();
    await resolver.until(async () => (await short(port, name)) === '10.96.0.10', 'it heals');
    const other = 'nope.shop.svc.clusterset.local';
    await resolver.until(async () => (await short(port, other)) === 'NXDOMAIN', 'all is known');
    await until(
      async () => (await fetch(`http://127.0.0.1:${ready}/ready`)).status === 200,
      'it is ready',
    );
  });
});

/** A resolver whose clusters are elsewhere: what it knows of them outlives its Corefile. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { startNats } from '../servers/nats.ts';
import { startRedis } from '../servers/redis.ts';
import { short } from './ask.ts';
import { DEMO } from './demo.ts';
import { IsthmusProcess } from './isthmus-process.ts';
import { Load } from './load.ts';
import { startReloadProcess } from './reload-process.ts';

const nats = findServer('nats-server 2.15') ?? findServer('nats-server 2.9');
const redis = findServer('redis-server');
const missing =
  (nats === undefined ? missingServer('nats-server') : undefined) ??
  (redis === undefined ? missingServer('redis-server') : undefined);

const WEB = 'web.shop.svc.cluster.local.';
const NONE = 'none.shop.svc.cluster.local.';

describe('a resolver of NATS and Redis', { skip: missing ?? false }, () => {
  test('loses no query, denies no name and judges no cluster by its Corefile', async (t) => {
    const natsServers = await startNats(nats ?? '', 1);
    t.after(() => natsServers.stop());
    const [redisServers, other] = [await startRedis(redis ?? ''), await startRedis(redis ?? '')];
    t.after(() => Promise.all([redisServers.stop(), other.stop()]));
    for (const cluster of ['east', 'west']) {
      const what = ['--cluster', cluster, '--manifests', join(DEMO, cluster)];
      const log = ['--log', natsServers.urls.join(',')];
      const watcher = new IsthmusProcess(['watcher', ...what, ...log]);
      t.after(() => watcher.kill());
    }
    const [port, metrics] = [await freePort(), await freePort()];
    const corefileOf = (ttl: number, store: string, more = '') => `.:${port} {
      bind 127.0.0.1
      ready 127.0.0.1:${metrics}
      prometheus 127.0.0.1:${metrics}
      federation cluster.local clusterset.local {
        log ${natsServers.urls.join(' ')}
        store ${store}
        home east
        ttl ${ttl}
      }
      ${more}
    }`;
    const text = corefileOf(5, redisServers.url);
    const process = await startReloadProcess(t, text, metrics, 'resolver');
    const { isthmus } = process;
    await isthmus.until(async () => (await short(port, NONE)) === 'NXDOMAIN', 'all is known');
    const truth = { [WEB]: [await short(port, WEB)], [NONE]: ['NXDOMAIN'] };
    const load = new Load(port, truth, 16);
    t.after(() => load.stop());
    await process.reload(corefileOf(7, redisServers.url));
    await load.more(1000);
    await process.reload(corefileOf(7, redisServers.url, 'loadbalance'));
    await load.more(1000);
    await process.reload(corefileOf(7, other.url, 'loadbalance'));
    await load.more(1000);
    await load.stop();
    assert.deepEqual([load.lost, load.wrong.slice(0, 5)], [0, []]);
    const standing = await process.metric('isthmus_cluster_standing{');
    assert.deepEqual(
      standing.filter((line) => line.endsWith(' 1')).sort(),
      ['east', 'west'].map(
        (name) => `isthmus_cluster_standing{cluster="${name}",standing="live"} 1`,
      ),
    );
    assert.doesNotMatch(isthmus.output, /ERROR/);
    await process.refused(`${corefileOf(7, redisServers.url)}\na {\n kubernetes\n}`);
  });
});

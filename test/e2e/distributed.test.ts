/**
 * The whole flow on real servers: two kube-apiservers, NATS, Redis, two watchers and two resolvers,
 * each a process of its own. Every one of them is killed with -9 and comes back, while the
 * resolvers that remain are asked throughout.
 */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type ApiServer, startApiServer } from '../cluster/apiserver.ts';
import { apiServerMissing } from '../cluster/needs-api-server.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { type NatsServers, startNats } from '../servers/nats.ts';
import { type RedisServers, startRedis } from '../servers/redis.ts';
import { makeTempDirectory } from '../servers/temp-directory.ts';
import { short } from './ask.ts';
import { IsthmusProcess, until } from './isthmus-process.ts';
import { clusterIP, headless, NAMESPACE, PATHS, serviceExport, slice } from './objects.ts';
import { Throughout } from './throughout.ts';

const DB = 'db.shop.svc.clusterset.local';
const SEARCH = 'search.shop.svc.clusterset.local';
const NOPE = 'nope.shop.svc.cluster.local';

const nats = findServer('nats-server 2.15') ?? findServer('nats-server 2.9');
const redis = findServer('redis-server');
const missing =
  apiServerMissing() ??
  (nats === undefined ? missingServer('nats-server') : undefined) ??
  (redis === undefined ? missingServer('redis-server') : undefined);

describe('two clusters, two watchers, two resolvers', { skip: missing ?? false }, () => {
  const folder = makeTempDirectory();
  let east: ApiServer;
  let west: ApiServer;
  let natsServers: NatsServers;
  let redisServers: RedisServers;
  let watchers: Readonly<Record<'east' | 'west', IsthmusProcess>>;
  let resolvers: readonly Resolver[];

  interface Resolver {
    readonly port: number;
    readonly process: IsthmusProcess;
  }

  before(async () => {
    [east, west, natsServers, redisServers] = await Promise.all([
      startApiServer(),
      startApiServer(),
      startNats(nats ?? '', 1),
      startRedis(redis ?? ''),
    ]);
    for (const api of [east, west]) {
      await api.installCrds();
      await api.must('POST', '/api/v1/namespaces', NAMESPACE);
    }
    await east.must('POST', PATHS.services, clusterIP('web'));
    for (const [api, address] of [
      [east, '10.1.0.1'],
      [west, '10.2.0.1'],
    ] as const) {
      await api.must('POST', PATHS.services, headless('db'));
      await api.must('POST', PATHS.slices, slice('db', address));
      await api.must('POST', PATHS.exports, serviceExport('db'));
    }
    await west.must('POST', PATHS.services, headless('search'));
    await west.must('POST', PATHS.slices, slice('search', '10.2.0.9'));
    await west.must('POST', PATHS.exports, serviceExport('search'));

    const log = natsServers.urls.join(',');
    const watcher = (cluster: string, api: ApiServer) =>
      new IsthmusProcess(['watcher', '--cluster', cluster, '--kubeconfig', api.kubeconfig], {
        env: { ISTHMUS_LOG: log },
      });
    watchers = { east: watcher('east', east), west: watcher('west', west) };
    resolvers = [await startResolver(1), await startResolver(2)];
    for (const { port, process } of resolvers) {
      await process.until(
        async () => (await short(port, SEARCH)) === '10.2.0.9',
        `${port} knows search`,
      );
      await process.until(async () => (await short(port, NOPE)) === 'NXDOMAIN', `${port} denies`);
    }
  });

  after(async () => {
    for (const { process } of resolvers ?? []) await process.kill();
    for (const process of Object.values(watchers ?? {})) await process.kill();
    await Promise.allSettled(
      [east, west, natsServers, redisServers].map((server) => server?.stop()),
    );
    rmSync(folder, { recursive: true, force: true });
  });

  async function startResolver(number: number): Promise<Resolver> {
    const port = await freePort();
    const http = [await freePort(), await freePort()];
    const file = join(folder, `Corefile-${number}`);
    writeFileSync(
      file,
      `.:${port} {
    bind 127.0.0.1
    errors
    health 127.0.0.1:${http[0]}
    ready 127.0.0.1:${http[1]}
    federation cluster.local clusterset.local 10.in-addr.arpa {
        log ${natsServers.urls.join(' ')}
        store ${redisServers.url}
        home east
    }
    cache 30
}
`,
    );
    return { port, process: new IsthmusProcess(['resolver', '-conf', file], { cwd: folder }) };
  }

  /** Waits until both resolvers say so. */
  async function bothSay(name: string, answer: string): Promise<void> {
    for (const { port, process } of resolvers) {
      let last = '';
      await until(
        async () => {
          last = await short(port, name);
          return last === answer;
        },
        `${name} is ${answer} at ${port}`,
        () => `it was ${last}; ${process.output}`,
      );
    }
  }

  test('names of both clusters resolve on both resolvers', async () => {
    const read: unknown = await east.must('GET', `${PATHS.services}/web`);
    await bothSay('web.shop.svc.cluster.local', clusterIPOf(read));
    await bothSay(SEARCH, '10.2.0.9');
    await bothSay(DB, '10.1.0.1 10.2.0.1');
    await bothSay('10-2-0-1.west.db.shop.svc.clusterset.local', '10.2.0.1');
  });

  test('a changed EndpointSlice is answered by both', async () => {
    await east.must('PUT', `${PATHS.slices}/db-1`, slice('db', '10.1.0.77'));
    await bothSay(DB, '10.1.0.77 10.2.0.1');
    await bothSay('db.shop.svc.cluster.local', '10.1.0.77');
    await east.must('PUT', `${PATHS.slices}/db-1`, slice('db', '10.1.0.1'));
    await bothSay(DB, '10.1.0.1 10.2.0.1');
  });

  test('a Service turns NXDOMAIN into an answer, and its deletion turns it back', async () => {
    const name = 'fresh.shop.svc.cluster.local';
    await bothSay(name, 'NXDOMAIN');
    const created = await east.must('POST', PATHS.services, clusterIP('fresh'));
    await bothSay(name, clusterIPOf(created));
    await east.must('DELETE', `${PATHS.services}/fresh`);
    await bothSay(name, 'NXDOMAIN');
  });

  /** Nothing but these answers, as long as something is broken. */
  const truth = { [DB]: ['10.1.0.1 10.2.0.1'], [SEARCH]: ['10.2.0.9'], [NOPE]: ['NXDOMAIN'] };

  /** The fault, then a change that must arrive once it is mended. */
  async function survives(ports: readonly number[], fault: () => Promise<void>): Promise<void> {
    const throughout = new Throughout(ports, truth);
    await fault();
    await throughout.settled();
    assert.deepEqual(throughout.wrong, []);
    assert.ok(throughout.right > 0);
    const { body } = await west.request('POST', PATHS.services, headless('probe'));
    assert.ok(body !== undefined);
    await west.must('POST', PATHS.slices, slice('probe', '10.2.0.42'));
    await west.must('POST', PATHS.exports, serviceExport('probe'));
    await bothSay('probe.shop.svc.clusterset.local', '10.2.0.42');
    await west.must('DELETE', `${PATHS.exports}/probe`);
    await west.must('DELETE', `${PATHS.slices}/probe-1`);
    await west.must('DELETE', `${PATHS.services}/probe`);
    await bothSay('probe.shop.svc.clusterset.local', 'NXDOMAIN');
  }

  const all = () => resolvers.map(({ port }) => port);

  test('a watcher is killed and comes back', async () => {
    await survives(all(), async () => {
      await watchers.west.kill();
      watchers.west.restart();
      await watchers.west.says(/writes to its log/);
    });
  });

  test('a resolver is killed and comes back, without a wrong answer of the other', async () => {
    const [first, second] = resolvers;
    assert.ok(first !== undefined && second !== undefined);
    await survives([second.port], async () => {
      await first.process.kill();
      first.process.restart();
      await until(async () => (await short(first.port, DB)) === truth[DB][0], 'it answers again');
      assert.match(first.process.output, /facts from the store/);
    });
  });

  test('a resolver that starts denies nothing that exists', async () => {
    const [first] = resolvers;
    assert.ok(first !== undefined);
    await first.process.kill();
    const before = {
      [DB]: [...truth[DB], 'SERVFAIL', 'silence'],
      [SEARCH]: [...truth[SEARCH], 'SERVFAIL', 'silence'],
    };
    const throughout = new Throughout([first.port], before);
    first.process.restart();
    await until(async () => (await short(first.port, DB)) === truth[DB][0], 'it answers again');
    await throughout.settled();
    assert.deepEqual(throughout.wrong, []);
  });

  test('NATS is killed and comes back', async () => {
    await survives(all(), async () => {
      for (const node of natsServers.nodes) {
        await node.kill();
        await node.start();
      }
    });
  });

  test('Redis is killed and comes back empty', async () => {
    await survives(all(), async () => {
      for (const node of redisServers.nodes) {
        await node.kill();
        await node.start();
      }
    });
  });

  test('an API server is killed and comes back', async () => {
    await survives(all(), async () => {
      await west.kill();
      await west.restart();
    });
  });
});

function clusterIPOf(service: unknown): string {
  const text = JSON.stringify(service);
  return /"clusterIP":"([^"]+)"/.exec(text)?.[1] ?? assert.fail(`no cluster IP in ${text}`);
}

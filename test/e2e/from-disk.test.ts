/**
 * A resolver that starts while everything else is down: it answers what it knew last, from the disk
 * of its machine, and denies nothing.
 */
import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { startNats } from '../servers/nats.ts';
import { makeTempDirectory } from '../servers/temp-directory.ts';
import { short } from './ask.ts';
import { DEMO } from './demo.ts';
import { IsthmusProcess, until } from './isthmus-process.ts';

const nats = findServer('nats-server 2.15') ?? findServer('nats-server 2.9');
const missing = nats === undefined ? missingServer('nats-server') : undefined;

const WEB = 'web.shop.svc.cluster.local';
/** Of west alone. */
const SEARCH = 'search.shop.svc.clusterset.local';
const NOPE = 'nope.shop.svc.cluster.local';

describe('started while everything else is down', { skip: missing ?? false }, () => {
  test('a resolver answers for all clusters from its disk, and denies nothing', async (t) => {
    const folder = makeTempDirectory();
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const servers = await startNats(nats ?? '', 1);
    t.after(() => servers.stop());
    const port = await freePort();
    const file = join(folder, 'Corefile');
    writeFileSync(
      file,
      `.:${port} {
    bind 127.0.0.1
    federation cluster.local clusterset.local {
        log ${servers.urls.join(' ')}
        home east
    }
}
`,
    );
    const watchers = ['east', 'west'].map(
      (cluster) =>
        new IsthmusProcess(['watcher', '--cluster', cluster, '--manifests', join(DEMO, cluster)], {
          env: { ISTHMUS_LOG: servers.urls.join(',') },
        }),
    );
    for (const watcher of watchers) t.after(() => watcher.kill());
    const state = join(folder, 'state');
    const start = () => {
      const process = new IsthmusProcess(['resolver', '-conf', file, '-state', state]);
      t.after(() => process.kill());
      return process;
    };

    const first = start();
    await first.until(async () => (await short(port, NOPE)) === 'NXDOMAIN', 'all is known');
    const kept = ['east', 'west'].map((name) => join(state, 'facts', 'default', `${name}.facts`));
    await until(async () => kept.every(existsSync), 'it is on disk');
    const before = await short(port, SEARCH);
    await first.kill();
    for (const watcher of watchers) await watcher.kill();
    for (const node of servers.nodes) await node.kill();

    const second = start();
    await second.until(async () => (await short(port, WEB)) === '10.96.0.10', 'home is known');
    await second.until(async () => (await short(port, SEARCH)) === before, 'so is the other one');
    assert.equal(await short(port, NOPE), 'SERVFAIL');
    await second.says(/cluster west: \d+ facts from disk, at position \d+/);

    for (const node of servers.nodes) await node.start();
    await second.until(async () => (await short(port, NOPE)) === 'NXDOMAIN', 'the log is back');
    assert.equal(await short(port, SEARCH), before);
  });
});

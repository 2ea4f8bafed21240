/** A complaint of § 7.1 about processes: a member that starts while the broker is down. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { short } from '../e2e/ask.ts';
import { DEMO } from '../e2e/demo.ts';
import { IsthmusProcess } from '../e2e/isthmus-process.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { startNats } from '../servers/nats.ts';
import { makeTempDirectory } from '../servers/temp-directory.ts';

const nats = findServer('nats-server 2.15') ?? findServer('nats-server 2.9');
const skip = nats === undefined && missingServer('nats-server');

test('7.1 #7 submariner#789: a member starts while the broker is down', { skip }, async (t) => {
  const folder = makeTempDirectory();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const servers = await startNats(nats ?? '', 1);
  t.after(() => servers.stop());
  for (const node of servers.nodes) await node.kill();

  const port = await freePort();
  const file = join(folder, 'Corefile');
  const directive = `federation cluster.local {
        log ${servers.urls.join(' ')}
        home east
        cluster east manifests ${join(DEMO, 'east')}
    }`;
  writeFileSync(file, `.:${port} {\n    bind 127.0.0.1\n    ${directive}\n    whoami\n}\n`);
  const member = new IsthmusProcess(['up', '-conf', file, '-state', join(folder, 'state')]);
  t.after(() => member.kill());
  // Other zones are served; of its own nothing is known, so nothing is denied.
  await member.until(async () => (await short(port, 'example.org')) === 'NOERROR', 'it answers');
  assert.equal(await short(port, 'web.shop.svc.cluster.local'), 'SERVFAIL');

  for (const node of servers.nodes) await node.start();
  await member.until(
    async () => (await short(port, 'web.shop.svc.cluster.local')) === '10.96.0.10',
    'the broker is there, and all goes on',
  );
});

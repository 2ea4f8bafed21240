/**
 * A resolver at a site, as a process: its home's log is read at the site, all others at the hub.
 * While the WAN is cut home's names follow the home cluster, and the names of others are as they
 * were.
 */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { short } from '../e2e/ask.ts';
import { IsthmusProcess } from '../e2e/isthmus-process.ts';
import { CutProxy } from '../servers/cut-proxy.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { deployedPorts } from '../servers/nats-deployed.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { givenNats } from './given-nats.ts';

const version = 'nats-server 2.15';
const binary = findServer(version) ?? '';
const HOME = 'web.shop.svc.cluster.local';
const OTHER = 'search.shop.svc.clusterset.local';

describe('a resolver at a site', { skip: binary === '' && missingServer(version) }, () => {
  test('follows its own cluster while the WAN is cut, and the others after', async (t) => {
    const folder = makeTempDirectory();
    t.after(() => removeTempDirectory(folder));
    for (const cluster of ['east', 'west']) {
      cpSync(`deploy/demo/${cluster}`, join(folder, cluster), { recursive: true });
    }
    const { given, hub, east, leafWan, clientWan } = await startSite(t);
    await given.watcher(east, 'east', { directory: join(folder, 'east') });
    // West is whoever else there is; here it tells the hub directly.
    await given.watcher(hub, 'west', { user: 'operator', directory: join(folder, 'west') });
    const port = await freePort();
    const lines = given.corefileOf(`nats://127.0.0.1:${clientWan.port}`, east);
    writeFileSync(
      join(folder, 'Corefile'),
      `.:${port} {\n bind 127.0.0.1\n federation cluster.local clusterset.local {\n  home east\n  ${lines.join('\n  ')}\n }\n}\n`,
    );
    const process = new IsthmusProcess(['resolver', '-conf', 'Corefile'], { cwd: folder });
    t.after(() => process.kill());
    const answers = (name: string, address: string) =>
      process.until(async () => (await short(port, name)).includes(address), `${name}: ${address}`);
    await answers(HOME, '10.96.0.10');
    await answers(OTHER, '10.2.0.31');
    for (const wan of [leafWan, clientWan]) wan.goAway();
    await process.says(/Waiting for nats:\/\/127\.0\.0\.1:\d+: the connection was lost/);
    replace(join(folder, 'east', 'shop.yaml'), '10.96.0.10', '10.96.0.99');
    replace(join(folder, 'west', 'shop.yaml'), '10.2.0.31', '10.2.0.77');
    await answers(HOME, '10.96.0.99');
    assert.match(await short(port, OTHER), /10\.2\.0\.31/);
    for (const wan of [leafWan, clientWan]) wan.comeBack();
    await answers(OTHER, '10.2.0.77');
    assert.doesNotMatch(process.output, /forbids/);
  });
});

async function startSite(t: TestContext) {
  const given = givenNats(t, binary, version);
  const { deployment } = given;
  const [hubPorts, leafPorts] = [await deployedPorts(), await deployedPorts()];
  const hub = await deployment.server('hub.conf', hubPorts);
  await hub.start();
  const [leafWan, clientWan] = [
    await CutProxy.start(hubPorts.leaf),
    await CutProxy.start(hubPorts.client),
  ];
  t.after(() => Promise.all([leafWan.stop(), clientWan.stop()]));
  const secret = `leaf-east:${encodeURIComponent(deployment.password('leaf-east'))}`;
  const east = await deployment.server('leaf.conf', leafPorts, {
    $NATS_HUB_URL: JSON.stringify(`tls://${secret}@127.0.0.1:${leafWan.port}`),
  });
  await east.start();
  await given.prepare(east, 'east');
  await given.prepare(hub, '_control');
  await given.prepare(hub, 'west');
  await given.prepare(hub, 'east', { mirrorOf: 'east' });
  return { given, hub, east, leafWan, clientWan };
}

function replace(file: string, from: string, to: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(from, to));
}

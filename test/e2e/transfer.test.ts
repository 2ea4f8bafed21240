/** Secondaries follow the zone of a cluster: what is edited in a manifest is soon said by them. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { SECONDARIES, SECRET, startSecondary } from '../transfer/secondary.ts';
import { short } from './ask.ts';
import { DEMO } from './demo.ts';
import { IsthmusProcess } from './isthmus-process.ts';
import { operator } from './operators-world.ts';

const corefileOf = (port: number, secondary: number) => `
.:${port} {
    bind 127.0.0.1
    tsig {
        secret key.test ${SECRET}
        require AXFR IXFR
    }
    transfer cluster.local {
        to 127.0.0.1:${secondary} key key.test
    }
    federation cluster.local {
        home east
        cluster east manifests east
    }
}
`;

for (const secondary of SECONDARIES) {
  const { binary } = secondary;
  const found = findServer(binary);
  const skip = found === undefined && missingServer(binary);
  describe(`${binary} follows a cluster`, { skip }, () => {
    test('from the whole zone to a change', async (t) => {
      const { isthmus, edit, until } = await followed(t, secondary, found ?? '');
      edit('10.96.0.10', '10.96.0.99');
      await until('web.shop.svc.cluster.local', '10.96.0.99');
      await isthmus.says(/plugin\/transfer: cluster\.local\. of serial \d+ to 127\.0\.0\.1/);
    });

    test('through a pin, and a restart meanwhile', async (t) => {
      const { isthmus, edit, until, port, folder } = await followed(t, secondary, found ?? '');
      const operate = operator(['--state', join(folder, '.isthmus')]);
      assert.equal((await operate('pin', 'shop/db', '--at', '0s')).code, 0);
      edit('10.1.0.21', '10.1.0.77', '10.96.0.10', '10.96.0.98');
      await until('web.shop.svc.cluster.local', '10.96.0.98');
      assert.equal(await short(port, 'db.shop.svc.cluster.local'), '10.1.0.21');
      await isthmus.kill();
      isthmus.restart();
      await isthmus.says(/a name that nobody has/);
      edit('10.96.0.98', '10.96.0.99');
      await until('web.shop.svc.cluster.local', '10.96.0.99');
      assert.equal(await short(port, 'db.shop.svc.cluster.local'), '10.1.0.21');
      assert.equal((await operate('unpin', 'shop/db')).code, 0);
      await until('db.shop.svc.cluster.local', '10.1.0.77');
    });
  });
}

/** The demo's east, with a secondary that has the whole zone. */
async function followed(t: TestContext, secondary: (typeof SECONDARIES)[number], binary: string) {
  const folder = makeTempDirectory();
  cpSync(DEMO, folder, { recursive: true });
  const [port, primary] = [await freePort(), await freePort()];
  writeFileSync(join(folder, 'Corefile'), corefileOf(primary, port));
  const args = ['up', '-conf', join(folder, 'Corefile')];
  const isthmus = new IsthmusProcess(args, { cwd: folder });
  t.after(async () => {
    await isthmus.kill();
    removeTempDirectory(folder);
  });
  await isthmus.says(/a name that nobody has/);
  const until = await startSecondary(t, secondary, binary, {
    zone: 'cluster.local',
    port,
    primary,
  });
  await until('web.shop.svc.cluster.local', '10.96.0.10');
  const manifest = join(folder, 'east', 'shop.yaml');
  /** Each text becomes the one after it. */
  const edit = (...texts: readonly string[]) => {
    let text = readFileSync(manifest, 'utf8');
    for (let i = 0; i < texts.length; i += 2) {
      text = text.replaceAll(texts[i] ?? '', texts[i + 1] ?? '');
    }
    writeFileSync(manifest, text);
  };
  return { isthmus, edit, until, port, folder };
}

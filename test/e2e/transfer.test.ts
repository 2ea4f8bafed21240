/** Secondaries follow the zone of a cluster: what is edited in a manifest is soon said by them. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { SECONDARIES, SECRET, startSecondary } from '../transfer/secondary.ts';
import { DEMO } from './demo.ts';
import { IsthmusProcess } from './isthmus-process.ts';

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
      const place = { zone: 'cluster.local', port, primary };
      const until = await startSecondary(t, secondary, found ?? '', place);
      await until('web.shop.svc.cluster.local', '10.96.0.10');
      const manifest = join(folder, 'east', 'shop.yaml');
      const text = readFileSync(manifest, 'utf8').replaceAll('10.96.0.10', '10.96.0.99');
      writeFileSync(manifest, text);
      await until('web.shop.svc.cluster.local', '10.96.0.99');
      await isthmus.says(/plugin\/transfer: cluster\.local\. of serial \d+ to 127\.0\.0\.1/);
    });
  });
}

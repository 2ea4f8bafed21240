/** Real secondaries follow a zone of ours: NOTIFY tells them, IXFR brings what changed. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { short } from '../e2e/ask.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { ServerProcess } from '../servers/server-process.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import type { ServedZone } from './serve-zone.ts';
import { serveZone } from './serve-zone.ts';

const SECRET = Buffer.from('a secret of some octets').toString('base64');

interface Place {
  readonly port: number;
  readonly primary: number;
  readonly directory: string;
}

interface Secondary {
  readonly binary: string;
  readonly flags: (config: string) => readonly string[];
  readonly config: (place: Place) => string;
}

const SECONDARIES: readonly Secondary[] = [
  {
    binary: 'knotd',
    flags: (config) => ['-c', config],
    config: ({ port, primary, directory }) => `
server:
    listen: 127.0.0.1@${port}
    rundir: ${directory}
database:
    storage: ${directory}
log:
  - target: stderr
    any: info
key:
  - id: key.test.
    algorithm: hmac-sha256
    secret: ${SECRET}
remote:
  - id: primary
    address: 127.0.0.1@${primary}
    key: key.test.
acl:
  - id: notify
    address: 127.0.0.1
    key: key.test.
    action: notify
zone:
  - domain: a.test.
    storage: ${directory}
    master: primary
    acl: notify
`,
  },
  {
    binary: 'nsd',
    flags: (config) => ['-d', '-c', config],
    config: ({ port, primary, directory }) => `
server:
  ip-address: 127.0.0.1@${port}
  server-count: 1
  username: ""
  database: ""
  zonesdir: "${directory}"
  zonelistfile: "${directory}/zone.list"
  pidfile: "${directory}/nsd.pid"
  xfrdfile: "${directory}/xfrd.state"
  xfrdir: "${directory}"
  verbosity: 2
remote-control:
  control-enable: no
key:
  name: key.test
  algorithm: hmac-sha256
  secret: "${SECRET}"
zone:
  name: a.test
  allow-notify: 127.0.0.1 key.test
  request-xfr: 127.0.0.1@${primary} key.test
`,
  },
];

/** What happens to web.a.test., and what it is then. */
const CHANGES: readonly (readonly [change: (zone: ServedZone) => void, answer: string])[] = [
  [({ put }) => put('web.a.test. 5 IN A 192.0.2.1'), '192.0.2.1'],
  [({ put }) => put('web.a.test. 5 IN A 192.0.2.2'), '192.0.2.2'],
  [({ remove }) => remove('web.a.test.'), 'NXDOMAIN'],
  [({ put }) => put('web.a.test. 5 IN A 192.0.2.3'), '192.0.2.3'],
];

const follow = async (t: TestContext, { binary, flags, config }: Secondary, found: string) => {
  const directory = makeTempDirectory();
  const port = await freePort();
  const primary = await serveZone(
    t,
    `tsig {
       secret key.test ${SECRET}
       require all
     }
     transfer {
       to 127.0.0.1:${port} key key.test
     }`,
  );
  primary.put('a.test. 5 IN NS ns.a.test.', 'ns.a.test. 5 IN A 192.0.2.53');
  primary.seal(1);
  const file = join(directory, 'secondary.conf');
  writeFileSync(file, config({ port, primary: primary.port, directory }));
  const secondary = new ServerProcess(binary, found, flags(file));
  t.after(async () => {
    await secondary.kill('SIGTERM');
    removeTempDirectory(directory);
  });
  const until = (name: string, answer: string) =>
    secondary.until(async () => (await short(port, name)) === answer);
  await until('ns.a.test', '192.0.2.53');
  return { primary, until };
};

for (const secondary of SECONDARIES) {
  const { binary } = secondary;
  const found = findServer(binary);
  const skip = found === undefined && missingServer(binary);
  describe(`${binary} follows a zone`, { skip }, () => {
    test('by signed NOTIFY and IXFR, change by change', async (t) => {
      const { primary, until } = await follow(t, secondary, found ?? '');
      for (const [i, [change, answer]] of CHANGES.entries()) {
        change(primary);
        // A serial of which nothing changed lies between.
        primary.seal(10 * i + 11);
        primary.seal(10 * i + 12);
        await until('web.a.test', answer);
      }
      const text = await primary.metrics.text();
      const count = (metric: string) =>
        Number(new RegExp(`^isthmus_transfer_${metric} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
      assert.equal(count('responses_total{zone="a.test.",kind="axfr"}'), 1);
      assert.ok(count('responses_total{zone="a.test.",kind="ixfr"}') >= CHANGES.length);
      assert.ok(count('notifies_total{zone="a.test.",outcome="answered"}') >= CHANGES.length);
    });
  });
}

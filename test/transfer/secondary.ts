/** Real secondaries of one zone: they follow a primary on 127.0.0.1 by signed NOTIFY and IXFR. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { short } from '../e2e/ask.ts';
import { ServerProcess } from '../servers/server-process.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';

/** Of the key `key.test`, which signs all between the two. */
export const SECRET = Buffer.from('a secret of some octets').toString('base64');

interface Place {
  readonly zone: string;
  readonly port: number;
  readonly primary: number;
  readonly directory: string;
}

export interface Secondary {
  readonly binary: string;
  readonly flags: (config: string) => readonly string[];
  readonly config: (place: Place) => string;
}

export const SECONDARIES: readonly Secondary[] = [
  {
    binary: 'knotd',
    flags: (config) => ['-c', config],
    config: ({ zone, port, primary, directory }) => `
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
  - domain: ${zone}
    storage: ${directory}
    master: primary
    acl: notify
`,
  },
  {
    binary: 'nsd',
    flags: (config) => ['-d', '-c', config],
    config: ({ zone, port, primary, directory }) => `
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
  name: ${zone}
  allow-notify: 127.0.0.1 key.test
  request-xfr: 127.0.0.1@${primary} key.test
`,
  },
];

/** Starts it until the end of the test; gives the wait for an A record that it says. */
export async function startSecondary(
  t: TestContext,
  { binary, flags, config }: Secondary,
  found: string,
  place: Omit<Place, 'directory'>,
): Promise<(name: string, answer: string) => Promise<void>> {
  const directory = makeTempDirectory();
  const file = join(directory, 'secondary.conf');
  writeFileSync(file, config({ ...place, directory }));
  const secondary = new ServerProcess(binary, found, flags(file));
  t.after(async () => {
    await secondary.kill('SIGTERM');
    removeTempDirectory(directory);
  });
  return (name, answer) => secondary.until(async () => (await short(place.port, name)) === answer);
}

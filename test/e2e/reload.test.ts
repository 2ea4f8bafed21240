/** The Corefile changes under a process that answers, and nobody notices who asks for the rest. */
import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { freePort } from '../servers/free-port.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { short } from './ask.ts';
import { DEMO } from './demo.ts';
import { IsthmusProcess } from './isthmus-process.ts';
import { Load } from './load.ts';

const WEB = 'web.shop.svc.cluster.local.';
const SHOWN = '10.96.0.10';

interface Ports {
  readonly dns: number;
  readonly http: number;
}

/** What the Corefile says more, or instead. */
interface Said {
  readonly main?: string;
  readonly federation?: string;
  readonly blocks?: string;
}

const corefileOf = ({ dns, http }: Ports, { main = '', federation = '', blocks = '' }: Said = {}) =>
  `.:${dns} {
    bind 127.0.0.1
    errors
    ready 127.0.0.1:${http}
    prometheus 127.0.0.1:${http}
    reload 2s 0s
    federation cluster.local in-addr.arpa {
        home east
        cluster east manifests east
        fallthrough in-addr.arpa
        ${federation}
    }
    ${main}
}
${blocks}
`;

async function started(t: TestContext, said: Said = {}) {
  const folder = makeTempDirectory();
  cpSync(DEMO, folder, { recursive: true });
  const ports = { dns: await freePort(), http: await freePort() };
  const file = join(folder, 'Corefile');
  const write = (text: string) => writeFileSync(file, text);
  write(corefileOf(ports, said));
  const isthmus = new IsthmusProcess(['up', '-conf', file], { cwd: folder });
  t.after(async () => {
    await isthmus.kill();
    removeTempDirectory(folder);
  });
  await isthmus.says(/a name that nobody has/);
  const metric = async (name: string) => {
    const text = await (await fetch(`http://127.0.0.1:${ports.http}/metrics`)).text();
    return text.split('\n').filter((line) => line.startsWith(name));
  };
  /** Writes another file, and waits until it is followed. */
  const reload = async (next: Said) => {
    const [before] = await metric(VERSION);
    write(corefileOf(ports, next));
    isthmus.signal('SIGUSR1');
    await isthmus.until(async () => (await metric(VERSION))[0] !== before, 'it is followed');
  };
  return { isthmus, ports, folder, write, reload, metric };
}

const VERSION = 'coredns_reload_version_info';
const HOSTS = 'hosts {\n 192.0.2.7 fixed.example\n fallthrough\n }';
const OTHER = 'hosts {\n 192.0.2.8 fixed.example\n fallthrough\n }';

describe('a changed Corefile', () => {
  test('is found by looking, and followed', async (t) => {
    const { isthmus, ports, write, metric } = await started(t);
    assert.equal(await short(ports.dns, 'fixed.example'), 'REFUSED');
    const [version] = await metric(VERSION);
    write(corefileOf(ports, { main: HOSTS }));
    await isthmus.says(/reload: done, SHA-512 is [0-9a-f]{128}/);
    assert.equal(await short(ports.dns, 'fixed.example'), '192.0.2.7');
    assert.equal(await short(ports.dns, WEB), SHOWN);
    const [now, ...more] = await metric(VERSION);
    assert.notEqual(now, version);
    assert.deepEqual(more, []);
    assert.deepEqual(await metric('coredns_reload_failed_total'), [
      'coredns_reload_failed_total 0',
    ]);
  });

  test('loses no query, and denies no name, however much of it changes', async (t) => {
    const { ports, reload } = await started(t, { main: HOSTS });
    const truth = {
      [WEB]: [SHOWN],
      'none.shop.svc.cluster.local.': ['NXDOMAIN'],
      'fixed.example.': ['192.0.2.7', '192.0.2.8'],
    };
    const load = new Load(ports.dns, truth, 24);
    t.after(() => load.stop());
    const changes: readonly Said[] = [
      { main: OTHER },
      { main: `${OTHER}\nloadbalance`, federation: 'ttl 7' },
      { main: HOSTS, blocks: `example.org:${ports.dns} {\n bind 127.0.0.1\n whoami\n}` },
      { main: HOSTS, blocks: `.:${await freePort()} {\n bind 127.0.0.1\n whoami\n}` },
      { main: `${HOSTS}\nlog`, federation: 'ttl 9' },
      { main: HOSTS },
    ];
    for (const change of changes) {
      await load.more(2000);
      await reload(change);
    }
    await load.more(2000);
    await load.stop();
    assert.deepEqual([load.lost, load.wrong.slice(0, 5)], [0, []]);
  });
});

/** The Corefile changes under a process that answers, and nobody notices who asks for the rest. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { freePort } from '../servers/free-port.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { answerTo, startUpstream } from '../servers/upstream.ts';
import { short } from './ask.ts';
import { DEMO } from './demo.ts';
import { IsthmusProcess } from './isthmus-process.ts';
import { Load } from './load.ts';
import { startReloadProcess } from './reload-process.ts';

const WEB = 'web.shop.svc.cluster.local.';
const SHOWN = '10.96.0.10';

interface Ports {
  readonly dns: number;
  readonly http: number;
}

/** What the Corefile says more. */
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
        cluster east manifests "${join(DEMO, 'east')}"
        fallthrough in-addr.arpa
        ${federation}
    }
    ${main}
}
${blocks}
`;

async function started(t: TestContext, said: Said = {}) {
  const ports = { dns: await freePort(), http: await freePort() };
  const process = await startReloadProcess(t, corefileOf(ports, said), ports.http);
  await process.isthmus.says(/a name that nobody has/);
  return {
    ports,
    process,
    reload: (next: Said) => process.reload(corefileOf(ports, next)),
    refused: (next: Said) => process.refused(corefileOf(ports, next)),
  };
}

const FAILED = 'coredns_reload_failed_total';
const HOSTS = 'hosts {\n 192.0.2.7 fixed.example\n fallthrough\n }';
const OTHER = 'hosts {\n 192.0.2.8 fixed.example\n fallthrough\n }';

describe('a changed Corefile', () => {
  test('is found by looking, and followed', async (t) => {
    const { process, ports } = await started(t);
    assert.equal(await short(ports.dns, 'fixed.example'), 'REFUSED');
    const [version] = await process.metric('coredns_reload_version_info');
    process.write(corefileOf(ports, { main: HOSTS }));
    await process.isthmus.says(/reload: done, SHA-512 is [0-9a-f]{128}/);
    assert.equal(await short(ports.dns, 'fixed.example'), '192.0.2.7');
    assert.equal(await short(ports.dns, WEB), SHOWN);
    const [now, ...more] = await process.metric('coredns_reload_version_info');
    assert.notEqual(now, version);
    assert.deepEqual(more, []);
    assert.deepEqual(await process.metric(FAILED), [`${FAILED} 0`]);
  });

  test('is no business of SIGHUP', async (t) => {
    const { process, ports, reload } = await started(t);
    process.isthmus.signal('SIGHUP');
    await reload({ main: HOSTS });
    assert.equal(await short(ports.dns, WEB), SHOWN);
  });

  test('is found where a volume swaps a link, as that of a ConfigMap', async (t) => {
    const folder = makeTempDirectory();
    const ports = { dns: await freePort(), http: await freePort() };
    const publish = (version: string, said: Said) => {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, 'Corefile'), corefileOf(ports, said));
      symlinkSync(version, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    publish('..one', {});
    symlinkSync('..data/Corefile', join(folder, 'Corefile'));
    const isthmus = new IsthmusProcess(['up', '-conf', join(folder, 'Corefile')], { cwd: folder });
    t.after(async () => {
      await isthmus.kill();
      removeTempDirectory(folder);
    });
    await isthmus.says(/a name that nobody has/);
    publish('..two', { main: HOSTS });
    await isthmus.says(/reload: done/);
    assert.equal(await short(ports.dns, 'fixed.example'), '192.0.2.7');
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

  test('leaves a server block that says the same as it was, cache and all', async (t) => {
    const upstream = await startUpstream((query) => [
      answerTo(query, [`${query.question?.name} 60 IN A 192.0.2.1`]),
    ]);
    t.after(() => upstream.close());
    const { ports, reload } = await started(t);
    const forwarding = (more: string) => `example.net:${ports.dns} {
      bind 127.0.0.1
      cache 30
      forward . ${upstream.address}:${upstream.port}
    }\n${more}`;
    await reload({ blocks: forwarding('') });
    assert.equal(await short(ports.dns, 'a.example.net'), '192.0.2.1');
    await reload({ main: HOSTS, blocks: forwarding('') });
    assert.equal(await short(ports.dns, 'a.example.net'), '192.0.2.1');
    const more = `example.org:${ports.dns} {\n bind 127.0.0.1\n whoami\n}`;
    await reload({ main: OTHER, federation: 'ttl 9', blocks: forwarding(more) });
    assert.equal(await short(ports.dns, 'a.example.net'), '192.0.2.1');
    assert.deepEqual(upstream.asked, ['udp a.example.net. A']);
  });
});

describe('a Corefile that can not be followed', () => {
  test('changes nothing, and says file, line and why; counted once', async (t) => {
    const { process, ports, refused, reload } = await started(t, { main: HOSTS });
    const rows: readonly (readonly [said: Said, why: RegExp])[] = [
      [{ main: 'foo' }, /Corefile:13: Cannot use the directive "foo": it is unknown/],
      [{ main: 'forward .' }, /Corefile:13: Cannot read "forward"/],
      [{ blocks: 'a {' }, /Corefile:15: Cannot read "\{": it is never closed/],
      [{ federation: 'away from here' }, /Corefile:11: Cannot /],
      [{ blocks: 'import nothing' }, /Corefile:15: Cannot read the file ".*nothing": ENOENT/],
    ];
    for (const [i, [said, why]] of rows.entries()) {
      await refused(said);
      await process.isthmus.says(new RegExp(`ERROR. reload: all stays as it was: .*${why.source}`));
      assert.deepEqual(await process.metric(FAILED), [`${FAILED} ${i + 1}`]);
      assert.equal(await short(ports.dns, 'fixed.example'), '192.0.2.7');
      assert.equal(await short(ports.dns, WEB), SHOWN);
    }
    await reload({ main: OTHER });
    assert.equal(await short(ports.dns, 'fixed.example'), '192.0.2.8');
  });

  test('since an address is in use, is tried again until it is not', async (t) => {
    const { process, ports, refused } = await started(t, { main: HOSTS });
    for (const [what, blockOf] of [
      ['tcp', (port: number) => `.:${port} {\n bind 127.0.0.1\n whoami\n}`],
      [
        '/health',
        (port: number) => `a:${ports.dns} {\n bind 127.0.0.1\n health 127.0.0.1:${port}\n}`,
      ],
    ] as const) {
      const port = await freePort();
      const holder = createServer().listen(port, '127.0.0.1');
      await once(holder, 'listening');
      await refused({ main: OTHER, blocks: blockOf(port) });
      await process.isthmus.says(
        new RegExp(`all stays as it was: Cannot listen on .*:${port}.*${what}`),
      );
      assert.equal(await short(ports.dns, 'fixed.example'), '192.0.2.7');
      const page = await fetch(`http://127.0.0.1:${ports.http}/ready`);
      assert.equal(page.status, 200);
      holder.close();
      await process.isthmus.until(
        async () => (await short(ports.dns, 'fixed.example')) === '192.0.2.8',
        'it is followed',
      );
      await process.reload(corefileOf(ports, { main: HOSTS }));
    }
  });
});

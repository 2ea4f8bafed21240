/** A cluster that was on kube-dns: its ConfigMap translated, and mounted beside a process. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { rawObject } from '../cluster/collections.ts';
import { short } from './ask.ts';
import { goldenFile, goldenWorld, STUB, WORLD } from './golden-world.ts';
import { IsthmusProcess } from './isthmus-process.ts';
import { ReloadProcess } from './reload-process.ts';

const START = join(import.meta.dirname, '..', '..', 'services', 'isthmus', 'start.js');
const run = promisify(execFile);
const ZONE = 'cluster.local';

async function given(t: TestContext) {
  const world = await goldenWorld(t);
  const { folder, dns, metrics } = world;
  world.write('Corefile', world.place(goldenFile('kubeadm.Corefile')));
  world.write('kube-dns/other', 'not read');
  const file = join(folder, 'Corefile');
  const directory = join(folder, 'kube-dns');
  const start = async (...args: readonly string[]) => {
    const isthmus = new IsthmusProcess(['up', '-conf', file, ...args], { cwd: folder });
    t.after(() => isthmus.kill());
    await isthmus.says(/Isthmus answers DNS on/);
    return isthmus;
  };
  const isthmus = async (...args: readonly string[]) => {
    try {
      const { stdout, stderr } = await run(START, args, { cwd: folder });
      return { code: 0, stdout, stderr };
    } catch (error) {
      assert.ok(
        error instanceof Error && 'code' in error && 'stdout' in error && 'stderr' in error,
      );
      const { code, stdout, stderr } = error;
      return { code, stdout: String(stdout), stderr: String(stderr) };
    }
  };
  return {
    ...{ world, file, directory, start, isthmus },
    mounted: (isthmus: IsthmusProcess) =>
      new ReloadProcess(isthmus, metrics, (text) => {
        writeFileSync(join(directory, 'stubDomains'), text);
      }),
    asks: (name: string) => short(dns, name),
  };
}

/** Where the nodes of the cluster are, for names of federations. */
const NODE = rawObject(
  'Node',
  '',
  'one',
  {},
  {
    labels: {
      'topology.kubernetes.io/zone': 'us-east-1a',
      'topology.kubernetes.io/region': 'us-east-1',
    },
  },
);

describe('the ConfigMap of kube-dns', () => {
  test('is translated into the Corefile of the cluster, once and the same again', async (t) => {
    const { world, file, isthmus, start, asks } = await given(t);
    world.api.put(NODE);
    const map = goldenFile('gke.kube-dns.yaml')
      .replace('"8.8.8.8",\n        "8.8.4.4"', `"${world.stubText}"`)
      .replace('1.1.1.1', world.upstreamText)
      .concat('  federations: fed=example.net\n');
    world.write('kube-dns.yaml', map);
    const first = await isthmus('translate', 'kube-dns.yaml', '--apply-to', 'Corefile');
    assert.match(first.stdout, /^--- Corefile\n\+\+\+ Corefile\n@@ line \d+ @@\n-/);
    assert.match(first.stderr, /^For federations the nodes of the cluster are watched/m);
    const merged = readFileSync(file, 'utf8');
    const again = await isthmus('translate', 'kube-dns.yaml', '--apply-to', 'Corefile');
    assert.equal(again.stdout, 'Corefile says all of it already\n');
    assert.equal(readFileSync(file, 'utf8'), merged);
    const process = await start();
    await process.until(
      async () => (await asks(`web.shop.svc.${ZONE}`)) === '10.96.0.10',
      'it knows the cluster',
    );
    assert.equal(await asks('www.example.com'), STUB);
    assert.equal(await asks('www.example.org'), WORLD);
    assert.equal(await asks(`web.shop.fed.svc.${ZONE}`), `10.96.0.10 web.shop.svc.${ZONE}.`);
    const elsewhere = 'cart.shop.fed.svc.us-east-1a.us-east-1.example.net.';
    assert.equal(await asks(`cart.shop.fed.svc.${ZONE}`), `${WORLD} ${elsewhere}`);
    assert.equal(await asks(`fed.svc.${ZONE}`), 'NOERROR');
    assert.equal(await asks(`cart.shop.other.svc.${ZONE}`), 'NXDOMAIN');
  });

  test('is followed while it is mounted, and the Corefile stays as it is', async (t) => {
    const { start, directory, mounted, asks, world, file } = await given(t);
    const before = readFileSync(file, 'utf8');
    const process = await start('--kube-dns-config', directory);
    const config = mounted(process);
    await process.until(
      async () => (await asks(`web.shop.svc.${ZONE}`)) === '10.96.0.10',
      'it knows the cluster',
    );
    assert.equal(await asks('www.acme.local'), WORLD);
    await config.reload(`{"acme.local": ["${world.stubText}"]}`);
    assert.equal(await asks('www.acme.local'), STUB);
    assert.equal(await asks(`web.shop.svc.${ZONE}`), '10.96.0.10');
    await config.refused('{"acme.local": ');
    assert.equal(await asks('www.acme.local'), STUB);
    assert.match(process.output, /reload: all stays as it was: .*: Cannot read .* of stubDomains/);
    rmSync(join(directory, 'stubDomains'));
    process.signal('SIGUSR1');
    await process.until(async () => (await asks('www.acme.local')) === WORLD, 'it is followed');
    assert.equal(readFileSync(file, 'utf8'), before);
  });

  test('is left out at a start where it is wrong, and followed when it is right', async (t) => {
    const { start, directory, mounted, asks, world } = await given(t);
    const text = 'not this';
    writeFileSync(join(directory, 'stubDomains'), text);
    const process = await start('--kube-dns-config', directory);
    assert.match(
      process.output,
      /\[ERROR\] kube-dns: all of its ConfigMap is left out: Cannot read/,
    );
    assert.equal(await asks('www.acme.local'), WORLD);
    await mounted(process).reload(`{"acme.local": ["${world.stubText}"]}`);
    assert.equal(await asks('www.acme.local'), STUB);
  });

  test('is looked at by itself', async (t) => {
    const { start, directory, asks, world, file } = await given(t);
    // It looks every 22 to 38 s by itself.
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^ +reload$/m, 'reload 2s 0s'));
    const process = await start('--kube-dns-config', directory);
    writeFileSync(join(directory, 'stubDomains'), `{"acme.local": ["${world.stubText}"]}`);
    await process.until(async () => (await asks('www.acme.local')) === STUB, 'it is followed');
  });
});

describe('isthmus check', () => {
  test('ends with 0 for a Corefile that can be used, wherever it is', async (t) => {
    const { isthmus } = await given(t);
    for (const args of [['check'], ['check', 'Corefile'], ['check', '-conf', 'Corefile']]) {
      const { code, stdout, stderr } = await isthmus(...args);
      assert.equal(code, 0);
      assert.match(stdout, /^Corefile can be used: 1 server block\n/);
      assert.equal(stderr, '');
    }
  });

  test('ends with 2 for one that can’t, with all that is wrong, then what may surprise', async (t) => {
    const { isthmus, world } = await given(t);
    const text =
      '. {\n    forward . {$NOBODY_SETS_THIS}\n    cancel 1s\n    cancel 2s\n    bufsize x\n}\n';
    world.write('wrong', text);
    const { code, stdout, stderr } = await isthmus('check', 'wrong');
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    const [errors = '', surprises = ''] = stderr.split('\n\nWhat may surprise:\n\n');
    assert.match(errors, /^wrong:2: Cannot .*\nwrong:5: Cannot read the size .*$/);
    assert.match(surprises, /^wrong:2: .* is not set.*\nwrong:3: this cancel does not count/s);
    assert.equal((await isthmus('check', 'none')).code, 2);
  });

  test('tells what a mounted ConfigMap makes of it', async (t) => {
    const { isthmus, directory } = await given(t);
    const args = ['check', '--kube-dns-config', directory];
    writeFileSync(join(directory, 'stubDomains'), '{"acme.local": ["192.0.2.1"]}');
    assert.match((await isthmus(...args)).stdout, /can be used: 2 server blocks/);
    writeFileSync(join(directory, 'stubDomains'), '{');
    const { code, stderr } = await isthmus(...args);
    assert.equal(code, 2);
    assert.match(stderr, /kube-dns:1: Cannot read "\{" of stubDomains/);
  });
});

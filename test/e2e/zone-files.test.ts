/**
 * Zone files, from the program as users start it: beside clusters and a cache, whose names stay in
 * the table, and with secondaries that follow.
 */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import type { ScriptedUpstream } from '../servers/upstream.ts';
import { answerTo, startUpstream } from '../servers/upstream.ts';
import { SECONDARIES, SECRET, startSecondary } from '../transfer/secondary.ts';
import { ask, short } from './ask.ts';
import { DEMO } from './demo.ts';
import { IsthmusProcess } from './isthmus-process.ts';

const db = (serial: number, ...lines: readonly string[]) =>
  ['$TTL 60', `@ SOA ns admin ${serial} 1 2 3 60`, '@ NS ns', 'ns A 192.0.2.1', ...lines, ''].join(
    '\n',
  );

describe('zone files beside a cluster and a cache', () => {
  const folder = makeTempDirectory();
  let upstream: ScriptedUpstream;
  let isthmus: IsthmusProcess;
  let dns = 0;
  let metrics = 0;

  /** As careful editors do: whole, or not at all. */
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, 'new'), text);
    renameSync(join(folder, 'new'), join(folder, name));
  };

  before(async () => {
    upstream = await startUpstream((query) => [
      answerTo(query, [`${query.question?.name} 3600 IN A 192.0.2.80`]),
    ]);
    [dns, metrics] = [await freePort(), await freePort()];
    write('db.own', db(1, 'out CNAME www.example.com.'));
    write('db.shared', db(1, 'here A 192.0.2.2'));
    mkdirSync(join(folder, 'zones'));
    write('db.wide', db(1, '* A 192.0.2.66', 'cluster TXT "below the cluster"'));
    writeFileSync(
      join(folder, 'Corefile'),
      `.:${dns} {
    bind 127.0.0.1
    prometheus 127.0.0.1:${metrics}
    federation cluster.local {
        log memory
        cluster east manifests ${join(DEMO, 'east')}
    }
    file db.own own.example {
        reload 50ms
    }
    file db.shared shared.example {
        reload 50ms
        fallthrough shared.example
    }
    file db.wide local {
        fallthrough local
    }
    auto auto.example {
        directory zones
        reload 50ms
    }
    cache
    forward . 127.0.0.1:${upstream.port}
}
`,
    );
    isthmus = new IsthmusProcess(['up', '-conf', 'Corefile', '-quiet'], { cwd: folder });
    const name = 'web.shop.svc.cluster.local';
    await isthmus.until(async () => (await short(dns, name)) === '10.96.0.10', 'it is up');
  });
  after(async () => {
    await isthmus.kill();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const handedOver = async () => {
    const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith('isthmus_table_handed_over_'));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };

  test("names of the cluster are the table's, there or not", async () => {
    const before = await handedOver();
    for (let i = 0; i < 5; i++) {
      assert.equal(await short(dns, 'web.shop.svc.cluster.local'), '10.96.0.10');
      assert.equal(await short(dns, `nobody-${i}.shop.svc.cluster.local`), 'NXDOMAIN');
    }
    assert.equal(await short(dns, 'cluster.local', 'TXT'), 'NOERROR', 'it is the cluster above');
    assert.equal(await handedOver(), before);
    assert.equal(await short(dns, 'other.local'), '192.0.2.66');
  });

  test("names of files are answered with authority, aliases by upstream's word too", async () => {
    const reply = await ask(dns, 'ns.own.example', 'A');
    assert.equal(reply?.flags.authoritative, true);
    assert.equal(await short(dns, 'nobody.own.example'), 'NXDOMAIN');
    assert.equal(await short(dns, 'out.own.example'), '192.0.2.80 www.example.com.');
  });

  test('a name that comes is there at once, whatever was cached of it', async () => {
    for (const name of ['late.shared.example', 'x.wild.shared.example']) {
      assert.equal(await short(dns, name), '192.0.2.80');
    }
    const before = await handedOver();
    for (let i = 0; i < 3; i++) assert.equal(await short(dns, 'late.shared.example'), '192.0.2.80');
    assert.equal(await handedOver(), before, 'readers have it');
    write('db.shared', db(2, 'late A 192.0.2.3', '*.wild A 192.0.2.4'));
    const isOurs = async () => (await short(dns, 'late.shared.example')) === '192.0.2.3';
    await isthmus.until(isOurs, 'it is ours');
    const isWild = async () => (await short(dns, 'x.wild.shared.example')) === '192.0.2.4';
    await isthmus.until(isWild, 'so is what a wildcard stands for');
    assert.equal(await short(dns, 'here.shared.example'), '192.0.2.80', 'it is gone');
    write('db.shared', db(3, 'here A 192.0.2.5'));
    const isThere = async () => (await short(dns, 'here.shared.example')) === '192.0.2.5';
    await isthmus.until(isThere, 'it is ours again');
    assert.equal(await short(dns, 'late.shared.example'), '192.0.2.80');
  });

  test('a zone that comes into a folder has all of its names', async () => {
    const names = ['www.auto.example', 'x.auto.example'];
    for (const name of names) assert.equal(await short(dns, name), '192.0.2.80');
    const before = await handedOver();
    for (const name of names) assert.equal(await short(dns, name), '192.0.2.80');
    assert.equal(await handedOver(), before, 'readers have them');
    write(join('zones', 'db.auto.example'), db(1, 'www A 192.0.2.5'));
    const isOurs = async () => (await short(dns, 'www.auto.example')) === '192.0.2.5';
    await isthmus.until(isOurs, 'it is ours');
    const isDenied = async () => (await short(dns, 'x.auto.example')) === 'NXDOMAIN';
    await isthmus.until(isDenied, 'nothing else is there');
    rmSync(join(folder, 'zones', 'db.auto.example'));
    const isGone = async () => (await short(dns, 'www.auto.example')) === '192.0.2.80';
    await isthmus.until(isGone, "it is upstream's again");
  });
});

for (const secondary of SECONDARIES) {
  const { binary } = secondary;
  const found = findServer(binary);
  const skip = found === undefined && missingServer(binary);
  describe(`${binary} follows a zone file`, { skip }, () => {
    test('from the whole zone to its changes', async (t) => {
      const { write, until, isthmus } = await followed(t, secondary, found ?? '');
      write(db(2, 'web A 192.0.2.3'));
      await until('web.a.test', '192.0.2.3');
      write(`${db(3)}web A 192.0.2\n`);
      await isthmus.says(
        /\[ERROR\] plugin\/file: Cannot load a\.test\.: .*:5: .*; serial 2 is served still/,
      );
      write(db(4, 'other A 192.0.2.4'));
      await until('other.a.test', '192.0.2.4');
      await until('web.a.test', 'NXDOMAIN');
    });
  });
}

async function followed(t: TestContext, secondary: (typeof SECONDARIES)[number], binary: string) {
  const folder = makeTempDirectory();
  const [port, primary] = [await freePort(), await freePort()];
  const write = (text: string) => {
    writeFileSync(join(folder, 'new'), text);
    renameSync(join(folder, 'new'), join(folder, 'db'));
  };
  write(db(1, 'web A 192.0.2.2'));
  writeFileSync(
    join(folder, 'Corefile'),
    `a.test:${primary} {
    bind 127.0.0.1
    tsig {
        secret key.test ${SECRET}
        require AXFR IXFR
    }
    transfer {
        to 127.0.0.1:${port} key key.test
    }
    file db {
        reload 50ms
    }
}
`,
  );
  const isthmus = new IsthmusProcess(['up', '-conf', 'Corefile'], { cwd: folder });
  t.after(async () => {
    await isthmus.kill();
    removeTempDirectory(folder);
  });
  await isthmus.says(/Isthmus answers DNS on/);
  const until = await startSecondary(t, secondary, binary, { zone: 'a.test', port, primary });
  await until('web.a.test', '192.0.2.2');
  return { write, until, isthmus };
}

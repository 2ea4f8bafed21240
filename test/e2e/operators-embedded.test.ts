/**
 * The words of an operator where one process has everything: over the socket in its state
 * directory, in the first minute, without any server.
 */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../servers/free-port.ts';
import { makeTempDirectory } from '../servers/temp-directory.ts';
import { short } from './ask.ts';
import { IsthmusProcess, until } from './isthmus-process.ts';
import { headless, NAMESPACE, slice } from './objects.ts';
import { type Operator, operator, writeCluster, writeObjects } from './operators-world.ts';
import { Throughout } from './throughout.ts';

const DB = 'db.shop.svc.clusterset.local';
const EAST = { web: ['10.96.0.10', '10.1.0.11'], db: ['10.1.0.21'] } as const;
const WEST = { web: ['10.97.0.10', '10.2.0.11'], db: ['10.2.0.21'] } as const;

describe('an operator of one process', () => {
  const folder = makeTempDirectory();
  const state = join(folder, 'state');
  let isthmus: IsthmusProcess;
  let port: number;
  let operate: Operator;

  before(async () => {
    port = await freePort();
    const file = join(folder, 'Corefile');
    writeFileSync(
      file,
      `.:${port} {
    bind 127.0.0.1
    errors
    federation cluster.local clusterset.local {
        home east
        cluster east manifests ${writeCluster(folder, 'east', EAST)}
        cluster west manifests ${writeCluster(folder, 'west', WEST)}
    }
}
`,
    );
    isthmus = new IsthmusProcess(['up', '-conf', file, '--state', state], { cwd: folder });
    operate = operator(['--state', state]);
    await answers(DB, '10.1.0.21 10.2.0.21');
  });

  after(async () => {
    await isthmus?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  async function answers(name: string, answer: string): Promise<void> {
    await isthmus.until(async () => (await short(port, name)) === answer, `${name} is ${answer}`);
  }

  test('sees the state directory, and the clusters', async () => {
    const { code, text } = await operate('status');
    assert.equal(code, 0, text);
    assert.match(text, /^Federation: +default$/m);
    assert.ok(text.includes(`Log:                ${state}\n`), text);
    // A name is answered before the log says that these were all.
    let last = text;
    const isSynced = async () => {
      last = (await operate('status')).text;
      return /^east +live +yes +\d+ +0 +\d+s +2 +2 +2 +[0-9a-f]{8} +0$/m.test(last);
    };
    await until(isSynced, 'east is synced', () => last);
  });

  test('drains and restores', async () => {
    assert.match((await operate('drain', 'east')).text, /^east is drained, at control position/);
    await answers(DB, '10.2.0.21');
    assert.match((await operate('restore', 'east')).text, /^east is restored/);
    await answers(DB, '10.1.0.21 10.2.0.21');
  });

  test('pins what stays so after kill -9 as well, and unpins it', async () => {
    const { code, text } = await operate('pin', 'shop/db', '--at', '0s', '--cluster', 'east');
    assert.equal(code, 0, text);
    const throughout = new Throughout([port], {
      [DB]: ['10.1.0.21 10.2.0.21', 'SERVFAIL', 'silence'],
    });
    writeCluster(folder, 'east', { web: ['10.96.0.11', '10.1.0.11'], db: ['10.1.0.99'] });
    await answers('web.shop.svc.cluster.local', '10.96.0.11');
    await isthmus.kill();
    isthmus.restart();
    await answers('web.shop.svc.cluster.local', '10.96.0.11');
    await throughout.settled();
    assert.deepEqual(throughout.wrong, []);
    assert.match((await operate('unpin', 'shop/db')).text, /^shop\/db of east is unpinned/);
    await answers(DB, '10.1.0.99 10.2.0.21');
  });

  test('releases what is held of a cluster', async () => {
    const names = Array.from({ length: 24 }, (_, i) => `db-${i}`);
    writeObjects(folder, 'west', [
      NAMESPACE,
      ...names.flatMap((name, i) => [headless(name), slice(name, `10.2.1.${i}`)]),
    ]);
    await isthmus.until(
      async () => /^west .* 24 +24 /m.test((await operate('clusters')).text),
      'west has them',
    );
    // What a folder loses while somebody looks is seen to go; only a list may lack it unseen.
    await isthmus.kill();
    writeObjects(folder, 'west', [NAMESPACE]);
    isthmus.restart();
    await isthmus.says(/watcher\/west: a list lacks \d+ of \d+ objects/);
    assert.match((await operate('clusters')).text, /^west .* \d+ of \d+$/m);
    const { code, text } = await operate('release', 'west');
    assert.equal(code, 0);
    assert.match(text, /^west: the removal of \d+ of \d+ objects is released, at position \d+/);
    await isthmus.until(
      async () => /^west .* 0 +0 +0 +[0-9a-f]{8} +0$/m.test((await operate('clusters')).text),
      'nothing is held',
    );
    assert.equal((await operate('release', 'west')).text, 'west: no removals are held');
  });

  test('is told that nobody is there, once it has ended', async () => {
    isthmus.signal('SIGTERM');
    assert.equal(await isthmus.exit(), 0);
    const { code, text } = await operate('status');
    assert.equal(code, 1);
    assert.match(
      text,
      /^Cannot ask the process at ".*control\.sock": none is there; expected a ru/,
    );
  });
});

/**
 * Plugins that stand by themselves, beside CoreDNS with the same Corefile: each row is a server
 * block, what is asked of it, and what CoreDNS says where we do not say the same.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ask } from '../e2e/ask.ts';
import { IsthmusProcess, until } from '../e2e/isthmus-process.ts';
import { findServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { ServerProcess } from '../servers/server-process.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { corednsMissing } from './coredns.ts';
import { FILES, ROWS } from './plugin-rows.ts';
import { saidBy } from './said-by.ts';

const missing = corednsMissing();

describe('plugins', { skip: missing ?? false }, () => {
  const ports = new Map<string, { readonly ours: number; readonly theirs: number }>();
  let folder = '';
  let isthmus: IsthmusProcess | undefined;
  let coredns: ServerProcess | undefined;

  before(async () => {
    folder = makeTempDirectory();
    const texts = { ours: '', theirs: '' };
    for (const block of new Set(ROWS.map((row) => row.block))) {
      const port = { ours: await freePort(), theirs: await freePort() };
      ports.set(block, port);
      for (const who of ['ours', 'theirs'] as const) {
        texts[who] += `.:${port[who]} {\n    bind 127.0.0.1\n${block}\n}\n`;
      }
    }
    for (const who of ['ours', 'theirs'] as const) {
      mkdirSync(join(folder, who, 'files'), { recursive: true });
      writeFileSync(join(folder, who, 'Corefile'), texts[who]);
      for (const [name, text] of Object.entries(FILES))
        writeFileSync(join(folder, who, name), text);
    }
    const args = ['-conf', 'Corefile'];
    const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
    isthmus = new IsthmusProcess(['up', ...args], { cwd: ours });
    coredns = new ServerProcess('coredns', findServer('coredns') ?? '', args, theirs);
    await isthmus.says(/Isthmus answers DNS on/);
    const last = [...ports.values()].at(-1)?.theirs ?? 0;
    await coredns.until(async () => (await ask(last, 'ready.test', 'A')) !== undefined);
  });
  after(async () => {
    await isthmus?.kill();
    await coredns?.kill();
    removeTempDirectory(folder);
  });

  for (const { block, question, asking, said, theirs } of ROWS) {
    const [plugin = ''] = block.trim().split(/\s/);
    const how = asking === undefined ? '' : ` ${JSON.stringify(asking)}`;
    test(`${plugin}: ${question}${how}`, async () => {
      const port = ports.get(block);
      assert.ok(port !== undefined);
      assert.deepEqual(await saidBy(port.theirs, question, asking), theirs ?? said, 'CoreDNS');
      assert.deepEqual(await saidBy(port.ours, question, asking), said, 'Isthmus');
    });
  }
});

describe('loop', { skip: missing ?? false }, () => {
  test('a forwarder that leads back ends both with exit code 1', async () => {
    const folder = makeTempDirectory();
    const corefile = (port: number) =>
      `.:${port} {\n    bind 127.0.0.1\n    loop\n    forward . 127.0.0.1:${port}\n}\n`;
    for (const who of ['ours', 'theirs']) {
      mkdirSync(join(folder, who));
      writeFileSync(join(folder, who, 'Corefile'), corefile(await freePort()));
    }
    const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
    const args = ['-conf', 'Corefile'];
    const isthmus = new IsthmusProcess(['up', ...args], { cwd: ours });
    const coredns = new ServerProcess('coredns', findServer('coredns') ?? '', args, theirs);
    try {
      await until(async () => !coredns.isRunning, 'CoreDNS ends');
      assert.match(coredns.output, /Loop \(127\.0\.0\.1:\d+ -> 127\.0\.0\.1:\d+\) detected/);
      assert.equal(await isthmus.exit(), 1);
      assert.match(
        isthmus.output,
        /^Cannot forward for the zone "\." \(Corefile:3\): what is forwarded comes back, from 127/m,
      );
    } finally {
      await isthmus.kill();
      await coredns.kill();
      removeTempDirectory(folder);
    }
  });
});

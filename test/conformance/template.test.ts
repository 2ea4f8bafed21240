/** `template` beside CoreDNS with the same Corefile: a server block for each kind of row. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ask } from '../e2e/ask.ts';
import { IsthmusProcess } from '../e2e/isthmus-process.ts';
import { findServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { ServerProcess } from '../servers/server-process.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { corednsMissing } from './coredns.ts';
import { saidBy } from './said-by.ts';
import { ROWS } from './template-rows.ts';

const missing = corednsMissing();

describe('template', { skip: missing ?? false }, () => {
  const ports = { ours: 0, theirs: 0 };
  let folder = '';
  let isthmus: IsthmusProcess | undefined;
  let coredns: ServerProcess | undefined;

  before(async () => {
    folder = makeTempDirectory();
    const blocks = new Map(ROWS.map(({ zones, block }) => [zones, block]));
    for (const who of ['ours', 'theirs'] as const) {
      ports[who] = await freePort();
      mkdirSync(join(folder, who));
      const corefile = [...blocks].map(([zones, block]) => {
        const keys = zones.split(' ').map((zone) => `${zone}:${ports[who]}`);
        return `${keys.join(' ')} {\n    bind 127.0.0.1\n${block}\n}\n`;
      });
      writeFileSync(join(folder, who, 'Corefile'), corefile.join(''));
    }
    const args = ['-conf', 'Corefile'];
    const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
    isthmus = new IsthmusProcess(['up', ...args], { cwd: ours });
    coredns = new ServerProcess('coredns', findServer('coredns') ?? '', args, theirs);
    await isthmus.says(/Isthmus answers DNS on/);
    await coredns.until(async () => (await ask(ports.theirs, 'deny.test', 'A')) !== undefined);
  });
  after(async () => {
    await isthmus?.kill();
    await coredns?.kill();
    removeTempDirectory(folder);
  });

  for (const { question, said, theirs } of ROWS) {
    test(question, async () => {
      assert.equal(await saidBy(ports.theirs, question), theirs ?? said, 'CoreDNS');
      assert.equal(await saidBy(ports.ours, question), said, 'Isthmus');
    });
  }
});

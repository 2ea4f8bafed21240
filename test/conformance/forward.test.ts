/**
 * `forward` beside CoreDNS with the same Corefile and the same upstreams: each row is what is
 * asked, what we say, and what CoreDNS says where that is something else.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ask } from '../e2e/ask.ts';
import { IsthmusProcess } from '../e2e/isthmus-process.ts';
import { Authority } from '../servers/certificates.ts';
import { findServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { ServerProcess } from '../servers/server-process.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { corednsMissing } from './coredns.ts';
import { ROWS } from './forward-rows.ts';
import { startRoles } from './forward-upstreams.ts';
import { saidBy } from './said-by.ts';

/** Server blocks of one process of ours: it listens on few addresses. */
const BLOCKS = 12;

const missing = corednsMissing();

describe('forward', { skip: missing ?? false }, () => {
  const ports = new Map<string, { readonly ours: number; readonly theirs: number }>();
  let folder = '';
  let upstreams: Awaited<ReturnType<typeof startRoles>> | undefined;
  const isthmus: IsthmusProcess[] = [];
  let coredns: ServerProcess | undefined;

  /** A folder of its own, where it also keeps its state. */
  function corefileOf(name: string, blocks: readonly string[]): string {
    mkdirSync(join(folder, name));
    const file = join(folder, name, 'Corefile');
    writeFileSync(file, blocks.join(''));
    return file;
  }

  before(async () => {
    folder = makeTempDirectory();
    upstreams = await startRoles(new Authority(folder));
    const { roles } = upstreams;
    const blocks = [...new Set(ROWS.map((row) => row.block))];
    const theirs: string[] = [];
    for (let at = 0; at < blocks.length; at += BLOCKS) {
      const ours: string[] = [];
      for (const block of blocks.slice(at, at + BLOCKS)) {
        const port = { ours: await freePort(), theirs: await freePort() };
        ports.set(block, port);
        const directives = block.replace(/\b[A-Z]{2,}\b/g, (word) => roles[word] ?? word);
        const rest = `{\n    bind 127.0.0.1\n    ${directives}\n}\n`;
        ours.push(`.:${port.ours} ${rest}`);
        theirs.push(`.:${port.theirs} ${rest}`);
      }
      isthmus.push(new IsthmusProcess(['up', '-conf', corefileOf(`ours${at}`, ours)], {}));
    }
    const args = ['-conf', corefileOf('theirs', theirs)];
    coredns = new ServerProcess('coredns', findServer('coredns') ?? '', args, folder);
    for (const process of isthmus) await process.says(/Isthmus answers DNS on/);
    const last = [...ports.values()].at(-1)?.theirs ?? 0;
    await coredns.until(async () => (await ask(last, 'ready.test', 'A')) !== undefined);
  });
  after(async () => {
    for (const process of isthmus) await process.kill();
    await coredns?.kill();
    await upstreams?.close();
    removeTempDirectory(folder);
  });

  for (const { block, question, asking, said, theirs } of ROWS) {
    const properties = block.replaceAll(/\s+/g, ' ');
    const how = asking === undefined ? '' : ` ${JSON.stringify(asking)}`;
    test(`${properties}: ${question}${how}`, async () => {
      const port = ports.get(block);
      assert.ok(port !== undefined);
      assert.equal(await saidBy(port.theirs, question, asking), theirs?.[0] ?? said, 'CoreDNS');
      assert.equal(await saidBy(port.ours, question, asking), said, 'Isthmus');
    });
  }
});

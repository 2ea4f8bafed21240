/**
 * `forward` beside CoreDNS with the same Corefile and the same upstreams: each row is what is
 * asked, what we say, and what CoreDNS says where that is something else.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Authority } from '../servers/certificates.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { BothByBlock } from './both-servers.ts';
import { corednsMissing } from './coredns.ts';
import { ROWS } from './forward-rows.ts';
import { startRoles } from './forward-upstreams.ts';
import { saidBy, titleOf } from './said-by.ts';

const missing = corednsMissing();

describe('forward', { skip: missing ?? false }, () => {
  const both = new BothByBlock();
  let folder = '';
  let upstreams: Awaited<ReturnType<typeof startRoles>> | undefined;
  before(async () => {
    folder = makeTempDirectory();
    upstreams = await startRoles(new Authority(folder));
    const { roles } = upstreams;
    const write = (block: string) => block.replace(/\b[A-Z]{2,}\b/g, (word) => roles[word] ?? word);
    const blocks = ROWS.map(({ block }) => block);
    await both.start(blocks, { write });
  });
  after(async () => {
    await both.stop();
    await upstreams?.close();
    removeTempDirectory(folder);
  });

  for (const { block, question, asking, said, theirs } of ROWS) {
    const properties = block.replaceAll(/\s+/g, ' ');
    test(`${properties}: ${titleOf(question, asking)}`, async () => {
      const port = both.portsOf(block);
      assert.equal(await saidBy(port.theirs, question, asking), theirs?.[0] ?? said, 'CoreDNS');
      assert.equal(await saidBy(port.ours, question, asking), said, 'Isthmus');
    });
  }
});

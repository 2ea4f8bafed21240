/**
 * Plugins that stand by themselves, beside CoreDNS with the same Corefile: each row is a server
 * block, what is asked of it, and what CoreDNS says where we do not say the same.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../e2e/isthmus-process.ts';
import { BothByBlock, BothServers, freePorts, serverBlock } from './both-servers.ts';
import { corednsMissing } from './coredns.ts';
import { FILES, ROWS } from './plugin-rows.ts';
import { saidBy, titleOf } from './said-by.ts';

const missing = corednsMissing();

describe('plugins', { skip: missing ?? false }, () => {
  const both = new BothByBlock();
  const blocks = ROWS.map(({ block }) => block);
  before(() => both.start(blocks, { files: FILES }));
  after(() => both.stop());

  for (const { block, question, asking, said, theirs } of ROWS) {
    const [plugin = ''] = block.trim().split(/\s/);
    test(`${plugin}: ${titleOf(question, asking)}`, async () => {
      const port = both.portsOf(block);
      assert.equal(await saidBy(port.theirs, question, asking), theirs ?? said, 'CoreDNS');
      assert.equal(await saidBy(port.ours, question, asking), said, 'Isthmus');
    });
  }
});

describe('loop', { skip: missing ?? false }, () => {
  test('a forwarder that leads back ends both with exit code 1', async () => {
    const ports = await freePorts();
    const both = new BothServers((who) => {
      const directives = `loop\n    forward . 127.0.0.1:${ports[who]}`;
      return serverBlock(`.:${ports[who]}`, directives);
    });
    try {
      await until(async () => !both.theirs.isRunning, 'CoreDNS ends');
      assert.match(both.theirs.output, /Loop \(127\.0\.0\.1:\d+ -> 127\.0\.0\.1:\d+\) detected/);
      assert.equal(await both.ours.exit(), 1);
      assert.match(
        both.ours.output,
        /^Cannot forward for the zone "\." \(Corefile:3\): what is forwarded comes back, from 127/m,
      );
    } finally {
      await both.stop();
    }
  });
});

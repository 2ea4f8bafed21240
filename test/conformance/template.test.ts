/** `template` beside CoreDNS with the same Corefile: a server block for each kind of row. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BothServers, freePorts, type Ports, serverBlock } from './both-servers.ts';
import { corednsMissing } from './coredns.ts';
import { saidBy } from './said-by.ts';
import { ROWS } from './template-rows.ts';

const missing = corednsMissing();

describe('template', { skip: missing ?? false }, () => {
  let ports: Ports = { ours: 0, theirs: 0 };
  let both: BothServers | undefined;
  before(async () => {
    ports = await freePorts();
    const blocks = new Map(ROWS.map(({ zones, block }) => [zones, block]));
    both = new BothServers((who) => {
      const keysOf = (zones: string) => zones.replaceAll(/\S+/g, `$&:${ports[who]}`);
      return [...blocks].map(([zones, block]) => serverBlock(keysOf(zones), block)).join('');
    });
    await both.untilReady();
  });
  after(() => both?.stop());

  for (const { question, said, theirs } of ROWS) {
    test(question, async () => {
      assert.equal(await saidBy(ports.theirs, question), theirs ?? said, 'CoreDNS');
      assert.equal(await saidBy(ports.ours, question), said, 'Isthmus');
    });
  }
});

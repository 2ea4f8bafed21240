/** The order of addresses, beside CoreDNS with the same Corefile, hosts and weights. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ask } from '../e2e/ask.ts';
import { BothByBlock } from './both-servers.ts';
import { corednsMissing } from './coredns.ts';

const FILES = {
  hosts: '10.0.0.1 www.test\n10.0.1.2 www.test\n10.0.0.3 www.test\n192.0.2.4 www.test\n',
  weights: 'www.test\n10.0.0.1 1\n10.0.1.2 255\n192.0.2.4 255\n',
};
const BLOCKS = {
  prefer:
    'loadbalance {\n        prefer 10.0.1.0/24 192.0.2.4/32 10.0.0.0/16\n    }\n    hosts hosts',
  weighted: 'loadbalance weighted weights {\n        reload 0s\n    }\n    hosts hosts',
};
const ASKED = 60;

const missing = corednsMissing();

describe('loadbalance', { skip: missing ?? false }, () => {
  const both = new BothByBlock();
  before(() => both.start(Object.values(BLOCKS), { files: FILES }));
  after(() => both.stop());

  for (const who of ['theirs', 'ours'] as const) {
    const orders = async (block: string) => {
      const port = both.portsOf(block)[who];
      const seen: string[][] = [];
      while (seen.length < ASKED) {
        const reply = await ask(port, 'www.test', 'A');
        if (reply !== undefined) seen.push(reply.answer.map(({ rdata }) => rdata));
      }
      return seen;
    };

    test(`prefer: addresses of a network before those of the next (${who})`, async () => {
      const thirds = new Set<string>();
      for (const [first, second, third = ''] of await orders(BLOCKS.prefer)) {
        assert.deepEqual([first, second], ['10.0.1.2', '192.0.2.4']);
        thirds.add(third);
      }
      assert.deepEqual([...thirds].sort(), ['10.0.0.1', '10.0.0.3']);
    });

    test(`weighted: one first, each as often as its weight says (${who})`, async () => {
      const firsts = Map.groupBy(await orders(BLOCKS.weighted), ([first]) => first);
      const count = (address: string) => firsts.get(address)?.length ?? 0;
      assert.ok(count('10.0.1.2') > ASKED / 5);
      assert.ok(count('192.0.2.4') > ASKED / 5);
      assert.ok(count('10.0.0.1') + count('10.0.0.3') < ASKED / 5);
    });
  }
});

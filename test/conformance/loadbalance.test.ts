/** The order of addresses, beside CoreDNS with the same Corefile, hosts and weights. */
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

const FILES = {
  hosts: '10.0.0.1 www.test\n10.0.1.2 www.test\n10.0.0.3 www.test\n192.0.2.4 www.test\n',
  weights: 'www.test\n10.0.0.1 1\n10.0.1.2 255\n192.0.2.4 255\n',
};
/** By the zone that they are for; hosts answers for all. */
const BLOCKS = {
  prefer: 'loadbalance {\n        prefer 10.0.1.0/24 192.0.2.4/32 10.0.0.0/16\n    }',
  weighted: 'loadbalance weighted weights {\n        reload 0s\n    }',
};
const ASKED = 60;

const missing = corednsMissing();

describe('loadbalance', { skip: missing ?? false }, () => {
  const ports = { ours: new Map<string, number>(), theirs: new Map<string, number>() };
  let folder = '';
  let isthmus: IsthmusProcess | undefined;
  let coredns: ServerProcess | undefined;

  before(async () => {
    folder = makeTempDirectory();
    for (const who of ['ours', 'theirs'] as const) {
      mkdirSync(join(folder, who));
      let corefile = '';
      for (const [name, block] of Object.entries(BLOCKS)) {
        const port = await freePort();
        ports[who].set(name, port);
        corefile += `.:${port} {\n    bind 127.0.0.1\n    ${block}\n    hosts hosts\n}\n`;
      }
      writeFileSync(join(folder, who, 'Corefile'), corefile);
      for (const [name, text] of Object.entries(FILES)) {
        writeFileSync(join(folder, who, name), text);
      }
    }
    const args = ['-conf', 'Corefile'];
    const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
    isthmus = new IsthmusProcess(['up', ...args], { cwd: ours });
    coredns = new ServerProcess('coredns', findServer('coredns') ?? '', args, theirs);
    await isthmus.says(/Isthmus answers DNS on/);
    const last = ports.theirs.get('weighted') ?? 0;
    await coredns.until(async () => (await ask(last, 'www.test', 'A')) !== undefined);
  });
  after(async () => {
    await isthmus?.kill();
    await coredns?.kill();
    removeTempDirectory(folder);
  });

  for (const who of ['theirs', 'ours'] as const) {
    const orders = async (block: string) => {
      const seen: string[][] = [];
      while (seen.length < ASKED) {
        const reply = await ask(ports[who].get(block) ?? 0, 'www.test', 'A');
        if (reply !== undefined) seen.push(reply.answer.map(({ rdata }) => rdata));
      }
      return seen;
    };

    test(`prefer: addresses of a network before those of the next (${who})`, async () => {
      const thirds = new Set<string>();
      for (const [first, second, third = ''] of await orders('prefer')) {
        assert.deepEqual([first, second], ['10.0.1.2', '192.0.2.4']);
        thirds.add(third);
      }
      assert.deepEqual([...thirds].sort(), ['10.0.0.1', '10.0.0.3']);
    });

    test(`weighted: one first, each as often as its weight says (${who})`, async () => {
      const firsts = Map.groupBy(await orders('weighted'), ([first]) => first);
      const count = (address: string) => firsts.get(address)?.length ?? 0;
      assert.ok(count('10.0.1.2') > ASKED / 5);
      assert.ok(count('192.0.2.4') > ASKED / 5);
      assert.ok(count('10.0.0.1') + count('10.0.0.3') < ASKED / 5);
    });
  }
});

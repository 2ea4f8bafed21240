/**
 * `rewrite` beside CoreDNS with the same Corefile and the same upstream: each row is what is asked,
 * what we say, and what CoreDNS says where that is something else.
 */
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
import { type ScriptedUpstream, startUpstream } from '../servers/upstream.ts';
import { corednsMissing } from './coredns.ts';
import { type RewriteRow, ROWS } from './rewrite-rows.ts';
import { answerByName } from './rewrite-upstream.ts';
import { lineOf } from './said-by.ts';

/** As stub resolvers do: a busy machine loses packets. */
const TRIES = 3;
/** What rewrite gives back of EDNS. */
const LOCAL = 0xffee;

const missing = corednsMissing();

describe('rewrite', { skip: missing ?? false }, () => {
  const ports = new Map<string, { readonly ours: number; readonly theirs: number }>();
  let folder = '';
  let upstream: ScriptedUpstream | undefined;
  let isthmus: IsthmusProcess | undefined;
  let coredns: ServerProcess | undefined;

  before(async () => {
    folder = makeTempDirectory();
    upstream = await startUpstream(answerByName);
    const texts = { ours: '', theirs: '' };
    const freePorts = async () => ({ ours: await freePort(), theirs: await freePort() });
    const shared = await freePorts();
    for (const { block, zone } of new Map(ROWS.map((row) => [placeOf(row), row])).values()) {
      const port = zone === '.' ? await freePorts() : shared;
      ports.set(placeOf({ zone, block }), port);
      for (const who of ['ours', 'theirs'] as const) {
        const directives = block.replace('UPSTREAM', `127.0.0.1:${upstream.port}`);
        texts[who] += `${zone}:${port[who]} {\n    bind 127.0.0.1\n${directives}\n}\n`;
      }
    }
    for (const who of ['ours', 'theirs'] as const) {
      mkdirSync(join(folder, who));
      writeFileSync(join(folder, who, 'Corefile'), texts[who]);
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
    await upstream?.close();
    removeTempDirectory(folder);
  });

  for (const { question, asking, said, theirs, ...row } of ROWS) {
    test(`${question}${asking === undefined ? '' : ` ${JSON.stringify(asking)}`}`, async () => {
      const port = ports.get(placeOf(row));
      assert.ok(port !== undefined);
      const sayings = async (at: number) => {
        const [name = '', type = ''] = question.split(' ');
        for (let left = TRIES; left > 0; left--) {
          const reply = await ask(at, name, type, asking);
          if (reply === undefined) continue;
          const { question: asked } = reply;
          assert.equal(`${asked?.name} ${asked?.type}`, `${name}. ${type}`);
          const local = reply.edns?.options.find(({ code }) => code === LOCAL)?.data;
          const option = local === undefined ? '' : ` | LOCAL ${Buffer.from(local)}`;
          return lineOf(reply) + option;
        }
        return 'silence';
      };
      assert.equal(await sayings(port.theirs), theirs ?? said, 'CoreDNS');
      assert.equal(await sayings(port.ours), said, 'Isthmus');
    });
  }
});

function placeOf({ zone, block }: Pick<RewriteRow, 'zone' | 'block'>): string {
  return `${zone} ${block}`;
}

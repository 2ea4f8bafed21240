/**
 * `rewrite` beside CoreDNS with the same Corefile and the same upstream: each row is what is asked,
 * what we say, and what CoreDNS says where that is something else.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ScriptedUpstream, startUpstream } from '../servers/upstream.ts';
import { BothServers, freePorts, type Ports, serverBlock } from './both-servers.ts';
import { corednsMissing } from './coredns.ts';
import { type RewriteRow, ROWS } from './rewrite-rows.ts';
import { answerByName } from './rewrite-upstream.ts';
import { lineOf, replyBy, titleOf } from './said-by.ts';

/** What rewrite gives back of EDNS. */
const LOCAL = 0xffee;

const missing = corednsMissing();

describe('rewrite', { skip: missing ?? false }, () => {
  const ports = new Map<string, Ports>();
  let upstream: ScriptedUpstream | undefined;
  let both: BothServers | undefined;
  before(async () => {
    upstream = await startUpstream(answerByName);
    const address = `127.0.0.1:${upstream.port}`;
    const rows = new Map(ROWS.map((row) => [placeOf(row), row]));
    const shared = await freePorts();
    for (const [place, { zone }] of rows) {
      ports.set(place, zone === '.' ? await freePorts() : shared);
    }
    both = new BothServers((who) =>
      [...rows]
        .map(([place, { zone, block }]) =>
          serverBlock(`${zone}:${ports.get(place)?.[who]}`, block.replace('UPSTREAM', address)),
        )
        .join(''),
    );
    await both.untilReady();
  });
  after(async () => {
    await both?.stop();
    await upstream?.close();
  });

  for (const { question, asking, said, theirs, ...row } of ROWS) {
    test(titleOf(question, asking), async () => {
      const port = ports.get(placeOf(row));
      assert.ok(port !== undefined);
      const sayings = async (at: number) => {
        const reply = await replyBy(at, question, asking);
        if (reply === undefined) return 'silence';
        const { question: asked, edns } = reply;
        assert.equal(`${asked?.name} ${asked?.type}`, question.replace(' ', '. '));
        const local = edns?.options.find(({ code }) => code === LOCAL)?.data;
        return lineOf(reply) + (local === undefined ? '' : ` | LOCAL ${Buffer.from(local)}`);
      };
      assert.equal(await sayings(port.theirs), theirs ?? said, 'CoreDNS');
      assert.equal(await sayings(port.ours), said, 'Isthmus');
    });
  }
});

function placeOf({ zone, block }: Pick<RewriteRow, 'zone' | 'block'>): string {
  return `${zone} ${block}`;
}

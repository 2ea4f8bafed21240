/**
 * Server blocks that ask different servers, with one store of answers and one prefix: what one is
 * told inside must not be known outside.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import { formatRecord } from '../../libs/dns/presentation.ts';
import { MemoryStore } from '../../libs/store/memory.ts';
import { SILENT } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { queryOf } from '../../test/plugin/ask-plugin.ts';
import { answerTo, startUpstream } from '../../test/servers/upstream.ts';
import { configure } from './configuration.ts';
import { createCacheSetup } from './plugins/cache/setup.ts';
import { setup as forward } from './plugins/forward/setup.ts';
import { createRediscSetup } from './plugins/redisc/setup.ts';
import { Server } from './server.ts';

const INSIDE = '192.0.2.1';
const OUTSIDE = '203.0.113.1';

interface Scene {
  after(stop: () => Promise<void>): void;
}

/** A server that knows one address, and how it is forwarded to. */
async function upstreamWith(t: Scene, address: string) {
  const started = await startUpstream((query) => [
    answerTo(query, [`${query.question?.name} 60 IN A ${address}`]),
  ]);
  t.after(() => started.close());
  return { asked: started.asked, forward: `forward . 127.0.0.1:${started.port}` };
}

/** What each listener of a Corefile answers to `www.corp.example. A`, one after the other. */
async function asked(t: Scene, text: string): Promise<readonly string[]> {
  const clocks = { nowMs: () => 1000, wallMs: () => 1_790_000_000_000, every: () => () => {} };
  const store = new MemoryStore(clocks.wallMs);
  const setups = {
    forward,
    cache: createCacheSetup({ store, ...clocks }),
    redisc: createRediscSetup({ open: async () => store, nowMs: clocks.nowMs }),
  };
  const corefile = parseCorefile(
    { file: 'Corefile', text },
    { environment: {}, readFiles: () => [] },
  );
  const metrics = new Metrics();
  const configuration = configure(corefile, { log: SILENT, metrics, setups });
  t.after(() => configuration.stop());
  const { listeners, plugins } = configuration;
  for (const plugin of plugins) await plugin.start?.();
  const said: string[] = [];
  for (const listener of listeners) {
    const server = new Server(listener, { log: SILENT, metrics, nowMs: clocks.nowMs });
    const { message, client } = queryOf('www.corp.example.', 'A');
    const decoded = decode((await server.answerPacket(encode(message), client)) ?? assert.fail());
    assert.ok(decoded.kind === 'message');
    said.push(...decoded.message.answer.map((record) => formatRecord(record)));
    await new Promise((done) => setImmediate(done)); // it is written
  }
  return said;
}

const answers = (...addresses: readonly string[]) =>
  addresses.map((address) => `www.corp.example. 60 IN A ${address}`);

for (const lines of ['cache', 'redisc', 'cache\n redisc']) {
  describe(`two server blocks with ${JSON.stringify(lines)} and one store`, () => {
    test('that ask different servers are told what their own servers say', async (t) => {
      const [inside, outside] = [await upstreamWith(t, INSIDE), await upstreamWith(t, OUTSIDE)];
      const text = `.:1053 {\n ${lines}\n ${inside.forward}\n}
.:1054 {\n ${lines}\n ${outside.forward}\n}`;
      assert.deepEqual(await asked(t, text), answers(INSIDE, OUTSIDE));
    });

    test('that ask the same server share what it says', async (t) => {
      const inside = await upstreamWith(t, INSIDE);
      const block = `{\n ${lines}\n ${inside.forward}\n}\n`;
      assert.deepEqual(await asked(t, `.:1053 ${block}.:1054 ${block}`), answers(INSIDE, INSIDE));
      assert.equal(inside.asked.length, 1);
    });
  });
}

test('server blocks share whatever they say where the operator names their upstream', async (t) => {
  const [one, two] = [await upstreamWith(t, INSIDE), await upstreamWith(t, INSIDE)];
  const redisc = 'redisc {\n upstream office\n }';
  const text = `.:1053 {\n ${redisc}\n ${one.forward}\n}
.:1054 {\n cache\n ${redisc}\n ${two.forward}\n}
.:1055 {\n ${redisc.replace('office', 'home')}\n ${two.forward}\n}`;
  assert.deepEqual(await asked(t, text), answers(INSIDE, INSIDE, INSIDE));
  assert.deepEqual([one.asked.length, two.asked.length], [1, 1]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import { formatRecord } from '../../libs/dns/presentation.ts';
import { MemoryStore } from '../../libs/store/memory.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { until } from '../../test/e2e/isthmus-process.ts';
import { queryOf } from '../../test/plugin/ask-plugin.ts';
import type { Script } from '../../test/servers/upstream.ts';
import { answerTo, startUpstream } from '../../test/servers/upstream.ts';
import { configure } from './configuration.ts';
import { createCacheSetup } from './plugins/cache/setup.ts';
import { setup as errors } from './plugins/errors/setup.ts';
import { setup as forward } from './plugins/forward/setup.ts';
import { Server } from './server.ts';

const A = 'a.example. 60 IN A 192.0.2.1';

interface Scene {
  after(stop: () => Promise<void>): void;
}

/**
 * Resolvers with one store over one upstream, and the clock that they share. Only a test of an
 * upstream that is silent wants to wait for less than a busy machine may take.
 */
async function resolvers(t: Scene, script: Script, readTimeout = '10s') {
  const upstream = await startUpstream(script);
  t.after(() => upstream.close());
  const clock = { ms: 1_000_000 };
  const store = new MemoryStore(() => clock.ms);
  const nowMs = () => clock.ms;
  const every = () => () => {};
  const setups = {
    errors,
    forward,
    cache: createCacheSetup({ store, nowMs, wallMs: nowMs, every }),
  };
  const start = () => {
    const lines: string[] = [];
    const log = createLog((line) => lines.push(line));
    const metrics = new Metrics();
    const text = `. {
      errors
      cache
      forward . 127.0.0.1:${upstream.port} {
        read_timeout ${readTimeout}
      }
    }`;
    const source = { file: 'Corefile', text };
    const corefile = parseCorefile(source, { environment: {}, readFiles: () => [] });
    const configuration = configure(corefile, { log, metrics, setups });
    t.after(() => configuration.stop());
    const [listener] = configuration.listeners;
    assert.ok(listener);
    const server = new Server(listener, { log, metrics, nowMs });
    const ask = async (name = 'a.example.') => {
      const { message, client } = queryOf(name, 'A');
      const octets = await server.answerPacket(encode(message), client);
      const decoded = decode(octets ?? new Uint8Array());
      assert.equal(decoded.kind, 'message');
      return decoded.kind === 'message' ? decoded.message : assert.fail();
    };
    return { ask, lines };
  };
  return { upstream, clock, start };
}

test('what one resolver asked upstream the other answers, with the TTL that is left', async (t) => {
  const { upstream, clock, start } = await resolvers(t, (query) => [answerTo(query, [A])]);
  const first = await start().ask();
  assert.deepEqual(first.answer.map(formatRecord), [A]);
  assert.equal(first.flags.recursionAvailable, true);
  clock.ms += 25_000;
  const second = await start().ask('A.EXAMPLE.');
  assert.deepEqual(second.answer.map(formatRecord), ['A.EXAMPLE. 35 IN A 192.0.2.1']);
  assert.equal(second.flags.recursionAvailable, true);
  assert.equal(second.flags.authoritative, false);
  assert.deepEqual(upstream.asked, ['udp a.example. A']);
});

test('an upstream that is silent is SERVFAIL, written down once, and left alone', async (t) => {
  const { upstream, start } = await resolvers(t, () => [], '100ms');
  const { ask, lines } = start();
  assert.equal((await ask()).rcode, 2);
  assert.equal((await ask()).rcode, 2);
  assert.match(lines[0] ?? '', /^\[ERROR\] plugin\/errors: 2 a\.example\. A: no upstream of "\."/);
  assert.equal(lines.length, 1);
  // A time may be over before a busy machine has taken what was sent.
  await until(async () => upstream.asked.length >= 2, 'it has come');
  assert.equal(upstream.asked.length, 2);
});

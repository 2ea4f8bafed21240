/**
 * Whatever goes wrong with an upstream: what is given, and kept, is an answer of the upstream or a
 * failure, never anything else, and nothing piles up. Through the cache and `forward`, as clients
 * ask.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import { RCODE, rcodeName } from '../../libs/dns/iana.ts';
import type { Message } from '../../libs/dns/message.ts';
import { formatRecord } from '../../libs/dns/presentation.ts';
import { framed } from '../../libs/socket/tcp-framing.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import { queryOf } from '../../test/plugin/ask-plugin.ts';
import { Authority, type Certificate } from '../../test/servers/certificates.ts';
import { startHttpsUpstream, startTlsUpstream } from '../../test/servers/secure-upstream.ts';
import { makeTempDirectory, removeTempDirectory } from '../../test/servers/temp-directory.ts';
import {
  answerTo,
  type Script,
  type ScriptedUpstream,
  startUpstream,
} from '../../test/servers/upstream.ts';
import { configure } from './configuration.ts';
import { createCacheSetup } from './plugins/cache/setup.ts';
import { setup as errors } from './plugins/errors/setup.ts';
import { createForwardSetup } from './plugins/forward/setup.ts';
import { Server } from './server.ts';

interface Scene {
  after(stop: () => Promise<void>): void;
}

const right = (name: string) => `${name} 60 IN A 192.0.2.1`;
const EVIL = '192.0.2.66';
const whole: Script = (query) => [answerTo(query, [right(query.question?.name ?? '')])];
const wrong = (query: Message) => [`${query.question?.name} 60 IN A ${EVIL}`];

/** What a server may do wrong; over UDP the case is kept, so that only the fault is to be seen. */
const FAULTS: Readonly<Record<string, Script>> = {
  'loses it': () => [],
  'answers another id': (query) => [answerTo(query, wrong(query), { id: query.id ^ 1 })],
  'answers another question': (query) => [
    answerTo({ ...query, question: { name: 'bank.example.', type: 'A', class: 1 } }, [
      `bank.example. 60 IN A ${EVIL}`,
    ]),
  ],
  'answers another type': (query) => [
    answerTo(
      { ...query, question: { name: query.question?.name ?? '', type: 'TXT', class: 1 } },
      [],
    ),
  ],
  'answers without the question': (query) => [
    answerTo(query, wrong(query), { question: undefined }),
  ],
  'denies without the question': (query) => [
    answerTo(query, [], { question: undefined, rcode: RCODE.NXDOMAIN }),
  ],
  'answers with a query': (query) => [answerTo(query, wrong(query), { flags: query.flags })],
  'answers in another class': (query) => [
    answerTo({ ...query, question: { name: query.question?.name ?? '', type: 'A', class: 3 } }, []),
  ],
  truncates: (query, via) =>
    via === 'udp'
      ? [
          answerTo(query, wrong(query), {
            flags: { ...query.flags, response: true, truncated: true },
          }),
        ]
      : whole(query, via),
  'truncates whatever it is asked by': (query) => [
    answerTo(query, wrong(query), { flags: { ...query.flags, response: true, truncated: true } }),
  ],
  'cuts the message': (query) => [answerTo(query, wrong(query)).subarray(0, -3)],
  'sends garbage': (query) => [
    Uint8Array.of(query.id >> 8, query.id & 255, 0x84, 0, 0, 1, 255, 255, 255, 255, 255, 255),
  ],
  'points names in circles': (query) => {
    const packet = answerTo(query, wrong(query));
    packet.set([0xc0, 12], 12);
    return [packet];
  },
  'says SERVFAIL': (query) => [answerTo(query, [], { rcode: RCODE.SERVFAIL })],
  'says REFUSED': (query) => [answerTo(query, [], { rcode: RCODE.REFUSED })],
  'adds what was not asked': (query) => [
    answerTo(query, [right(query.question?.name ?? ''), `bank.example. 60 IN A ${EVIL}`]),
  ],
  'floods with guesses': (query) =>
    Array.from({ length: 40 }, (_, i) =>
      answerTo(query, wrong(query), { id: (query.id + i + 1) & 0xffff }),
    ),
  'answers twice': (query) => [
    ...[answerTo(query, [right(query.question?.name ?? '')]), answerTo(query, wrong(query))],
  ],
  'is late': async (query, via) => {
    await sleep(80);
    return whole(query, via);
  },
  'ends the connection': () => ['close'],
  'ends it within the message': (query) => [
    { raw: framed(answerTo(query, wrong(query))).subarray(0, 30) },
    'close',
  ],
  drips: (query) => [{ raw: framed(answerTo(query, wrong(query))).subarray(0, 3) }],
};

let folder = '';
let authority: Authority;
let certificate: Certificate;
before(() => {
  folder = makeTempDirectory();
  authority = new Authority(folder);
  certificate = authority.give('server', 'IP:127.0.0.1');
});
after(() => removeTempDirectory(folder));

const TRANSPORTS = ['udp', 'tcp', 'tls', 'https'] as const;
type Via = (typeof TRANSPORTS)[number];

function start(via: Via, script: Script): Promise<ScriptedUpstream> {
  if (via === 'tls') return startTlsUpstream(script, certificate);
  return via === 'https' ? startHttpsUpstream(script, certificate) : startUpstream(script);
}

async function resolver(t: Scene, via: Via, script: Script, ...more: readonly string[]) {
  const upstream = await start(via, script);
  const scheme = via === 'udp' || via === 'tcp' ? 'dns' : via;
  const tls = `tls ${authority.ca}`;
  const properties = [
    'read_timeout 40ms',
    'max_connect_attempts 2',
    'max_fails 0',
    { udp: 'prefer_udp', tcp: 'force_tcp', tls, https: tls }[via],
    ...more,
  ];
  const text = `. {
    errors
    cache {
      servfail 0
    }
    forward . ${scheme}://127.0.0.1:${upstream.port} {
      ${properties.join('\n')}
    }
  }`;
  const lines: string[] = [];
  const log = createLog((line) => lines.push(line));
  const metrics = new Metrics();
  const nowMs = () => performance.now();
  const setups = {
    errors,
    forward: createForwardSetup(() => ''),
    cache: createCacheSetup({ store: undefined, nowMs, wallMs: Date.now, every: () => () => {} }),
  };
  const source = { file: 'Corefile', text };
  const corefile = parseCorefile(source, { environment: {}, readFiles: () => [] });
  const configuration = configure(corefile, { log, metrics, setups });
  t.after(async () => {
    await configuration.stop();
    await upstream.close();
  });
  const [listener] = configuration.listeners;
  assert.ok(listener);
  const server = new Server(listener, { log, metrics, nowMs });
  const ask = async (name: string): Promise<string> => {
    const { message, client } = queryOf(name, 'A');
    const octets = await server.answerPacket(encode(message), client);
    const decoded = decode(octets ?? new Uint8Array());
    if (decoded.kind !== 'message') return 'nothing';
    const { rcode, answer, authority, additional } = decoded.message;
    const records = [...answer, ...authority, ...additional].map(formatRecord);
    return [rcodeName(rcode), ...records].join(' | ');
  };
  return { upstream, ask, lines, metrics };
}

/** What may be given for a name: its answer, which may have been kept for a while, or a failure. */
function isHonest(name: string, said: string): boolean {
  const fresh = said.replace(/ \d\d IN A /, ' 60 IN A ');
  return [`NOERROR | ${right(name)}`, 'SERVFAIL', 'REFUSED'].includes(fresh);
}

/** Sockets and connections of this process. */
const sockets = () =>
  process.getActiveResourcesInfo().filter((name) => /^(UDP|TCPSocket|TLS)/.test(name)).length;

describe('an upstream that', () => {
  for (const via of TRANSPORTS) {
    for (const [what, script] of Object.entries(FAULTS)) {
      test(`${what}, over ${via}`, async (t) => {
        let isFaulty = true;
        const { ask, lines } = await resolver(t, via, (query, by) =>
          isFaulty ? script(query, by) : whole(query, by),
        );
        const said = await ask('a.example.');
        assert.ok(isHonest('a.example.', said), said);
        // What is kept is no worse than what was given.
        const again = await ask('a.example.');
        assert.ok(isHonest('a.example.', again), again);
        isFaulty = false;
        let mended = await ask('a.example.');
        while (mended === 'SERVFAIL') mended = await ask('a.example.');
        assert.ok(isHonest('a.example.', mended) && mended !== 'SERVFAIL', mended);
        const unexpected = lines.filter((line) => !/ no upstream of /.test(line));
        assert.deepEqual(unexpected, []);
      });
    }
  }
});

describe('an upstream that does all of this by turns', () => {
  for (const via of TRANSPORTS) {
    test(`gives no wrong answer, and leaves nothing behind, over ${via}`, async (t) => {
      const faults = Object.values(FAULTS);
      let turn = 0;
      let isFaulty = true;
      const before = sockets();
      const { ask, lines, upstream } = await resolver(t, via, (query, by): ReturnType<Script> => {
        // One in three is well.
        const script = isFaulty && turn++ % 3 > 0 ? faults[turn % faults.length] : undefined;
        const sent: ReturnType<Script> | undefined = script?.(query, by);
        return sent ?? whole(query, by);
      });
      const names = Array.from({ length: 400 }, (_, i) => `n${i}.example.`);
      const dishonest: string[] = [];
      for (let at = 0; at < names.length; at += 100) {
        const some = names.slice(at, at + 100);
        const said = await Promise.all(some.map((name) => ask(name)));
        for (const [i, one] of said.entries()) {
          if (!isHonest(some[i] ?? '', one)) dishonest.push(`${some[i]}: ${one}`);
        }
      }
      assert.deepEqual(dishonest, []);
      isFaulty = false;
      // A busy machine may take longer than the test waits for a reply.
      while ((await ask('z.example.')) !== `NOERROR | ${right('z.example.')}`) await sleep(1);
      for (const name of names) {
        const said = await ask(name);
        assert.ok(isHonest(name, said), said);
      }
      const unexpected = lines.filter((line) => !/ no upstream of /.test(line));
      assert.deepEqual(unexpected, []);
      // The upstream's own sockets are in this process too: two, and each connection's other end.
      while (sockets() > before + 2 + 2 * Math.max(1, upstream.connections.open)) await sleep(10);
      assert.ok(upstream.connections.open <= 8);
    });
  }

  test('keeps no more waiting than max_concurrent', async (t) => {
    const silent: Script = () => [];
    const { ask, metrics } = await resolver(t, 'udp', silent, 'max_concurrent 50');
    const before = sockets();
    const all = Array.from({ length: 500 }, (_, i) => ask(`n${i}.example.`));
    await sleep(0);
    assert.ok(sockets() <= before + 50);
    const said = await Promise.all(all);
    const count = (rcode: string) => said.filter((one) => one === rcode).length;
    assert.deepEqual([count('SERVFAIL'), count('REFUSED')], [50, 450]);
    assert.match(await metrics.text(), /^coredns_forward_max_concurrent_rejects_total 450$/m);
    while (sockets() > before) await sleep(10);
  });
});

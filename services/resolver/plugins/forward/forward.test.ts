import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RCODE, rcodeName } from '../../../../libs/dns/iana.ts';
import { NO_FLAGS } from '../../../../libs/dns/message.ts';
import { formatRecord, parseRecord } from '../../../../libs/dns/presentation.ts';
import type { Metrics } from '../../../../libs/telemetry/metrics.ts';
import { askPlugin, queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import type { Script, ScriptedUpstream } from '../../../../test/servers/upstream.ts';
import { answerTo, startUpstream } from '../../../../test/servers/upstream.ts';
import type { Plugin } from '../../plugin.ts';
import { emptyResponse, type Response } from '../../response.ts';
import { garbage } from './given-forward.ts';
import { setup } from './setup.ts';

const A = 'a.example. 60 IN A 192.0.2.1';
const answers: Script = (query) => [answerTo(query, [A])];
const silent: Script = () => [];
interface Scene {
  after(stop: () => Promise<void>): void;
}

async function upstreams(t: Scene, ...scripts: readonly Script[]) {
  const started = await Promise.all(scripts.map((script) => startUpstream(script)));
  t.after(async () => {
    await Promise.all(started.map((upstream) => upstream.close()));
  });
  return started;
}

/** For a server that is silent. Others have as long as a busy machine takes. */
const IMPATIENT = ['read_timeout 500ms'];

/** `forward .` to these, with properties of the directive. */
function forward(t: Scene, to: readonly ScriptedUpstream[], properties: readonly string[] = []) {
  const { context } = setupContext();
  const list = to.map(({ address, port }) => `${address}:${port}`).join(' ');
  const lines = ['policy sequential', 'read_timeout 20s', ...properties];
  const plugin = setup(directives(`forward . ${list} {\n${lines.join('\n')}\n}`), context);
  t.after(async () => plugin.stop?.());
  return { plugin, metrics: context.metrics };
}

/** Waits for so many probes that failed. */
async function probesFailed(metrics: Metrics, least: number): Promise<void> {
  const failures = /healthcheck_failures_total\{.*\} (\d+)$/m;
  while (Number(failures.exec(await metrics.text())?.[1] ?? 0) < least) await sleep(5);
}

const ask = (plugin: Plugin, name = 'a.example.') => askPlugin(plugin, name, 'A');
const shown = ({ answer }: Response) => answer.map(formatRecord);

describe('forward', () => {
  test('gives what the upstream says, without its authority', async (t) => {
    const [upstream] = await upstreams(t, (query) => [
      answerTo(query, [A], { flags: { ...query.flags, response: true, authoritative: true } }),
    ]);
    assert.ok(upstream);
    const response = await ask(forward(t, [upstream]).plugin, 'A.Example.');
    assert.deepEqual(shown(response), [A]);
    assert.deepEqual([response.authoritative, response.recursionAvailable], [false, true]);
    assert.deepEqual(upstream.asked, ['udp a.example. A']);
  });

  test('gives failures and denials of the upstream as they are', async (t) => {
    for (const rcode of [RCODE.SERVFAIL, RCODE.NXDOMAIN, RCODE.REFUSED]) {
      const [upstream] = await upstreams(t, (query) => [answerTo(query, [], { rcode })]);
      assert.ok(upstream);
      assert.equal((await ask(forward(t, [upstream]).plugin)).rcode, rcode);
    }
  });

  test('asks with DO, CD and RD of the client, with AD, and without its options', async (t) => {
    const [upstream] = await upstreams(t, answers);
    assert.ok(upstream);
    const { plugin } = forward(t, [upstream]);
    const flags = { ...NO_FLAGS, checkingDisabled: true };
    const options = [{ code: 10, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }];
    const edns = { udpSize: 4096, version: 0, dnssecOk: true, options };
    await plugin.handle?.(queryOf('a.example.', 'A', { flags, edns }), async () =>
      emptyResponse(RCODE.REFUSED),
    );
    const [asked] = upstream.queries;
    assert.deepEqual(asked?.flags, { ...NO_FLAGS, checkingDisabled: true, authenticData: true });
    assert.deepEqual(asked?.edns, { udpSize: 1232, version: 0, dnssecOk: true, options: [] });
  });

  test('draws an id and a case for each query', async (t) => {
    const [upstream] = await upstreams(t, answers);
    assert.ok(upstream);
    const { plugin } = forward(t, [upstream]);
    for (let i = 0; i < 8; i++) await ask(plugin);
    assert.ok(new Set(upstream.queries.map(({ id }) => id)).size > 4);
    assert.ok(new Set(upstream.queries.map(({ question }) => question?.name)).size > 2);
  });

  test('asks again over TCP when the reply is truncated', async (t) => {
    const [upstream] = await upstreams(t, (query, transport) => {
      if (transport === 'tcp') return [answerTo(query, [A])];
      return [answerTo(query, [], { flags: { ...query.flags, response: true, truncated: true } })];
    });
    assert.ok(upstream);
    assert.deepEqual(shown(await ask(forward(t, [upstream]).plugin)), [A]);
    assert.deepEqual(upstream.asked, ['udp a.example. A', 'tcp a.example. A']);
  });

  test('asks as the client came, unless the configuration says otherwise', async (t) => {
    const [upstream] = await upstreams(t, answers);
    assert.ok(upstream);
    const refused = async () => emptyResponse(RCODE.REFUSED);
    for (const [property, transport, asked] of [
      [[], 'tcp', 'tcp'],
      [['prefer_udp'], 'tcp', 'udp'],
      [['force_tcp'], 'udp', 'tcp'],
      [['force_tcp', 'prefer_udp'], 'udp', 'tcp'],
    ] as const) {
      const { plugin } = forward(t, [upstream], property);
      await plugin.handle?.(queryOf('a.example.', 'A', {}, { transport }), refused);
      assert.equal(upstream.asked.at(-1), `${asked} a.example. A`);
    }
  });

  for (const rcode of [RCODE.FORMERR, RCODE.NOTIMP, RCODE.SERVFAIL]) {
    test(`asks without EDNS a server that says ${rcodeName(rcode)} to it`, async (t) => {
      const [upstream] = await upstreams(t, (query) => [
        query.edns === undefined
          ? answerTo(query, [A])
          : answerTo(query, [], { rcode, edns: undefined, question: undefined }),
      ]);
      assert.ok(upstream);
      assert.deepEqual(shown(await ask(forward(t, [upstream]).plugin)), [A]);
    });
  }

  test('asks without EDNS a server that is silent to it', async (t) => {
    const [upstream] = await upstreams(t, (query) =>
      query.edns === undefined ? [answerTo(query, [A])] : [],
    );
    assert.ok(upstream);
    assert.deepEqual(shown(await ask(forward(t, [upstream], IMPATIENT).plugin)), [A]);
  });

  test('ignores replies to other queries', async (t) => {
    const [upstream] = await upstreams(t, (query) => [
      answerTo(query, [], { id: query.id ^ 1, rcode: RCODE.NXDOMAIN }),
      answerTo({ ...query, question: { name: 'b.example.', type: 'A', class: 1 } }),
      answerTo({ ...query, question: { name: 'a.example.', type: 'AAAA', class: 1 } }),
      Uint8Array.of(1, 2, 3),
      answerTo(query, [A]),
    ]);
    assert.ok(upstream);
    assert.deepEqual(shown(await ask(forward(t, [upstream]).plugin)), [A]);
  });

  test('drops what does not belong to the question', async (t) => {
    const [upstream] = await upstreams(t, (query) => [
      answerTo(
        query,
        [
          'a.example. 60 IN CNAME b.example.',
          'b.example. 60 IN A 192.0.2.2',
          'bank.example. 60 IN A 192.0.2.66',
        ],
        {
          authority: ['example. 60 IN NS ns.example.', 'bank.org. 60 IN NS ns.evil.'].map(
            parseRecord,
          ),
          additional: ['ns.example. 60 IN A 192.0.2.3', 'ns.evil. 60 IN A 192.0.2.66'].map(
            parseRecord,
          ),
        },
      ),
    ]);
    assert.ok(upstream);
    const response = await ask(forward(t, [upstream]).plugin);
    const all = [...response.answer, ...response.authority, ...response.additional];
    assert.deepEqual(all.map(formatRecord), [
      'a.example. 60 IN CNAME b.example.',
      'b.example. 60 IN A 192.0.2.2',
      'example. 60 IN NS ns.example.',
      'ns.example. 60 IN A 192.0.2.3',
    ]);
  });
});

describe('forward goes to the next server when one', () => {
  const broken: readonly (readonly [what: string, script: Script])[] = [
    ['is silent', silent],
    ['answers another query', (query) => [answerTo(query, [A], { id: query.id ^ 1 })]],
    ['answers garbage', garbage],
    [
      'floods with guesses',
      (query) =>
        Array.from({ length: 50 }, (_, i) => answerTo(query, [], { id: query.id ^ (i + 1) })),
    ],
  ];
  for (const [what, script] of broken) {
    test(what, async (t) => {
      const [bad, good] = await upstreams(t, script, answers);
      assert.ok(bad && good);
      assert.deepEqual(shown(await ask(forward(t, [bad, good], IMPATIENT).plugin)), [A]);
      assert.equal(bad.asked.length, 1);
    });
  }

  test('is gone', async (t) => {
    const [good] = await upstreams(t, answers);
    const gone = await startUpstream(silent);
    await gone.close();
    assert.ok(good);
    assert.deepEqual(shown(await ask(forward(t, [gone, good]).plugin)), [A]);
  });
});

describe('forward with no server that answers', () => {
  test('fails with the reason of the last', async (t) => {
    const [upstream] = await upstreams(t, silent);
    assert.ok(upstream);
    await assert.rejects(ask(forward(t, [upstream], IMPATIENT).plugin), {
      name: 'QueryFailure',
      message: `no upstream of "." answered: 127.0.0.1:${upstream.port}: no reply within 500 ms: i/o timeout`,
    });
    assert.equal(upstream.asked.length, 2);
  });

  test('leaves a server out while probes fail, and takes it back when one succeeds', async (t) => {
    let isDown = true;
    const script: Script = (query, via) => (isDown ? garbage : answers)(query, via);
    const [first, second] = await upstreams(t, script, answers);
    assert.ok(first && second);
    const { plugin, metrics } = forward(t, [first, second], ['max_fails 1', 'health_check 1ms']);
    await ask(plugin);
    await probesFailed(metrics, 2);
    const before = first.asked.length;
    await ask(plugin);
    assert.equal(first.asked.length, before, 'a server that is down is not asked');
    isDown = false;
    while (first.asked.length === before) await ask(plugin);
  });

  test('tries one of those that are down, or fails at once when told to', async (t) => {
    for (const failsFast of [false, true]) {
      const [other] = await upstreams(t, garbage);
      assert.ok(other);
      const more = failsFast ? ['failfast_all_unhealthy_upstreams'] : [];
      const properties = ['max_fails 1', 'max_connect_attempts 1', 'health_check 1ms', ...more];
      const { plugin, metrics } = forward(t, [other], properties);
      await assert.rejects(ask(plugin));
      await probesFailed(metrics, 2);
      const asked: number = other.asked.length;
      await assert.rejects(ask(plugin), failsFast ? /all are down/ : /unreadable/);
      assert.equal(other.asked.length, failsFast ? asked : asked + 1);
      assert.match(await metrics.text(), /^coredns_forward_healthcheck_broken_total 1$/m);
    }
  });
});

describe('forward under load', () => {
  test('asks identical questions once, others by themselves', async (t) => {
    const gate = Promise.withResolvers<void>();
    const [upstream] = await upstreams(t, async (query) => {
      await gate.promise;
      return [answerTo(query, [A])];
    });
    assert.ok(upstream);
    const { plugin } = forward(t, [upstream], ['read_timeout 5s']);
    const asked = Promise.all(
      ['a.example.', 'A.EXAMPLE.', 'a.example.', 'b.example.'].map((name) => ask(plugin, name)),
    );
    gate.resolve();
    assert.deepEqual(shown((await asked)[1] ?? emptyResponse(0)), [A]);
    assert.deepEqual([...upstream.asked].sort(), ['udp a.example. A', 'udp b.example. A']);
    await ask(plugin);
    assert.equal(upstream.asked.length, 3);
  });

  test('refuses more than max_concurrent', async (t) => {
    const gate = Promise.withResolvers<void>();
    const [upstream] = await upstreams(t, async (query) => {
      await gate.promise;
      return [answerTo(query, [A])];
    });
    assert.ok(upstream);
    const { plugin, metrics } = forward(t, [upstream], ['read_timeout 5s', 'max_concurrent 2']);
    const waiting = [ask(plugin, 'a.example.'), ask(plugin, 'b.example.')];
    assert.equal((await ask(plugin, 'c.example.')).rcode, RCODE.REFUSED);
    assert.match(await metrics.text(), /^coredns_forward_max_concurrent_rejects_total 1$/m);
    gate.resolve();
    await Promise.all(waiting);
    assert.deepEqual(shown(await ask(plugin)), [A]);
  });
});

describe('forward takes', () => {
  test('names below FROM but for exceptions, the first directive that does', async (t) => {
    const [corp, rest] = await upstreams(
      t,
      (query) => [answerTo(query, [], { rcode: 7 })],
      (query) => [answerTo(query, [], { rcode: 8 })],
    );
    assert.ok(corp && rest);
    const lines = `forward corp.example 127.0.0.1:${corp.port} {
      except dmz.corp.example corp.example
    }
    forward example 127.0.0.1:${rest.port}`;
    const plugin = setup(directives(lines), setupContext().context);
    const rcodes: readonly (readonly [name: string, rcode: number])[] = [
      ['corp.example.', 7],
      ['dmz.corp.example.', 8],
      ['other.example.', 8],
      ['example.org.', RCODE.REFUSED],
    ];
    for (const [name, rcode] of rcodes) assert.equal((await ask(plugin, name)).rcode, rcode, name);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decode } from '../../libs/dns/decode.ts';
import { encode } from '../../libs/dns/encode.ts';
import { RCODE } from '../../libs/dns/iana.ts';
import type { Edns, Message } from '../../libs/dns/message.ts';
import { NO_FLAGS } from '../../libs/dns/message.ts';
import { formatRecord, parseRecord } from '../../libs/dns/presentation.ts';
import { createLog } from '../../libs/telemetry/log.ts';
import { Metrics } from '../../libs/telemetry/metrics.ts';
import type { Block } from './block.ts';
import { compose } from './chain.ts';
import type { Answered, Plugin } from './plugin.ts';
import type { Client } from './query.ts';
import { QueryFailure } from './query-failure.ts';
import { emptyResponse, type Response } from './response.ts';
import { Server } from './server.ts';

const UDP: Client = { address: '192.0.2.7', port: 5353, transport: 'udp' };
const TCP: Client = { ...UDP, transport: 'tcp' };
const EDNS: Edns = { udpSize: 4096, version: 0, dnssecOk: true, options: [] };

interface Asked {
  readonly name?: string;
  readonly type?: string;
  readonly class?: number;
  readonly change?: Partial<Message>;
}

function ask({ name = 'Web.example.', type = 'A', class: qclass = 1, change = {} }: Asked = {}) {
  return encode({
    id: 0x1234,
    flags: { ...NO_FLAGS, recursionDesired: true },
    opcode: 0,
    rcode: 0,
    question: { name, type, class: qclass },
    answer: [],
    authority: [],
    additional: [],
    edns: undefined,
    ...change,
  });
}

const web = parseRecord('web.example. 5 IN A 192.0.2.1');
const answers = (response: Partial<Response>): Plugin => ({
  name: 'source',
  handle: async () => ({ ...emptyResponse(RCODE.NOERROR), ...response }),
});
const blockOf = (plugins: readonly Plugin[], recursion = false): Block => ({
  plugins,
  chain: compose(plugins),
  recursion,
  tableCapable: true,
  tableDenies: true,
});

function serve(zones: Readonly<Record<string, Block>>) {
  const lines: string[] = [];
  const metrics = new Metrics();
  const listener = {
    host: '',
    port: 53,
    server: 'dns://:53',
    blocks: new Map(Object.entries(zones).map(([zone, block]) => [zone, [block]])),
  };
  const log = createLog((line) => lines.push(line));
  const server = new Server(listener, { log, metrics, nowMs: () => 0 });
  const reply = async (packet: Uint8Array, client = UDP): Promise<Message | undefined> => {
    const octets = await server.answerPacket(packet, client);
    const decoded = octets === undefined ? undefined : decode(octets);
    return decoded?.kind === 'message' ? decoded.message : undefined;
  };
  return { server, reply, metrics, lines };
}

const { reply } = serve({ 'example.': blockOf([answers({ answer: [web], authoritative: true })]) });

describe('answerPacket', () => {
  test('answers with id, question, RD and CD of the query', async () => {
    const flags = { ...NO_FLAGS, recursionDesired: true, checkingDisabled: true };
    const message = await reply(ask({ change: { flags } }));
    assert.equal(message?.id, 0x1234);
    assert.deepEqual(message?.question, { name: 'Web.example.', type: 'A', class: 1 });
    assert.deepEqual(message?.flags, {
      ...flags,
      response: true,
      authoritative: true,
    });
    assert.deepEqual(message?.answer.map(formatRecord), ['Web.example. 5 IN A 192.0.2.1']);
    assert.equal(message?.edns, undefined);
  });

  test('speaks EDNS with who speaks EDNS: our size, its DO, no option of its', async () => {
    const options = [{ code: 10, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }];
    const message = await reply(ask({ change: { edns: { ...EDNS, options } } }));
    assert.deepEqual(message?.edns, { udpSize: 1232, version: 0, dnssecOk: true, options: [] });
  });

  const rejected: readonly (readonly [what: string, packet: Uint8Array, rcode: number])[] = [
    ['NOTIFY', ask({ change: { opcode: 4 } }), RCODE.NOTIMP],
    ['UPDATE', ask({ change: { opcode: 5 } }), RCODE.NOTIMP],
    ['no question', ask({ change: { question: undefined } }), RCODE.FORMERR],
    ['two answers', ask({ change: { answer: [web, web] } }), RCODE.FORMERR],
    ['a packet that ends early', ask().slice(0, 20), RCODE.FORMERR],
    ['octets after the end', Uint8Array.of(...ask(), 0), RCODE.FORMERR],
    ['EDNS version 1', ask({ change: { edns: { ...EDNS, version: 1 } } }), RCODE.BADVERS],
    ['class CH', ask({ class: 3 }), RCODE.REFUSED],
    ['a zone that is not served', ask({ name: 'web.example.org.' }), RCODE.REFUSED],
  ];
  for (const [what, packet, rcode] of rejected) {
    test(`rejects ${what}`, async () => {
      const message = await reply(packet);
      assert.equal(message?.rcode, rcode);
      assert.equal(message?.id, 0x1234);
      assert.equal(message?.flags.recursionDesired, true);
      if (rcode === RCODE.BADVERS) assert.equal(message?.edns?.udpSize, 1232);
    });
  }

  test('copies CD also where nothing else is read (RFC 4035 § 3.2.2)', async () => {
    const flags = { ...NO_FLAGS, checkingDisabled: true };
    const message = await reply(ask({ change: { opcode: 4, flags } }));
    assert.equal(message?.flags.checkingDisabled, true);
  });

  test('gives no reply to a response, or to less than a header', async () => {
    assert.equal(
      await reply(ask({ change: { flags: { ...NO_FLAGS, response: true } } })),
      undefined,
    );
    assert.equal(await reply(ask().slice(0, 11)), undefined);
    assert.equal(await reply(new Uint8Array()), undefined);
  });

  test('truncates what the client can not receive over UDP, and nothing over TCP', async () => {
    const answer = Array.from({ length: 60 }, (_, i) =>
      parseRecord(`web.example. 5 IN A 192.0.2.${i}`),
    );
    const many = serve({ '.': blockOf([answers({ answer })]) });
    const plain = await many.reply(ask());
    assert.deepEqual([plain?.flags.truncated, plain?.answer.length], [true, 0]);
    const wide = await many.reply(ask({ change: { edns: EDNS } }));
    assert.deepEqual([wide?.flags.truncated, wide?.answer.length], [false, 60]);
    assert.equal((await many.reply(ask(), TCP))?.answer.length, 60);
  });

  test('says AD only to who asks for it', async () => {
    const { reply } = serve({ '.': blockOf([answers({ authenticData: true })]) });
    assert.equal((await reply(ask()))?.flags.authenticData, false);
    assert.equal((await reply(ask({ change: { edns: EDNS } })))?.flags.authenticData, true);
    const flags = { ...NO_FLAGS, authenticData: true };
    assert.equal((await reply(ask({ change: { flags } })))?.flags.authenticData, true);
  });
});

describe('a question goes to', () => {
  const named = (mark: number, recursion = false) => blockOf([answers({ rcode: mark })], recursion);
  const { reply } = serve({ '.': named(7, true), 'example.': named(8), 'b.example.': named(9) });
  const rcodes: readonly (readonly [name: string, type: string, rcode: number])[] = [
    ['a.b.example.', 'A', 9],
    ['B.EXAMPLE.', 'A', 9],
    ['b.example.', 'DS', 8],
    ['a.b.example.', 'DS', 9],
    ['example.', 'DS', 7],
    ['xb.example.', 'A', 8],
    ['example.org.', 'A', 7],
  ];
  for (const [name, type, rcode] of rcodes) {
    test(`the longest zone: ${name} ${type}`, async () => {
      const message = await reply(ask({ name, type }));
      assert.equal(message?.rcode, rcode);
      assert.equal(message?.flags.recursionAvailable, rcode === 7);
    });
  }
});

describe('a plugin that fails', () => {
  const fails = (error: Error): Plugin => ({ name: 'fails', handle: () => Promise.reject(error) });

  test('gives SERVFAIL, and a defect is counted', async () => {
    const { reply, metrics } = serve({ '.': blockOf([fails(new TypeError('x is undefined'))]) });
    assert.equal((await reply(ask()))?.rcode, RCODE.SERVFAIL);
    assert.match(await metrics.text(), /^coredns_panics_total 1$/m);
  });

  test('for an outside reason gives SERVFAIL, and is no defect', async () => {
    const { reply, metrics } = serve({ '.': blockOf([fails(new QueryFailure('no upstream'))]) });
    assert.equal((await reply(ask()))?.rcode, RCODE.SERVFAIL);
    assert.match(await metrics.text(), /^coredns_panics_total 0$/m);
  });

  test('with a record that is none gives SERVFAIL', async () => {
    const answer = [{ name: 'web.example.', type: 'A', ttl: 5, rdata: 'nonsense' }];
    const { reply, lines } = serve({ '.': blockOf([answers({ answer })]) });
    assert.equal((await reply(ask()))?.rcode, RCODE.SERVFAIL);
    assert.match(lines.join(), /^\[ERROR\] Cannot encode the response to web.example.: /);
  });
});

describe('a response of several messages', () => {
  const zone = ['web.example. 5 IN A 192.0.2.1', 'db.example. 5 IN A 192.0.2.2'].map(parseRecord);
  const messages = (packets: Iterable<Uint8Array>) =>
    [...packets].map((packet) => {
      const decoded = decode(packet);
      return decoded.kind === 'message' ? decoded.message : assert.fail(decoded.why);
    });
  const more = zone.map((record) => [record]);
  const asked = { type: 'AXFR', change: { edns: EDNS } };

  test('is a stream over TCP: question and EDNS in the first, the header in all', async () => {
    const plugin = answers({ answer: [web], more, authoritative: true });
    const { server } = serve({ '.': blockOf([plugin]) });
    const reply = await server.answer(ask(asked), TCP);
    assert.ok(reply !== undefined && 'first' in reply);
    const [first, ...rest] = messages([reply.first, ...reply.more]);
    assert.deepEqual([first?.question?.type, first?.edns?.udpSize], ['AXFR', 1232]);
    assert.deepEqual(
      rest.map(({ answer }) => answer),
      more,
    );
    for (const message of rest) {
      assert.deepEqual([message.id, message.flags], [0x1234, first?.flags]);
      assert.deepEqual([message.question, message.edns], [undefined, undefined]);
    }
  });

  test('is its first message over UDP', async () => {
    const { server } = serve({ '.': blockOf([answers({ answer: [web], more })]) });
    const reply = await server.answer(ask(asked), UDP);
    assert.ok(reply instanceof Uint8Array);
    assert.equal(messages([reply])[0]?.answer.length, 1);
  });

  test('ends where a message can not be made, and the log says so', async () => {
    const bad = [{ name: 'web.example.', type: 'A', ttl: 5, rdata: 'nonsense' }];
    const { server, lines } = serve({ '.': blockOf([answers({ more: [zone, bad] })]) });
    const reply = await server.answer(ask(asked), TCP);
    assert.ok(reply !== undefined && 'first' in reply);
    const { more: rest } = reply;
    assert.equal(rest.next().done, false);
    assert.throws(() => rest.next(), RangeError);
    assert.match(lines.join(), /^\[ERROR\] Cannot encode the response to /);
  });
});

describe('a plugin that admits queries', () => {
  const mark = (octets: Uint8Array) => Uint8Array.of(...octets, 7);
  const seal = { octets: 1, seal: mark };

  test('sees the packet, changes the query, and seals each message', async () => {
    const packet = ask();
    let seen: Uint8Array | undefined;
    const guard: Plugin = {
      name: 'guard',
      admit: (query, octets) => {
        seen = octets;
        return { outcome: { query: { ...query, signedBy: 'key.' } }, seal };
      },
    };
    const source: Plugin = {
      name: 'source',
      handle: async ({ signedBy }) => ({
        ...emptyResponse(signedBy === 'key.' ? RCODE.NOERROR : RCODE.REFUSED),
        more: [[web]],
      }),
    };
    const { server } = serve({ '.': blockOf([guard, source]) });
    const reply = await server.answer(packet, TCP);
    assert.deepEqual(seen, packet);
    assert.ok(reply !== undefined && 'first' in reply);
    for (const octets of [reply.first, ...reply.more]) {
      assert.equal(octets.at(-1), 7);
      assert.equal(octets[3], RCODE.NOERROR);
    }
  });

  test('may answer itself, and is asked no more by the chain', async () => {
    const response = { ...emptyResponse(RCODE.NOTAUTH), plugin: 'guard' };
    const guard: Plugin = { name: 'guard', admit: () => ({ outcome: { response } }) };
    const { reply } = serve({ '.': blockOf([guard, answers({})]) });
    assert.equal((await reply(ask()))?.rcode, RCODE.NOTAUTH);
  });

  test('seals also what tells of a defect, within the size of the client', async () => {
    const answer = Array.from({ length: 29 }, (_, i) =>
      parseRecord(`web.example. 5 IN A 192.0.2.${i}`),
    );
    // 12 octets of header, 17 of question, 29 records of 16: 493 in all.
    const limits: readonly (readonly [octets: number, truncated: boolean])[] = [
      [19, false],
      [20, true],
    ];
    for (const [octets, truncated] of limits) {
      const guard: Plugin = {
        name: 'guard',
        admit: (query) => ({ outcome: { query }, seal: { octets, seal: (message) => message } }),
      };
      const { reply } = serve({ '.': blockOf([guard, answers({ answer })]) });
      assert.equal((await reply(ask()))?.flags.truncated, truncated);
    }
    const guard: Plugin = {
      name: 'guard',
      admit: (query) => ({ outcome: { query }, seal }),
      handle: () => Promise.reject(new Error('broken')),
    };
    const { server } = serve({ '.': blockOf([guard]) });
    assert.equal((await server.answerPacket(ask(), UDP))?.at(-1), 7);
  });
});

test('plugins learn what was sent', async () => {
  const seen: Answered[] = [];
  const observer: Plugin = { name: 'log', answered: (answered) => seen.push(answered) };
  const { server } = serve({ '.': blockOf([observer, answers({ answer: [web] })]) });
  const octets = await server.answerPacket(ask(), UDP);
  assert.deepEqual(
    seen.map(({ reply, replyOctets }) => [reply.rcode, reply.answer.length, replyOctets]),
    [[0, 1, octets?.length]],
  );
});

test('in class CH the first who answers does, and plugins learn of it', async () => {
  const seen: string[] = [];
  const chaos = (name: string, rcode: number): Plugin => ({
    name,
    chaos: (_question, query) => {
      seen.push(`${name} ${query.name} ${query.client.address}`);
      return emptyResponse(rcode);
    },
    answered: ({ reply, query }) => seen.push(`${name} ${reply.rcode} ${query.question.class}`),
  });
  const silent: Plugin = { name: 'silent', chaos: () => undefined };
  const blocks = { '.': blockOf([silent, chaos('one', 0), chaos('other', 5)]) };
  const message = await serve(blocks).reply(ask({ class: 3 }));
  assert.equal(message?.rcode, RCODE.NOERROR);
  assert.deepEqual(seen, ['one web.example. 192.0.2.7', 'one 0 3', 'other 0 3']);
});

test("queries are counted under CoreDNS's names", async () => {
  const { reply, metrics } = serve({ 'example.': blockOf([answers({})]) });
  await reply(ask({ change: { edns: EDNS } }));
  await reply(ask({ type: 'TYPE65400' }), { ...TCP, address: '2001:db8::1' });
  await reply(ask({ class: 3 }));
  const text = await metrics.text();
  const base = 'server="dns://:53",zone="example.",view=""';
  for (const line of [
    `coredns_dns_requests_total{${base},proto="udp",family="1",type="A"} 1`,
    `coredns_dns_requests_total{${base},proto="tcp",family="2",type="other"} 1`,
    'coredns_dns_requests_total{server="dns://:53",zone="dropped",view="",proto="udp",family="1",type="other"} 1',
    `coredns_dns_do_requests_total{${base}} 1`,
    `coredns_dns_responses_total{${base},rcode="NOERROR",plugin="source"} 2`,
    'coredns_dns_responses_total{server="dns://:53",zone="dropped",view="",rcode="REFUSED",plugin=""} 1',
    `coredns_dns_request_duration_seconds_count{${base}} 2`,
    `coredns_plugin_enabled{${base},name="source"} 1`,
  ]) {
    assert.ok(text.includes(`${line}\n`), line);
  }
});

test('no packet makes it fail: each gets silence, or a response with its id', async () => {
  const { server } = serve({ '.': blockOf([answers({ answer: [web] })]) });
  const seeds = [ask(), ask({ change: { edns: EDNS, answer: [web] } })];
  let random = 1; // a linear congruential generator: the same packets each time
  const below = (limit: number) => {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((random / 2 ** 32) * limit);
  };
  for (let i = 0; i < 20_000; i++) {
    const packet = (seeds[i % 2] ?? new Uint8Array()).slice(0, i % 3 === 0 ? below(60) : 100);
    for (let n = below(6); n > 0; n--) packet[below(packet.length)] = below(256);
    const reply = await server.answerPacket(packet, UDP);
    if (reply === undefined) continue;
    assert.deepEqual(reply.subarray(0, 2), packet.subarray(0, 2));
    assert.equal((reply[2] ?? 0) >> 7, 1);
  }
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerTo, type Script, startUpstream } from '../../test/servers/upstream.ts';
import { formatRecord } from '../dns/presentation.ts';
import { framed } from '../socket/tcp-framing.ts';
import { CONNECTIONS_MAX } from './connection-pool.ts';
import { type ClientGiven, givenClient, givenQuery } from './given-client.ts';
import { StreamConnection } from './stream-connection.ts';
import type { Asking } from './upstream-server.ts';

interface Scene {
  after(stop: () => Promise<void>): void;
}

async function scene(t: Scene, script: Script, options: ClientGiven = {}) {
  const upstream = await startUpstream(script);
  const { client, ask, sockets, clock } = givenClient({ port: upstream.port }, options);
  t.after(async () => {
    client.close();
    await upstream.close();
  });
  const askTcp = (name = 'a.example.', asking: Partial<Asking> = {}) =>
    ask(name, { via: 'tcp', ...asking });
  return { upstream, ask: askTcp, sockets, clock };
}

/** `NAME 60 IN A 192.0.2.1`, whatever the name. */
const answers: Script = (query) => [answerTo(query, [`${query.question?.name} 60 IN A 192.0.2.1`])];
const until = async (isSo: () => boolean) => {
  while (!isSo()) await sleep(2);
};

describe('a connection', () => {
  test('carries one query after another', async (t) => {
    const { upstream, ask, sockets } = await scene(t, answers);
    for (const name of ['a.example.', 'b.example.', 'c.example.']) {
      const reply = await ask(name);
      assert.deepEqual(reply.answer.map(formatRecord), [`${name} 60 IN A 192.0.2.1`]);
    }
    assert.equal(upstream.connections.total, 1);
    assert.deepEqual(sockets, ['tcp miss', 'tcp hit', 'tcp hit']);
    assert.deepEqual(
      upstream.queries.map(({ question }) => question?.name),
      ['a.example.', 'b.example.', 'c.example.'],
      'nobody off the path sees it: the case is not drawn',
    );
  });

  test('is one of a few, which carry many queries at once', async (t) => {
    const { upstream, ask } = await scene(t, async (query, via) => {
      await sleep(query.id % 7);
      return answers(query, via);
    });
    const names = Array.from({ length: 200 }, (_, i) => `n${i}.example.`);
    const replies = await Promise.all(names.map((name) => ask(name)));
    assert.deepEqual(
      replies.map(({ answer }) => answer[0]?.name),
      names,
    );
    assert.equal(upstream.connections.total, CONNECTIONS_MAX);
  });

  test('is enough where the server takes no other', async (t) => {
    const upstream = await startUpstream(async (query, via) => {
      await sleep(20);
      return answers(query, via);
    });
    const open = new Set<Socket>();
    const server = createServer((socket) => {
      // As Unbound does: what is too much is taken, and closed.
      if (open.size > 0) return socket.destroy();
      open.add(socket);
      const there = connect(upstream.port, upstream.address);
      socket.on('error', () => there.destroy()).on('close', () => there.destroy());
      return socket.pipe(there).pipe(socket);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const bound = server.address();
    assert.ok(typeof bound === 'object' && bound !== null);
    const { client, ask } = givenClient({ port: bound.port }, {});
    t.after(async () => {
      client.close();
      for (const socket of open) socket.destroy();
      server.close();
      await upstream.close();
    });
    const names = Array.from({ length: 100 }, (_, i) => `n${i}.example.`);
    await ask('first.example.', { via: 'tcp' });
    const replies = await Promise.all(names.map((name) => ask(name, { via: 'tcp' })));
    assert.deepEqual(
      replies.map(({ answer }) => answer[0]?.name),
      names,
    );
    assert.equal(upstream.connections.total, 1);
  });

  test('gives replies in whatever order they come', async (t) => {
    const gate = Promise.withResolvers<void>();
    const { upstream, ask } = await scene(t, async (query, via) => {
      if (query.question?.name.startsWith('late')) await gate.promise;
      return answers(query, via);
    });
    const late = Array.from({ length: CONNECTIONS_MAX }, (_, i) => ask(`late${i}.example.`));
    const reply = await ask('soon.example.');
    assert.equal(reply.answer[0]?.name, 'soon.example.');
    gate.resolve();
    await Promise.all(late);
    assert.equal(upstream.connections.total, CONNECTIONS_MAX);
  });

  test('expires when nobody uses it, and not before', async (t) => {
    const { upstream, ask } = await scene(t, answers, { expireMs: 30 });
    await ask();
    await until(() => upstream.connections.open === 0);
    await ask();
    assert.equal(upstream.connections.total, 2);
  });

  test('is not kept at all with expire 0', async (t) => {
    const { upstream, ask } = await scene(t, answers, { expireMs: 0 });
    await ask();
    await until(() => upstream.connections.open === 0);
  });

  test('takes no query beyond its age', async (t) => {
    const { upstream, ask, clock } = await scene(t, answers, { ageMsMax: 60_000 });
    await ask();
    await ask();
    assert.equal(upstream.connections.total, 1);
    clock.extraMs += 61_000;
    await ask();
    assert.equal(upstream.connections.total, 2);
  });

  test('is ended when so many are idle already', async (t) => {
    const gate = Promise.withResolvers<void>();
    const { upstream, ask } = await scene(
      t,
      async (query, via) => {
        await gate.promise;
        return answers(query, via);
      },
      { idleMax: 2 },
    );
    const all = Array.from({ length: 5 }, (_, i) => ask(`n${i}.example.`));
    await until(() => upstream.queries.length === 5);
    assert.equal(upstream.connections.open, 5);
    gate.resolve();
    await Promise.all(all);
    await until(() => upstream.connections.open === 2);
  });

  test('that the server ended is replaced without a failure', async (t) => {
    let isEnding = true;
    const { upstream, ask } = await scene(t, async (query, via) => {
      const replies = await answers(query, via);
      return isEnding ? [...replies, 'close'] : replies;
    });
    await ask();
    isEnding = false;
    await ask();
    await ask();
    assert.equal(upstream.connections.total, 2);
  });

  test('that the server ends when a query comes is replaced once', async (t) => {
    let queries = 0;
    const { upstream, ask } = await scene(t, (query, via) =>
      ++queries === 2 ? ['close'] : answers(query, via),
    );
    await ask();
    assert.equal((await ask('b.example.')).answer.length, 1);
    assert.deepEqual(upstream.asked.length, 3);
  });
});

describe('a query over TCP fails when the server', () => {
  const rows: readonly (readonly [what: string, script: Script, why: RegExp])[] = [
    ['ends the connection', () => ['close'], /closed|reset|hang up/i],
    [
      'ends it within a message',
      (query) => [{ raw: framed(answerTo(query)).subarray(0, 20) }, 'close'],
      /closed|reset|hang up/i,
    ],
    ['is silent', () => [], /no reply within 100 ms over TCP/],
    ['says less than it promises', () => [{ raw: Uint8Array.of(255, 255, 1) }], /no reply within/],
    [
      'answers another query',
      (query) => [answerTo(query, [], { id: query.id ^ 1 })],
      /no reply within/,
    ],
    [
      'answers another question',
      (query) => [answerTo(givenAsked(query), [])],
      /a reply to another query over TCP/,
    ],
    [
      'truncates',
      (query) => [
        answerTo(query, [], { flags: { ...query.flags, response: true, truncated: true } }),
      ],
      /an unreadable reply: it is truncated over TCP/,
    ],
    [
      'sends garbage',
      ({ id }) => [Uint8Array.of(id >> 8, id & 255, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0, 77)],
      /an unreadable reply: no whole question/,
    ],
    [
      'floods',
      (query) =>
        Array.from({ length: 500 }, (_, i) => answerTo(query, [], { id: query.id ^ (i + 1) })),
      /closed/,
    ],
  ];
  for (const [what, script, why] of rows) {
    test(what, async (t) => {
      const { ask } = await scene(t, script);
      // Who says something is waited for as long as a busy machine takes.
      const asking = why.source.startsWith('no reply') ? { readTimeoutMs: 100 } : {};
      await assert.rejects(ask('a.example.', asking), (error: Error) => {
        assert.match(error.message, why);
        return error.name === 'ExchangeFailure' || error.name === 'ConnectionEnded';
      });
    });
  }

  test('drips octets, and is not asked there again', async (t) => {
    let isDripping = true;
    const { upstream, ask } = await scene(t, (query, via) =>
      isDripping ? [{ raw: Uint8Array.of(1) }] : answers(query, via),
    );
    await assert.rejects(ask('a.example.', { readTimeoutMs: 50 }), /no reply within 50 ms/);
    isDripping = false;
    await ask();
    assert.equal(upstream.connections.total, 2);
    await until(() => upstream.connections.open === 1);
  });

  test('replies too late: to nobody, also when an id is drawn again', async (t) => {
    const [late, next] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const upstream = await startUpstream(async (query, via) => {
      const isSigned = query.edns?.dnssecOk === true;
      if (query.question?.name === 'a.example.') await (isSigned ? next : late).promise;
      return isSigned ? [answerTo(query, ['a.example. 5 IN A 192.0.2.2'])] : answers(query, via);
    });
    t.after(() => upstream.close());
    const ids = [7, 8, 7, 9];
    const connection = new StreamConnection({
      socket: connect(upstream.port, upstream.address),
      openEvent: 'connect',
      dialTimeoutMs: 20_000,
      random: () => Uint8Array.of(0, ids.shift() ?? 0),
      onOpened: () => {},
      onEnd: () => {},
    });
    await connection.opened;
    const first = assert.rejects(connection.ask(givenQuery('a.example.'), 50), /no reply/);
    await connection.ask(givenQuery('b.example.'), 20_000);
    await first;
    const edns = { udpSize: 1232, version: 0, dnssecOk: true, options: [] };
    const second = connection.ask(givenQuery('a.example.', 'A', { edns }), 20_000);
    late.resolve();
    await connection.ask(givenQuery('c.example.'), 20_000);
    next.resolve();
    assert.deepEqual((await second).answer.map(formatRecord), ['a.example. 5 IN A 192.0.2.2']);
    connection.end();
  });

  test('refuses connections', async (t) => {
    const upstream = await startUpstream(answers);
    await upstream.close();
    const { client, ask } = givenClient({ port: upstream.port }, {});
    t.after(async () => client.close());
    await assert.rejects(ask('a.example.', { via: 'tcp' }), /ECONNREFUSED/);
  });
});

function givenAsked(query: Parameters<Script>[0]) {
  return { ...query, question: { name: 'bank.example.', type: 'A', class: 1 } };
}

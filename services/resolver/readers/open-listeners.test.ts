import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { decode } from '../../../libs/dns/decode.ts';
import { encode } from '../../../libs/dns/encode.ts';
import { loadCLibrary } from '../../../libs/socket/c-library.ts';
import { framed } from '../../../libs/socket/tcp-framing.ts';
import { edns, loadZone, query, records } from '../../../libs/table/asking.ts';
import { readCounters } from '../../../libs/table/counters.ts';
import { createTable } from '../../../libs/table/table-writer.ts';
import { SILENT } from '../../../libs/telemetry/log.ts';
import { until } from '../../../test/e2e/isthmus-process.ts';
import {
  answersOf,
  askUdp,
  chain,
  FORWARDED,
  MANY,
  OLD,
  openClient,
  readMessages,
  ZONE,
} from './asking-listeners.ts';
import type { Listeners, ListenersOptions } from './listeners.ts';
import { openListeners } from './open-listeners.ts';
import type { SlowClient } from './slow-path.ts';
import { SLOW_IN_FLIGHT_MAX } from './slow-path.ts';

for (const udp of ['mmsg', 'dgram'] as const) {
  const open = async (t: TestContext, rest: Partial<ListenersOptions> = {}) => {
    if (udp === 'mmsg' && (await loadCLibrary()) === undefined) {
      t.skip('needs Linux and koffi for batched UDP');
      return undefined;
    }
    const table = createTable({ octets: 1 << 20 });
    loadZone(table, 1, ZONE);
    const asked: SlowClient[] = [];
    const listeners = await openListeners({
      table: table.memory,
      listen: [{ address: '127.0.0.1', port: 0, view: 0 }],
      threads: 2,
      udp,
      answerSlow: chain(asked),
      log: SILENT,
      ...rest,
    });
    t.after(() => listeners.close());
    return { table, listeners, asked, port: portOf(listeners) };
  };
  const portOf = ({ addresses }: Listeners, i = 0) => addresses[i]?.port ?? 0;

  describe(`listeners over ${udp}`, () => {
    test('answer what came before they close', { timeout: 60_000 }, async (t) => {
      const gate = Promise.withResolvers<void>();
      const asked: SlowClient[] = [];
      const answerSlow = async (packet: Uint8Array, client: SlowClient) => {
        asked.push(client);
        await gate.promise;
        return chain([])(packet, client);
      };
      const opened = await open(t, { answerSlow });
      if (opened === undefined) return;
      const { port, listeners } = opened;
      const overUdp = askUdp(port, 'example.com. A');
      const client = await openClient(port);
      t.after(() => client.destroy());
      client.write(framed(encode(query('example.com. A'))));
      const overTcp = readMessages(client, 1);
      while (asked.length < 2) await sleep(2);
      // Longer than closing takes.
      setTimeout(gate.resolve, 500);
      await listeners.close();
      const replies = [await overUdp, ...(await overTcp)];
      assert.deepEqual(replies.map(answersOf), [[FORWARDED], [FORWARDED]]);
    });

    test('answer what the table knows and what the chain does, over UDP', async (t) => {
      const opened = await open(t);
      if (opened === undefined) return;
      const { port, asked, table } = opened;
      // From many ports: the kernel spreads them over the readers.
      for (let i = 0; i < 20; i++) {
        const response = await askUdp(port, 'Web.Cluster.Local. A');
        assert.deepEqual(answersOf(response), ['Web.Cluster.Local. 5 IN A 10.0.0.1']);
      }
      assert.deepEqual(asked, []);
      assert.deepEqual(answersOf(await askUdp(port, 'example.com. A')), [FORWARDED]);
      assert.deepEqual(
        asked.map(({ address, transport, view }) => [address, transport, view]),
        [['127.0.0.1', 'udp', 0]],
      );
      // A reader counts after it has sent.
      const responses = () => readCounters(table.memory).groups[0]?.responses;
      await until(async () => responses()?.[0]?.count === 20, 'all are counted');
      assert.deepEqual(responses(), [{ rcode: 0, kind: 'own', count: 20 }]);
      assert.equal(readCounters(table.memory).handedOver, 1);
    });

    test('truncate over UDP what TCP on the same port gives whole', async (t) => {
      const opened = await open(t);
      if (opened === undefined) return;
      const { port } = opened;
      const short = decode(await askUdp(port, 'many.cluster.local. A'));
      assert.ok(short.kind === 'message' && short.message.flags.truncated);
      const wide = await askUdp(port, 'many.cluster.local. A', '127.0.0.1', { edns: edns(4096) });
      assert.deepEqual(answersOf(wide), MANY);
      const client = await openClient(port);
      client.write(framed(encode(query('many.cluster.local. A'))));
      const [response = new Uint8Array()] = await readMessages(client, 1);
      assert.deepEqual(answersOf(response), MANY);
      client.destroy();
    });

    test('answer pipelined queries over TCP, those of the table before the chain ends', async (t) => {
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const slow = chain([]);
      const opened = await open(t, {
        answerSlow: async (packet, client) => {
          await released;
          return await slow(packet, client);
        },
      });
      if (opened === undefined) return;
      const client = await openClient(opened.port);
      const packets = ['example.com. A', 'web.cluster.local. A', 'web.cluster.local. AAAA'].map(
        (question, id) => framed(encode(query(question, { id }))),
      );
      client.write(Buffer.concat(packets));
      const ids = (messages: readonly Uint8Array[]) => messages.map((message) => message[1]);
      assert.deepEqual(ids(await readMessages(client, 2)), [1, 2]);
      client.end(); // no more queries, but the answer is still wanted
      release();
      assert.deepEqual(ids(await readMessages(client, 1)), [0]);
      await once(client, 'close');
    });

    test('reply from the address that was asked, on any of IPv4 and IPv6', async (t) => {
      const opened = await open(t, { listen: [{ address: '', port: 0, view: 0 }] });
      if (opened === undefined) return;
      const { port, asked } = opened;
      for (const address of ['127.0.0.1', '127.0.0.7', '::1']) {
        if (udp === 'dgram' && address === '127.0.0.7') continue; // node:dgram can't say from where
        assert.deepEqual(answersOf(await askUdp(port, 'web.cluster.local. A', address)), [
          'web.cluster.local. 5 IN A 10.0.0.1',
        ]);
        assert.deepEqual(answersOf(await askUdp(port, 'example.com. A', address)), [FORWARDED]);
      }
      assert.deepEqual(
        new Set(asked.map(({ address }) => address.replace('::ffff:', ''))),
        new Set(['127.0.0.1', '::1']),
      );
    });

    test('listen on several addresses, each with its view', async (t) => {
      const listen = [
        { address: '127.0.0.1', port: 0, view: 0 },
        { address: '127.0.0.2', port: 0, view: 1 },
        { address: '::1', port: 0, view: 2 },
      ];
      const opened = await open(t, { listen });
      if (opened === undefined) return;
      const { listeners, table, asked } = opened;
      const line = 'web.cluster.local. 5 IN A 10.0.0.99';
      table.put('web.cluster.local.', 1, 1, [
        { type: 'A', authoritative: true, answer: records(line), authority: [], additional: [] },
      ]);
      const ask = (i: number) =>
        askUdp(portOf(listeners, i), 'web.cluster.local. A', listen[i]?.address);
      assert.deepEqual(answersOf(await ask(0)), ['web.cluster.local. 5 IN A 10.0.0.1']);
      assert.deepEqual(answersOf(await ask(1)), [line]);
      assert.deepEqual(answersOf(await ask(2)), []);
      assert.deepEqual(
        asked.map(({ view }) => view),
        [2],
      );
    });

    test('answer from the table while the chain is flooded and silent', async (t) => {
      const opened = await open(t, { answerSlow: () => new Promise(() => {}) });
      if (opened === undefined) return;
      const { port, listeners, table } = opened;
      const client = createSocket('udp4');
      client.connect(port, '127.0.0.1');
      await once(client, 'connect');
      const flood = encode(query('example.com. A'));
      const asked = encode(query('web.cluster.local. A'));
      const received = once(client, 'message');
      // The kernel may drop some of it, the one that matters too: a client asks again.
      const sending = setInterval(() => {
        for (let i = 0; i < 200; i++) client.send(flood);
        client.send(asked);
      }, 20);
      t.after(() => clearInterval(sending));
      const [response]: readonly unknown[] = await received;
      assert.ok(response instanceof Uint8Array);
      assert.deepEqual(answersOf(response), ['web.cluster.local. 5 IN A 10.0.0.1']);
      // More than it may have are dropped and counted.
      const dropped = () => readCounters(table.memory).ringFull;
      while (dropped() === 0) await new Promise((resolve) => setImmediate(resolve));
      clearInterval(sending);
      assert.ok(listeners.slowInFlight <= SLOW_IN_FLIGHT_MAX);
      client.close();
    });

    test('say which port is in use, and leave nothing open', async (t) => {
      const opened = await open(t);
      if (opened === undefined) return;
      const { table, port } = opened;
      const listen = [
        { address: '127.0.0.2', port, view: 0 },
        { address: '127.0.0.1', port, view: 0 },
      ];
      const again = { table: table.memory, threads: 2, udp, answerSlow: chain([]), log: SILENT };
      await assert.rejects(openListeners({ ...again, listen }), {
        name: 'ListenError',
        code: 'EADDRINUSE',
        message: `Cannot listen on 127.0.0.1:${port}/udp: the port is in use; expected a free port, or that other server stopped`,
      });
      const other = createServer();
      other.listen(port, '127.0.0.3');
      await once(other, 'listening');
      t.after(() => other.close());
      await assert.rejects(
        openListeners({ ...again, listen: [{ address: '127.0.0.3', port, view: 0 }] }),
        { message: /^Cannot listen on 127\.0\.0\.3:\d+\/tcp: the port is in use; expected / },
      );
      await (await openListeners({ ...again, listen: listen.slice(0, 1) })).close();
    });

    test('show another view from one query to the next, on the same sockets', async (t) => {
      const opened = await open(t);
      if (opened === undefined) return;
      const { table, listeners, port } = opened;
      const line = 'web.cluster.local. 5 IN A 10.0.0.99';
      table.put('web.cluster.local.', 7, 1, [
        { type: 'A', authoritative: true, answer: records(line), authority: [], additional: [] },
      ]);
      const client = await openClient(port);
      const change = await listeners.prepare([{ address: '127.0.0.1', port: 0, view: 7 }]);
      assert.equal(answersOf(await askUdp(port, 'web.cluster.local. A')).join(), OLD);
      await change.take();
      assert.equal(portOf(listeners), port);
      assert.equal(answersOf(await askUdp(port, 'web.cluster.local. A')).join(), line);
      client.write(framed(encode(query('web.cluster.local. A'))));
      const [response = new Uint8Array()] = await readMessages(client, 1);
      assert.equal(answersOf(response).join(), line);
      client.destroy();
    });

    test('close: the port is free, what the chain answers later goes nowhere', async (t) => {
      const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
      const opened = await open(t, { answerSlow: () => released });
      if (opened === undefined) return;
      const { listeners, port, table } = opened;
      const client = createSocket('udp4');
      client.send(encode(query('example.com. A')), port, '127.0.0.1');
      while (listeners.slowInFlight === 0) await new Promise((resolve) => setImmediate(resolve));
      const tcp = await openClient(port);
      const closed = once(tcp, 'close');
      await listeners.close();
      await closed;
      release(undefined);
      client.close();
      const again = await openListeners({
        table: table.memory,
        listen: [{ address: '127.0.0.1', port, view: 0 }],
        threads: 2,
        udp,
        answerSlow: chain([]),
        log: SILENT,
      });
      assert.equal(answersOf(await askUdp(port, 'web.cluster.local. A')).length, 1);
      await again.close();
    });
  });
}

test('listeners have as many sockets as they say, and the kernel spreads clients', async (t) => {
  if ((await loadCLibrary()) === undefined) return t.skip('needs Linux and koffi');
  const table = createTable({ octets: 1 << 17 });
  const any = { address: '127.0.0.1', port: 0, view: 0 };
  const listen = [{ ...any, sockets: 1 }, { ...any, sockets: 3 }, any];
  const rest = { threads: 2, udp: 'mmsg', answerSlow: chain([]), log: SILENT } as const;
  const listeners = await openListeners({ table: table.memory, listen, ...rest });
  t.after(() => listeners.close());
  const asked = (reader: number) => readCounters(table.memory, [reader]).handedOver;
  const readersOf = async (listener: number, enough: (readers: number) => boolean) => {
    const before = [0, 1, 2, 3].map(asked);
    const seen = () => before.filter((count, reader) => asked(reader) > count).length;
    const port = listeners.addresses[listener]?.port ?? 0;
    let queries = 0;
    while (queries < 20 || !enough(seen())) {
      await askUdp(port, 'example.com. A'); // each from another port
      queries++;
    }
    return seen();
  };
  assert.equal(await readersOf(0, () => true), 1);
  assert.equal(await readersOf(1, (readers) => readers === 3), 3);
  assert.equal(await readersOf(2, (readers) => readers === 2), 2);
});

describe('the way of UDP', () => {
  const openWith = async (t: TestContext, way: string) => {
    process.env.ISTHMUS_UDP = way;
    t.after(() => {
      delete process.env.ISTHMUS_UDP;
    });
    const table = createTable({ octets: 1 << 17 });
    const listen = [{ address: '127.0.0.1', port: 0, view: 0 }];
    const rest = { threads: 3, answerSlow: chain([]), log: SILENT };
    const listeners = await openListeners({ table: table.memory, listen, ...rest });
    t.after(() => listeners.close());
    return listeners;
  };

  test('is what the environment says, where nothing else does', async (t) => {
    assert.equal((await openWith(t, 'dgram')).udp, 'dgram');
  });

  test('is none that nobody knows', async (t) => {
    await assert.rejects(openWith(t, 'fast'), {
      message: 'Cannot use ISTHMUS_UDP "fast": no such way of UDP; expected mmsg or dgram',
    });
  });
});

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { encode } from '../../../libs/dns/encode.ts';
import { loadCLibrary } from '../../../libs/socket/c-library.ts';
import { framed } from '../../../libs/socket/tcp-framing.ts';
import { loadZone, query } from '../../../libs/table/asking.ts';
import { createTable } from '../../../libs/table/table-writer.ts';
import { SILENT } from '../../../libs/telemetry/log.ts';
import { until } from '../../../test/e2e/isthmus-process.ts';
import {
  answersOf,
  askUdp,
  chain,
  FORWARDED,
  OLD,
  openClient,
  readMessages,
  ZONE,
} from './asking-listeners.ts';
import { openListeners } from './open-listeners.ts';
import type { AnswerSlow, SlowClient } from './slow-path.ts';

for (const udp of ['mmsg', 'dgram'] as const)
  describe(`listeners on other addresses, over ${udp}`, () => {
    const open = async (t: TestContext, answerSlow: AnswerSlow = chain([])) => {
      const hasLibrary = udp === 'dgram' || (await loadCLibrary()) !== undefined;
      if (!hasLibrary) return t.skip('needs Linux and koffi');
      const table = createTable({ octets: 1 << 20 });
      loadZone(table, 1, ZONE);
      const rest = { threads: 2, udp, answerSlow, log: SILENT } as const;
      const listeners = await openListeners({ table: table.memory, listen: [ONE], ...rest });
      t.after(() => listeners.close());
      return { listeners, port: listeners.addresses[0]?.port ?? 0 };
    };
    const ONE = { address: '127.0.0.1', port: 0, view: 0 };
    const TWO = { ...ONE, address: '127.0.0.2' };

    test('have those that stay as they were, no query lost', async (t) => {
      const opened = await open(t);
      if (opened === undefined) return;
      const { listeners, port } = opened;
      let [sent, received] = [0, 0];
      // The kernel spreads them over the sockets of the port.
      const clients = Array.from({ length: 16 }, () => createSocket('udp4'));
      t.after(() => clients.map((client) => client.close()));
      for (const client of clients) {
        client.connect(port, '127.0.0.1');
        await once(client, 'connect');
        client.on('message', () => {
          received++;
        });
      }
      // So few at once have room in the smallest of buffers, however busy the machine is.
      const sending = setInterval(() => {
        for (; sent - received < 50; sent++) {
          const question = sent % 5 === 0 ? 'example.com. A' : 'web.cluster.local. A';
          clients[sent % clients.length]?.send(encode(query(question)));
        }
      }, 1);
      const more = { ...ONE, sockets: 5 };
      const fewer = { ...ONE, sockets: 1 };
      for (const listen of [[ONE, TWO], [TWO, ONE], [ONE], [more], [fewer, TWO], [ONE]]) {
        const change = await listeners.prepare(listen);
        await change.take();
      }
      clearInterval(sending);
      await until(async () => received === sent, 'all are answered');
      assert.equal(listeners.addresses.length, 1);
    });

    test('have as many threads as are wanted now', async (t) => {
      const workers = new Set<Worker>();
      const onWorker = (worker: Worker) => {
        workers.add(worker);
        worker.once('exit', () => workers.delete(worker));
      };
      process.on('worker', onWorker);
      t.after(() => process.off('worker', onWorker));
      const opened = await open(t);
      if (opened === undefined) return;
      for (const sockets of [4, 1, 3]) {
        await (await opened.listeners.prepare([{ ...ONE, sockets }])).take();
        assert.equal(workers.size, udp === 'mmsg' ? sockets : 1);
      }
    });

    test('answer there once they are taken, and close what is gone', async (t) => {
      const opened = await open(t);
      if (opened === undefined) return;
      const { listeners, port } = opened;
      const change = await listeners.prepare([TWO]);
      await change.take();
      await change.ended();
      const [{ port: other } = { port: 0 }] = listeners.addresses;
      assert.equal(answersOf(await askUdp(other, 'web.cluster.local. A', TWO.address))[0], OLD);
      await assert.rejects(openClient(port), { code: 'ECONNREFUSED' });
    });

    // A socket of node:dgram can't share its port with one that comes later.
    if (udp === 'mmsg') {
      test('may cover those of before, or be among them', async (t) => {
        const opened = await open(t);
        if (opened === undefined) return;
        const { listeners, port } = opened;
        for (const address of ['0.0.0.0', '127.0.0.1', '', '127.0.0.1']) {
          const change = await listeners.prepare([{ address, port, view: 0 }]);
          await change.take();
          await change.ended();
          assert.deepEqual(
            listeners.addresses.map((one) => [one.address, one.port]),
            [[address, port]],
          );
          assert.equal(answersOf(await askUdp(port, 'web.cluster.local. A'))[0], OLD, address);
          const client = await openClient(port);
          client.destroy();
        }
      });

      test('are those of the narrowest that fits, where they cover each other', async (t) => {
        const opened = await open(t);
        if (opened === undefined) return;
        const { listeners, port } = opened;
        // Of the view 9 nobody knows anything: the chain is asked.
        const all = ['', '0.0.0.0', '127.0.0.1'].map((address, i) => {
          return { address, port, view: i === 2 ? 0 : 9 };
        });
        await (await listeners.prepare(all)).take();
        assert.equal(answersOf(await askUdp(port, 'web.cluster.local. A'))[0], OLD);
        const elsewhere = await askUdp(port, 'web.cluster.local. A', '127.0.0.2');
        assert.deepEqual(answersOf(elsewhere), []);
      });
    }
    test('answer what came to those that go, then close them', async (t) => {
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const asked: SlowClient[] = [];
      const opened = await open(t, async (packet, client) => {
        asked.push(client);
        await released;
        return await chain([])(packet, client);
      });
      if (opened === undefined) return;
      const { listeners, port } = opened;
      const overUdp = askUdp(port, 'example.com. A');
      const tcp = await openClient(port);
      t.after(() => tcp.destroy());
      const over = once(tcp, 'close');
      tcp.write(framed(encode(query('example.com. A'))));
      const overTcp = readMessages(tcp, 1);
      await until(async () => asked.length === 2, 'both are asked');
      const change = await listeners.prepare([TWO]);
      await change.take();
      release();
      assert.deepEqual(answersOf(await overUdp), [FORWARDED]);
      assert.deepEqual((await overTcp).map(answersOf), [[FORWARDED]]);
      await over;
      await change.ended();
      await assert.rejects(openClient(port), { code: 'ECONNREFUSED' });
    });

    test('answer all that was sent to those that go before they go', async (t) => {
      const opened = await open(t);
      if (opened === undefined) return;
      const { listeners, port } = opened;
      let received = 0;
      const clients = Array.from({ length: 16 }, () => createSocket('udp4'));
      t.after(() => clients.map((client) => client.close()));
      for (const client of clients) {
        client.connect(port, '127.0.0.1');
        await once(client, 'connect');
        client.on('message', () => {
          received++;
        });
      }
      const change = await listeners.prepare([TWO]);
      // So few have room in the smallest of buffers.
      for (let sent = 0; sent < 96; sent++) {
        const question = sent % 3 === 0 ? 'example.com. A' : 'web.cluster.local. A';
        clients[sent % clients.length]?.send(encode(query(question)));
      }
      await change.take();
      await until(async () => received === 96, 'all are answered');
      await change.ended();
    });

    const followEachOther = async (t: TestContext) => {
      const opened = await open(t);
      if (opened === undefined) return;
      const { listeners, port } = opened;
      const one = { ...ONE, port };
      const all = { ...one, address: '' };
      let [sent, received] = [0, 0];
      const clients = Array.from({ length: 8 }, () => createSocket('udp4'));
      t.after(() => clients.map((client) => client.close()));
      for (const client of clients) {
        client.on('message', () => {
          received++;
        });
      }
      const sending = setInterval(() => {
        for (; sent - received < 20; sent++) {
          const packet = encode(query('web.cluster.local. A'));
          clients[sent % clients.length]?.send(packet, port, '127.0.0.1');
        }
      }, 1);
      t.after(() => clearInterval(sending));
      for (const listen of [[all], [one], [all, TWO], [one]]) {
        const change = await listeners.prepare(listen);
        await change.take();
        await change.ended();
        (await openClient(port)).destroy();
      }
      clearInterval(sending);
      await until(async () => received === sent, 'all are answered');
      const others = openClient(port, '127.0.0.7');
      await assert.rejects(others, { code: 'ECONNREFUSED' });
    };
    const areRefused = async (t: TestContext) => {
      const opened = await open(t);
      if (opened === undefined) return;
      const { listeners, port } = opened;
      const change = await listeners.prepare([{ ...ONE, port, address: '' }]);
      await assert.rejects(change.take(), { name: 'ListenError', code: 'EADDRINUSE' });
      await change.giveUp();
      assert.equal(answersOf(await askUdp(port, 'web.cluster.local. A'))[0], OLD);
    };
    if (udp === 'mmsg') {
      test('of all addresses follow one of them, and the other way round', followEachOther);
    } else test('of all addresses, with no port to share, leave all as it was', areRefused);

    test('that can not be had, or are given up, leave all as it was', async (t) => {
      const opened = await open(t);
      if (opened === undefined) return;
      const { listeners, port } = opened;
      const holder = createServer().listen(0, '127.0.0.3');
      await once(holder, 'listening');
      t.after(() => holder.close());
      const held = holder.address();
      assert.ok(held !== null && typeof held === 'object');
      const taken = { address: '127.0.0.3', port: held.port, view: 0 };
      await assert.rejects(listeners.prepare([ONE, TWO, taken]), { code: 'EADDRINUSE' });
      await (await listeners.prepare([TWO])).giveUp();
      assert.deepEqual(
        listeners.addresses.map((one) => one.port),
        [port],
      );
      assert.equal(answersOf(await askUdp(port, 'web.cluster.local. A'))[0], OLD);
    });

    test('answer what the chain of before says later', async (t) => {
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const slow = chain([]);
      const opened = await open(t, async (packet, client) => {
        await released;
        return await slow(packet, client);
      });
      if (opened === undefined) return;
      const { listeners, port } = opened;
      const asked = askUdp(port, 'example.com. A');
      while (listeners.slowInFlight === 0) await new Promise((resolve) => setImmediate(resolve));
      await (await listeners.prepare([ONE, TWO])).take();
      release();
      assert.deepEqual(answersOf(await asked), [FORWARDED]);
    });
  });

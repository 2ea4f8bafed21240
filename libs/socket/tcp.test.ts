import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import type { TcpOptions } from './tcp.ts';
import { openTcp } from './tcp.ts';
import { framed, TcpFraming } from './tcp-framing.ts';

/** Long enough that no test sees it end. */
const NEVER_MS = 600_000;
const PATIENT = { idleMs: NEVER_MS, readMs: NEVER_MS };

const open = async (t: TestContext, options: Partial<TcpOptions> = {}) => {
  const listener = await openTcp({
    endpoint: { address: '127.0.0.1', port: 0 },
    answer: (packet) => packet,
    limits: PATIENT,
    ...options,
  });
  t.after(() => listener.close());
  return listener;
};

const dial = async (port: number, localAddress = '127.0.0.1') => {
  const client = connect({ port, host: '127.0.0.1', localAddress });
  await once(client, 'connect');
  return client;
};

/** Resolves when the connection is over, whether it ended or was reset. */
const gone = (client: Socket) => {
  client.on('error', () => {});
  return new Promise<void>((resolve) => client.once('close', () => resolve()));
};

const message = (text: string) => framed(Buffer.from(text));

const receive = async (client: Socket, count: number) => {
  const framing = new TcpFraming();
  const messages: string[] = [];
  while (messages.length < count) {
    const [octets]: readonly unknown[] = await once(client, 'data');
    assert.ok(octets instanceof Uint8Array);
    messages.push(...framing.push(octets).map((octet) => Buffer.from(octet).toString()));
  }
  return messages;
};

describe('TCP framing', () => {
  test('gives the same messages, however the stream is cut', () => {
    const stream = Buffer.concat([message('one'), message(''), message('x'.repeat(300))]);
    for (const size of [1, 2, 3, 7, 299, stream.length]) {
      const framing = new TcpFraming();
      const messages: string[] = [];
      for (let at = 0; at < stream.length; at += size) {
        const whole = framing.push(stream.subarray(at, at + size));
        messages.push(...whole.map((octets) => Buffer.from(octets).toString()));
      }
      assert.deepEqual(messages, ['one', '', 'x'.repeat(300)], `pieces of ${size}`);
      assert.equal(framing.isWithin, false);
    }
  });
});

describe('a TCP listener', () => {
  test('answers in the order in which answers are ready', async (t) => {
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
    const { endpoint } = await open(t, {
      answer: (packet) => (packet.toString() === 'slow' ? promise : packet),
    });
    const client = await dial(endpoint.port);
    client.write(Buffer.concat([message('slow'), message('fast')]));
    assert.deepEqual(await receive(client, 1), ['fast']);
    resolve(Buffer.from('at last'));
    assert.deepEqual(await receive(client, 1), ['at last']);
    client.destroy();
  });

  test('has no more queries of a connection at once than its limit, and answers all', async (t) => {
    const waiting: ((answer: Uint8Array) => void)[] = [];
    const { endpoint } = await open(t, {
      answer: () => new Promise((resolve) => waiting.push(resolve)),
      limits: { ...PATIENT, pipelinedMax: 3 },
    });
    const client = await dial(endpoint.port);
    const received = receive(client, 10);
    client.write(Buffer.concat(Array.from({ length: 10 }, () => message('query'))));
    for (let answered = 0; answered < 10; ) {
      await new Promise((resolve) => setImmediate(resolve));
      assert.ok(waiting.length <= 3, `${waiting.length} at once`);
      const resolve = waiting.shift();
      if (resolve === undefined) continue;
      answered++;
      resolve(Buffer.from('answer'));
    }
    assert.equal((await received).length, 10);
    client.destroy();
  });

  test('closes a connection that is idle, and one that never ends its message', async (t) => {
    const idle = await open(t, { limits: { ...PATIENT, idleMs: 50 } });
    await gone(await dial(idle.endpoint.port));

    const slow = await open(t, { limits: { ...PATIENT, readMs: 50 } });
    const client = await dial(slow.endpoint.port);
    const over = gone(client);
    // An octet now and then keeps the connection busy, but not the message.
    const drip = setInterval(() => client.write(Buffer.from([0])), 10);
    client.write(Buffer.from([0xff]));
    t.after(() => clearInterval(drip));
    await over;
  });

  test('refuses connections above the limits, and takes others when those are gone', async (t) => {
    const limits = { ...PATIENT, connectionsMax: 3, connectionsPerClientMax: 2 };
    const listener = await open(t, { limits });
    const { port } = listener.endpoint;
    const first = await dial(port);
    const second = await dial(port);
    const third = connect({ port, host: '127.0.0.1' });
    await gone(third);
    assert.deepEqual([listener.connections, listener.refused], [2, 1]);
    const other = await dial(port, '127.0.0.2');
    other.write(message('hello'));
    assert.deepEqual(await receive(other, 1), ['hello']);
    const excess = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.3' });
    await gone(excess);
    assert.equal(listener.refused, 2);

    first.destroy();
    while (listener.connections === 3) await new Promise((resolve) => setImmediate(resolve));
    const again = await dial(port);
    again.write(message('again'));
    assert.deepEqual(await receive(again, 1), ['again']);
    for (const client of [second, other, again]) client.destroy();
  });

  test('reads no more from a client that does not read its answers', async (t) => {
    let asked = 0;
    const large = new Uint8Array(60_000);
    const { endpoint } = await open(t, {
      answer: () => {
        asked++;
        return large;
      },
      limits: { ...PATIENT, unreadOctetsMax: 1 << 17 },
    });
    const client = await dial(endpoint.port);
    client.pause();
    const count = 2000;
    client.write(Buffer.concat(Array.from({ length: count }, () => message('query'))));
    // It stops on its own, far before the last: what the kernels buffer is a few MiB.
    let before = -1;
    while (asked !== before) {
      before = asked;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.ok(asked < count / 2, `${asked} answered`);
    const received = receive(client, count);
    client.resume();
    assert.equal((await received).length, count);
    client.destroy();
  });

  test('ends what is open when it closes', async (t) => {
    const listener = await open(t, { answer: () => new Promise(() => {}) });
    const client = await dial(listener.endpoint.port);
    client.write(message('query'));
    const closed = gone(client);
    await listener.close();
    await closed;
  });
});

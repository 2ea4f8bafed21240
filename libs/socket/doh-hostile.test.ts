import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { until } from '../../test/e2e/isthmus-process.ts';
import { closed, dial, fetch2, GET, open, post, WIRE } from './given-doh.ts';

describe('clients of DNS over HTTPS that want too much', () => {
  test('get as many streams as there may be, and no more answers than that', async (t) => {
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    let asked = 0;
    const { port } = await open(t, {
      answer: () => {
        asked++;
        return promise;
      },
      http: { streamsMax: 5 },
    });
    const session = dial(t, port);
    const [settings]: readonly unknown[] = await once(session, 'remoteSettings');
    assert.equal(Object(settings).maxConcurrentStreams, 5);
    // What is given up leaves room for another stream, but its answer is still being made.
    for (let round = 0; round < 4; round++) {
      const streams = Array.from({ length: 5 }, () => session.request({ ':path': GET }));
      for (const stream of streams) stream.on('error', () => {});
      if (round > 0) {
        const [first] = streams;
        assert.ok(first !== undefined);
        const [headers]: readonly unknown[] = await once(first, 'response');
        assert.equal(Object(headers)[':status'], 503);
      } else await until(async () => asked === 5, 'all are asked');
      for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
    }
    assert.equal(asked, 5);
    resolve(WIRE);
    await promise;
    assert.equal((await fetch2(session, { ':path': GET })).status, 200);
  });

  test('lose the connection when they give up streams by the hundred', async (t) => {
    const { port, admission } = await open(t);
    const session = dial(t, port);
    await once(session, 'connect');
    const over = closed(session);
    for (let begun = 0; begun < 1000 && !session.destroyed && !session.closed; begun++) {
      const stream = session.request({ ':path': GET });
      stream.on('error', () => {});
      await new Promise((turn) => setImmediate(turn));
      stream.close(constants.NGHTTP2_CANCEL);
    }
    await over;
    await until(async () => admission.open === 0, 'it is gone');
    assert.equal((await fetch2(dial(t, port), { ':path': GET })).status, 200);
  });

  test('lose a stream whose body, and whose answer, takes too long', async (t) => {
    // The handshake has no more time than a body, also on a busy machine.
    const { port, admission } = await open(t, { limits: { readMs: 500, writeMs: 500 } });
    const session = dial(t, port);
    const slow = session.request(post());
    slow.on('error', () => {});
    slow.write('a');
    await closed(slow);
    assert.deepEqual({ ...admission.timedOut }, { idle: 0, read: 1, write: 0 });
    // No window for the answer.
    const other = connect(`https://127.0.0.1:${port}`, {
      rejectUnauthorized: false,
      settings: { initialWindowSize: 0 },
    });
    other.on('error', () => {});
    t.after(() => other.destroy());
    const unread = other.request({ ':path': GET });
    unread.on('error', () => {});
    await closed(unread);
    assert.deepEqual({ ...admission.timedOut }, { idle: 0, read: 1, write: 1 });
    assert.equal((await fetch2(session, { ':path': GET })).status, 200);
  });

  test('have no room for bodies that are never whole', async (t) => {
    const { port } = await open(t);
    const session = dial(t, port);
    const large = Array.from({ length: 2 }, () => session.request(post()));
    for (const stream of large) {
      stream.on('error', () => {});
      stream.write(Buffer.alloc(65_535));
    }
    const third = session.request(post());
    const response = once(third, 'response');
    third.write(Buffer.alloc(1000));
    const [headers]: readonly unknown[] = await response;
    assert.equal(Object(headers)[':status'], 503);
    assert.equal((await fetch2(session, { ':path': GET })).status, 200);
  });

  test('are closed when they are silent, or send a head for ever', async (t) => {
    const { port, admission } = await open(t, { limits: { idleMs: 150 }, isPlain: true });
    const dripping = connectTcp(port, '127.0.0.1');
    dripping.on('error', () => {});
    dripping.write('GET / HTTP/1.1\r\nx: ');
    const drip = setInterval(() => dripping.write('x'), 20);
    t.after(() => clearInterval(drip));
    dripping.resume();
    await closed(dripping);
    assert.equal(admission.timedOut.idle, 1);
    const secure = await open(t, { limits: { idleMs: 150 } });
    const session = dial(t, secure.port);
    assert.equal((await fetch2(session, { ':path': GET })).status, 200);
    await closed(session);
    await until(async () => secure.admission.open === 0, 'it is gone');
    assert.equal(secure.admission.timedOut.idle, 1);
  });

  for (const protocol of ['h2', 'http/1.1', 'in the clear']) {
    test(`are gone when they close their side, ${protocol}`, async (t) => {
      const isPlain = protocol === 'in the clear';
      const { port, admission } = await open(t, { isPlain });
      const options = { port, host: '127.0.0.1', ALPNProtocols: [protocol] };
      const client = isPlain
        ? connectTcp(port, '127.0.0.1')
        : connectTls({ ...options, rejectUnauthorized: false });
      client.allowHalfOpen = true;
      await once(client, isPlain ? 'connect' : 'secureConnect');
      if (protocol === 'h2') client.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
      else client.write('GET /');
      client.end();
      client.resume();
      await until(async () => admission.open === 0, 'it is gone');
      client.destroy();
    });
  }

  test('are not counted as silent when they are gone before their answer', async (t) => {
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    const { port, admission } = await open(t, {
      answer: () => promise,
      ...{ isPlain: true, limits: { idleMs: 50 } },
    });
    const client = connectTcp(port, '127.0.0.1');
    client.write(`GET ${GET} HTTP/1.1\r\nhost: x\r\n\r\n`);
    await once(client, 'connect');
    client.end();
    client.resume();
    await until(async () => admission.open === 0, 'it is gone');
    resolve(WIRE);
    const silent = connectTcp(port, '127.0.0.1');
    silent.resume();
    await closed(silent); // its own time was over: that of the other would be
    assert.equal(admission.timedOut.idle, 1);
  });

  test('get no more connections than the listener has', async (t) => {
    const { port, admission } = await open(t, { http: { connectionsMax: 2 } });
    for (let i = 0; i < 2; i++) {
      assert.equal((await fetch2(dial(t, port), { ':path': GET })).status, 200);
    }
    const third = dial(t, port);
    await closed(third);
    assert.equal(admission.refused, 1);
  });

  test('get 431, or nothing, for a head without end', async (t) => {
    const { port, admission } = await open(t, { isPlain: true });
    const client = connectTcp(port, '127.0.0.1');
    client.on('error', () => {});
    client.write(`GET / HTTP/1.1\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`);
    const [octets]: readonly unknown[] = await once(client, 'data');
    assert.match(String(octets), /^HTTP\/1\.1 431 /);
    client.resume();
    await until(async () => admission.open === 0, 'it is gone');
    const secure = await open(t);
    const session = dial(t, secure.port);
    await once(session, 'remoteSettings');
    const stream = session.request({ ':path': GET, x: 'x'.repeat(40_000) });
    await assert.rejects(once(stream, 'response'), /ENHANCE_YOUR_CALM/);
    assert.deepEqual(secure.statuses, []);
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as request1 } from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http2';
import { connect } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { describe, test } from 'node:test';
import { until } from '../../test/e2e/isthmus-process.ts';
import { decode } from '../dns/decode.ts';
import { encode } from '../dns/encode.ts';
import { rcodeName } from '../dns/iana.ts';
import {
  asText,
  closed,
  dial,
  fetch2,
  GET,
  open,
  PACKET,
  post,
  QUERY,
  REPLY,
  TYPE,
  WIRE,
} from './given-doh.ts';
import type { TcpAnswer } from './tcp-connection.ts';

describe('DNS over HTTPS', () => {
  test('answers GET and POST over HTTP/2, with the lifetime of the answer', async (t) => {
    const asked: string[] = [];
    const { port, statuses } = await open(t, {
      answer: async (packet, { address }) => {
        asked.push(`${address} ${asText(packet)}`);
        return WIRE;
      },
    });
    const session = dial(t, port);
    const said = {
      ...{ status: 200, type: TYPE, cacheControl: 'max-age=77', length: `${WIRE.length}` },
      ...{ allow: undefined, octets: WIRE },
    };
    assert.deepEqual(await fetch2(session, { ':path': GET }), said);
    assert.deepEqual(await fetch2(session, post(), PACKET), said);
    assert.deepEqual(await fetch2(session, post(`${TYPE}; x=y`), PACKET), said);
    const head = await fetch2(session, { ':path': GET, ':method': 'HEAD' });
    assert.deepEqual(head, { ...said, octets: Buffer.alloc(0) });
    assert.deepEqual(
      asked,
      Array.from({ length: 4 }, () => `127.0.0.1 ${asText(PACKET)}`),
    );
    assert.deepEqual(statuses, [200, 200, 200, 200]);
  });

  const refused: readonly (readonly [what: string, number, OutgoingHttpHeaders, Uint8Array?])[] = [
    ['another path', 404, { ':path': '/' }],
    ['a path that only begins so', 404, { ':path': `/dns-query/${GET}` }],
    ['GET without a query', 400, { ':path': '/dns-query' }],
    ['two queries', 400, { ':path': `${GET}&dns=AAAA` }],
    ['base64 that is none', 400, { ':path': '/dns-query?dns=!!!' }],
    ['base64 with padding', 400, { ':path': `${GET}%3D` }],
    ['half of a header', 400, { ':path': '/dns-query?dns=AAABAAAB' }],
    ['a response', 400, { ':path': `/dns-query?dns=${WIRE.toString('base64url')}` }],
    ['a body that is no query', 400, post(), Buffer.from('hello')],
    ['PUT', 405, { ...post(), ':method': 'PUT' }, PACKET],
    ['another content type', 415, post('application/json'), PACKET],
    ['no content type', 415, { ':path': '/dns-query', ':method': 'POST' }, PACKET],
    ['a body that is too large', 413, post(), Buffer.alloc(65_536)],
    ['one that says so', 413, { ...post(), 'content-length': 70_000 }, Buffer.alloc(70_000)],
  ];
  for (const [what, status, fields, body] of refused) {
    test(`answers ${what} with ${status}, and goes on`, async (t) => {
      const { port, statuses } = await open(t);
      const session = dial(t, port);
      const response = await fetch2(session, fields, body);
      assert.deepEqual([response.status, response.octets.length], [status, 0]);
      assert.equal(response.allow, status === 405 ? 'GET, HEAD, POST' : undefined);
      assert.equal((await fetch2(session, { ':path': GET })).status, 200);
      assert.deepEqual(statuses, [status, 200]);
    });
  }

  test('says 500 where DNS says nothing, or where answering fails', async (t) => {
    const answers: readonly TcpAnswer[] = [
      () => undefined,
      async () => undefined,
      () => Promise.reject(new Error('a defect')),
    ];
    let next = 0;
    const { port } = await open(t, { answer: (...query) => answers[next++]?.(...query) });
    const session = dial(t, port);
    for (const _ of answers) {
      assert.equal((await fetch2(session, { ':path': GET })).status, 500);
    }
  });

  test('gives a zone only where it is one message', async (t) => {
    const more = (...rest: readonly Uint8Array[]) => rest.values();
    const streams = [
      { first: WIRE, more: more() },
      { first: WIRE, more: more(WIRE) },
    ];
    const { port } = await open(t, { answer: () => streams.shift() });
    const session = dial(t, port);
    assert.deepEqual((await fetch2(session, { ':path': GET })).octets, WIRE);
    const decoded = decode((await fetch2(session, { ':path': GET })).octets);
    assert.equal(decoded.kind === 'message' && rcodeName(decoded.message.rcode), 'REFUSED');
  });

  test('pads for who pads', async (t) => {
    const edns = { udpSize: 1232, version: 0, dnssecOk: false };
    const reply = encode({ ...REPLY, edns: { ...edns, options: [] } });
    const { port } = await open(t, { answer: () => reply });
    const options = [{ code: 12, data: new Uint8Array(7) }];
    const query = encode({ ...QUERY, edns: { ...edns, options } });
    const { octets } = await fetch2(dial(t, port), post(), query);
    assert.equal(octets.length, 468);
  });

  for (const isPlain of [false, true]) {
    test(`speaks HTTP/1.1${isPlain ? ' in the clear, for a proxy' : ' too'}`, async (t) => {
      const { port, admission } = await open(t, { isPlain });
      const { request } = isPlain ? { request: request1 } : await import('node:https');
      for (const method of ['GET', 'POST', 'DELETE']) {
        const path = method === 'GET' ? GET : '/dns-query';
        const headers = { 'content-type': TYPE };
        const rest = isPlain ? {} : { rejectUnauthorized: false };
        const asked = request({ host: '127.0.0.1', port, method, path, headers, ...rest });
        asked.end(method === 'POST' ? PACKET : undefined);
        const [response]: readonly unknown[] = await once(asked, 'response');
        assert.ok(response !== null && typeof response === 'object' && 'statusCode' in response);
        assert.equal(response.statusCode, method === 'DELETE' ? 405 : 200);
        asked.destroy();
      }
      await until(async () => admission.open === 0, 'all are gone');
    });
  }

  test('speaks HTTP/2 in the clear to a proxy that knows', async (t) => {
    const { port } = await open(t, { isPlain: true });
    const session = connect(`http://127.0.0.1:${port}`);
    t.after(() => session.destroy());
    assert.deepEqual((await fetch2(session, post(), PACKET)).octets, WIRE);
    assert.deepEqual((await fetch2(session, { ':path': GET })).octets, WIRE);
  });

  test('closes who says nothing, or ends at once', async (t) => {
    const { port, admission } = await open(t, { isPlain: true, limits: { idleMs: 100 } });
    for (const isEnded of [false, true]) {
      const client = connectTcp(port, '127.0.0.1');
      client.resume();
      if (isEnded) client.end();
      await closed(client);
    }
    await until(async () => admission.open === 0, 'they are gone');
    assert.equal(admission.timedOut.idle, 1);
  });

  test('says that it closes, and ends what is under way', async (t) => {
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    const { port, listener } = await open(t, { answer: () => promise });
    const session = dial(t, port);
    const response = fetch2(session, { ':path': GET });
    await once(session, 'remoteSettings');
    const goaway = once(session, 'goaway');
    const closed = listener.close();
    await goaway;
    resolve(WIRE);
    assert.equal((await response).status, 200);
    await closed;
  });
});

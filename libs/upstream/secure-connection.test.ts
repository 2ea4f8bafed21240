/** TLS and HTTPS to servers whose certificates a test gives. */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Authority, type Certificate } from '../../test/servers/certificates.ts';
import {
  type Respond,
  startHttpsUpstream,
  startTlsUpstream,
} from '../../test/servers/secure-upstream.ts';
import { makeTempDirectory, removeTempDirectory } from '../../test/servers/temp-directory.ts';
import { answerTo, listen, type Script } from '../../test/servers/upstream.ts';
import { formatRecord } from '../dns/presentation.ts';
import { type ClientGiven, givenClient } from './given-client.ts';
import { OPTION_PADDING } from './query-padding.ts';
import type { UpstreamServer } from './upstream-server.ts';

interface Scene {
  after(stop: () => Promise<void>): void;
}

const A = 'a.example. 60 IN A 192.0.2.1';
const answers: Script = (query) => [answerTo(query, [A])];
const NAME = 'dns.example';

let folder = '';
let authority: Authority;
let other: Authority;
let certificate: Certificate;
before(() => {
  folder = makeTempDirectory();
  authority = new Authority(folder);
  other = new Authority(folder, 'other');
  certificate = authority.give('server', `DNS:${NAME}`, 'IP:127.0.0.1');
});
after(() => removeTempDirectory(folder));

const until = async (isSo: () => boolean) => {
  while (!isSo()) await sleep(2);
};

function clientOf(
  t: Scene,
  upstream: { readonly port: number; close(): Promise<void> },
  server: Partial<UpstreamServer>,
  options: ClientGiven,
) {
  const { client, ...rest } = givenClient({ port: upstream.port, ...server }, options);
  t.after(async () => {
    client.close();
    await upstream.close();
  });
  return rest;
}

describe('a server of tls', () => {
  async function scene(
    t: Scene,
    server: Partial<UpstreamServer> = {},
    options: ClientGiven = { tls: { ca: authority.ca } },
    script = answers,
  ) {
    const upstream = await startTlsUpstream(script, certificate, options.tls?.pair && other.ca);
    return { upstream, ...clientOf(t, upstream, { transport: 'tls', ...server }, options) };
  }

  test('is asked many queries on one connection', async (t) => {
    const { upstream, ask, sockets } = await scene(t, { serverName: NAME });
    for (let i = 0; i < 3; i++) assert.deepEqual((await ask()).answer.map(formatRecord), [A]);
    assert.deepEqual(upstream.clients, [`${NAME} -`]);
    assert.deepEqual(sockets, ['tcp-tls miss', 'tcp-tls hit', 'tcp-tls hit']);
    const options = upstream.queries.flatMap(({ edns }) => edns?.options ?? []);
    assert.deepEqual(
      options.map(({ code }) => code),
      [OPTION_PADDING, OPTION_PADDING, OPTION_PADDING],
    );
  });

  test('is known by its address where it has no name', async (t) => {
    const { upstream, ask } = await scene(t);
    assert.equal((await ask()).answer.length, 1);
    assert.deepEqual(upstream.clients, ['- -']);
  });

  test('is not believed with the certificate of another name', async (t) => {
    const { upstream, ask } = await scene(t, { serverName: 'bank.example' });
    await assert.rejects(ask(), /Host: bank.example. is not in the cert's altnames/);
    assert.deepEqual(upstream.asked, []);
  });

  test('is not believed with a certificate of somebody else', async (t) => {
    const options = { tls: { ca: other.ca } };
    const { upstream, ask } = await scene(t, { serverName: NAME }, options);
    await assert.rejects(ask(), /certificate/);
    assert.deepEqual(upstream.asked, []);
  });

  test('is shown who we are', async (t) => {
    const pair = other.give('resolver');
    const { upstream, ask } = await scene(t, {}, { tls: { ca: authority.ca, pair } });
    assert.equal((await ask()).answer.length, 1);
    assert.deepEqual(upstream.clients, ['- resolver']);
  });

  test('is believed by what its file says now', async (t) => {
    const ca = join(folder, 'changing.crt');
    copyFileSync(other.ca, ca);
    const { ask } = await scene(t, {}, { tls: { ca } });
    await assert.rejects(ask(), /certificate/);
    writeFileSync(ca, readFileSync(authority.ca));
    assert.equal((await ask()).answer.length, 1);
    writeFileSync(ca, 'no certificate');
    assert.equal((await ask()).answer.length, 1);
  });

  test('is left when it does not greet, and asked over another connection', async (t) => {
    const silent = createServer(() => {});
    const port = await listen(silent);
    const upstream = { port, close: async () => void silent.close() };
    const { ask } = clientOf(t, upstream, { transport: 'tls' }, { tls: { ca: authority.ca } });
    await assert.rejects(ask('a.', { dialTimeoutMs: 50 }), /no connection within 50 ms/);
  });

  test('that ends the connection with a query is asked again, once', async (t) => {
    let queries = 0;
    const options = { tls: { ca: authority.ca } };
    const { upstream, ask } = await scene(t, {}, options, (query, via) =>
      ++queries === 2 ? ['close'] : answers(query, via),
    );
    await ask();
    await ask();
    assert.equal(upstream.connections.total, 2);
    assert.equal(upstream.asked.length, 3);
  });
});

describe('a server of https', () => {
  async function scene(
    t: Scene,
    options: Partial<ClientGiven> = {},
    respond: Respond = () => ({}),
    script = answers,
    server: Partial<UpstreamServer> = { serverName: NAME },
  ) {
    const upstream = await startHttpsUpstream(script, certificate, respond);
    const given = { tls: { ca: authority.ca }, ...options };
    return { upstream, ...clientOf(t, upstream, { transport: 'https', ...server }, given) };
  }

  test('is asked many queries in one session', async (t) => {
    const { upstream, ask, sockets } = await scene(t);
    for (let i = 0; i < 3; i++) assert.deepEqual((await ask()).answer.map(formatRecord), [A]);
    const all = Array.from({ length: 250 }, () => ask());
    for (const reply of await Promise.all(all)) assert.equal(reply.answer.length, 1);
    assert.deepEqual(sockets.slice(0, 2), ['https miss', 'https hit']);
    assert.equal(upstream.connections.total, 3, 'a hundred in each');
    assert.deepEqual(new Set(upstream.queries.map(({ id }) => id)), new Set([0]));
    assert.equal(upstream.requests[0], `POST /dns-query ${NAME}:${upstream.port}`);
  });

  test('is asked with GET, and at another path', async (t) => {
    const server = { path: '/ask?key=1' };
    const { upstream, ask } = await scene(t, { dohMethod: 'GET' }, undefined, undefined, server);
    assert.deepEqual((await ask()).answer.map(formatRecord), [A]);
    assert.deepEqual(upstream.requests, [`GET /ask 127.0.0.1:${upstream.port}`]);
  });

  test('has kept what it says for some time', async (t) => {
    const { ask } = await scene(t, {}, () => ({ headers: { age: '45' } }));
    assert.equal((await ask()).answer[0]?.ttl, 15);
  });

  const rows: readonly (readonly [what: string, respond: Respond, why: RegExp])[] = [
    ['fails', () => ({ headers: { ':status': 502 } }), /HTTP status 502/],
    ['redirects', () => ({ headers: { ':status': 302, location: '/' } }), /HTTP status 302/],
    [
      'sends a page',
      () => ({ headers: { 'content-type': 'text/html' } }),
      /the media type "text\/html", not application\/dns-message/,
    ],
    ['sends too much', () => ({ body: new Uint8Array(70_000) }), /more than 65535 octets/],
    ['sends nothing', () => ({ body: new Uint8Array() }), /a reply to another query over HTTPS/],
    ['sends a part', (body) => ({ body: body.subarray(0, 20) }), /an unreadable reply/],
    ['resets the stream', () => ({ ends: 'at once' }), /NGHTTP2_REFUSED_STREAM|closed/],
  ];
  for (const [what, respond, why] of rows) {
    test(`that ${what} is no upstream`, async (t) => {
      const { ask } = await scene(t, {}, respond);
      await assert.rejects(ask(), why);
      await assert.rejects(ask(), why);
    });
  }

  test('that is silent fails the query, and is asked over another connection', async (t) => {
    let isSilent = true;
    const { upstream, ask } = await scene(t, {}, undefined, (query, via) =>
      isSilent ? [] : answers(query, via),
    );
    await assert.rejects(ask('a.', { readTimeoutMs: 50 }), /no reply within 50 ms over HTTPS/);
    isSilent = false;
    await ask();
    assert.equal(upstream.connections.total, 2);
    await until(() => upstream.connections.open === 1);
  });

  test('that never ends its reply fails the query in time', async (t) => {
    const { ask } = await scene(t, {}, (body) => ({ body: body.subarray(0, 9), ends: 'never' }));
    await assert.rejects(ask('a.', { readTimeoutMs: 50 }), /no reply within 50 ms over HTTPS/);
  });

  test('that ends the session with a query is asked again, once', async (t) => {
    let queries = 0;
    const { upstream, ask } = await scene(t, {}, undefined, (query, via) =>
      ++queries === 2 ? ['close'] : answers(query, via),
    );
    await ask();
    await ask();
    assert.equal(upstream.connections.total, 2);
    assert.equal(upstream.asked.length, 3);
  });

  test('that opens slowly is waited for by those who have the time', async (t) => {
    const upstream = await startHttpsUpstream(answers, certificate, () => ({}));
    const gate = Promise.withResolvers<void>();
    const slow = createServer(async (socket) => {
      await gate.promise;
      const onward = connect(upstream.port, upstream.address);
      for (const one of [socket, onward]) one.on('error', () => {});
      socket.pipe(onward).pipe(socket);
    });
    const port = await listen(slow);
    t.after(async () => void slow.close());
    const tls = { ca: authority.ca };
    const server = { transport: 'https', port, serverName: NAME } as const;
    const { ask } = clientOf(t, upstream, server, { tls });
    const hasNoTime = assert.rejects(
      ask('a.', { dialTimeoutMs: 20 }),
      /no connection within 20 ms/,
    );
    const hasTime = ask();
    await hasNoTime;
    gate.resolve();
    assert.deepEqual((await hasTime).answer.map(formatRecord), [A]);
  });

  test('that speaks no HTTP/2 is none', async (t) => {
    const upstream = await startTlsUpstream(answers, certificate);
    const options = { tls: { ca: authority.ca } };
    const { ask } = clientOf(t, upstream, { transport: 'https' }, options);
    await assert.rejects(ask(), /HTTP\/2|alert|protocol/);
  });

  test('is not believed with the certificate of another name', async (t) => {
    const server = { serverName: 'bank.example' };
    const { upstream, ask } = await scene(t, {}, undefined, undefined, server);
    await assert.rejects(ask(), /is not in the cert's altnames/);
    assert.deepEqual(upstream.asked, []);
  });
});

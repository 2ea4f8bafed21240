import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { after, describe, test } from 'node:test';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { until } from '../../test/e2e/isthmus-process.ts';
import { Authority, type Certificate } from '../../test/servers/certificates.ts';
import { makeTempDirectory, removeTempDirectory } from '../../test/servers/temp-directory.ts';
import { ServerKeys } from '../tls/server-keys.ts';
import { openTcp } from './tcp.ts';
import type { TcpAnswer } from './tcp-connection.ts';
import { framed, TcpFraming } from './tcp-framing.ts';
import type { TcpLimits } from './tcp-limits.ts';
import { TcpAdmission } from './tcp-limits.ts';
import type { ClientAuth } from './tls-acceptor.ts';

/** Long enough that no test sees it end. */
const NEVER_MS = 600_000;
const PATIENT = { idleMs: NEVER_MS, readMs: NEVER_MS, writeMs: NEVER_MS };
const HERE = 'IP:127.0.0.1';

const folder = makeTempDirectory();
after(() => removeTempDirectory(folder));
const authority = new Authority(folder);
const server = authority.give('server', HERE);
const renewed = authority.give('renewed', HERE);
const friend = authority.give('friend');
const strangers = new Authority(makeTempDirectory(), 'strangers');
after(() => removeTempDirectory(strangers.folder));
const stranger = strangers.give('stranger');

const echo: TcpAnswer = (packet) => packet;
let files = 0;

interface Given {
  readonly answer?: TcpAnswer;
  readonly clientAuth?: ClientAuth;
  readonly limits?: Partial<TcpLimits>;
}

async function open(t: TestContext, { answer = echo, clientAuth = 'nocert', limits }: Given = {}) {
  const said: string[] = [];
  const tell = (text: string) => said.push(text);
  const place = join(folder, `${files++}`);
  const own = { cert: `${place}.crt`, key: `${place}.key` };
  const give = (which: Certificate) => {
    copyFileSync(which.cert, own.cert);
    copyFileSync(which.key, own.key);
  };
  give(server);
  const keys = new ServerKeys({ ...own, ca: authority.ca }, { info: tell, warning: tell });
  const admission = new TcpAdmission({ ...PATIENT, ...limits });
  const endpoint = { address: '127.0.0.1', port: 0 };
  const security = { keys, clientAuth };
  const listener = await openTcp({ endpoint, scheme: 'tls', answer, admission, security });
  t.after(() => listener.close());
  return { listener, admission, keys, own, give, said, port: listener.endpoint.port };
}

async function dial(port: number, options: ConnectionOptions = {}) {
  const client = connect({ port, host: '127.0.0.1', ca: [readCa()], ...options });
  client.on('error', () => {});
  await once(client, 'secureConnect');
  return client;
}

const readCa = () => readFileSync(authority.ca);
const pairOf = ({ cert, key }: Certificate) => {
  return { cert: readFileSync(cert), key: readFileSync(key) };
};

const ask = async (client: TLSSocket, ...texts: readonly string[]) => {
  client.write(Buffer.concat(texts.map((text) => framed(Buffer.from(text)))));
  const framing = new TcpFraming();
  const messages: string[] = [];
  while (messages.length < texts.length) {
    const [octets]: readonly unknown[] = await once(client, 'data');
    assert.ok(octets instanceof Uint8Array);
    messages.push(...framing.push(octets).map((packet) => Buffer.from(packet).toString()));
  }
  return messages;
};

/** Resolves when the connection is over, whether it ended or was reset. */
const gone = (client: Socket) => {
  client.on('error', () => {});
  client.resume();
  return new Promise<void>((resolve) => client.once('close', () => resolve()));
};
const emptied = (admission: TcpAdmission) =>
  until(async () => admission.open === 0, 'all are gone');

describe('DNS over TLS', () => {
  test('is DNS over TCP within TLS 1.2 or 1.3, with ALPN dot or without', async (t) => {
    const { port, admission } = await open(t);
    for (const options of [
      { minVersion: 'TLSv1.3', ALPNProtocols: ['dot'] },
      { maxVersion: 'TLSv1.2' },
    ] as const) {
      const client = await dial(port, options);
      assert.deepEqual(await ask(client, 'one', 'two', 'three'), ['one', 'two', 'three']);
      client.end();
      await gone(client);
    }
    await emptied(admission);
    assert.equal(admission.handshakesFailed, 0);
  });

  test('answers what came before the client closed its side', async (t) => {
    const { port, admission } = await open(t);
    const client = await dial(port);
    client.allowHalfOpen = true;
    const answers = ask(client, 'last words');
    client.end();
    assert.deepEqual(await answers, ['last words']);
    await gone(client);
    await emptied(admission);
  });

  const refused: readonly (readonly [what: string, options: ConnectionOptions])[] = [
    ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['another protocol of ALPN', { ALPNProtocols: ['h2'] }],
  ];
  for (const [what, options] of refused) {
    test(`refuses ${what}, and counts it`, async (t) => {
      const { port, admission } = await open(t);
      await assert.rejects(dial(port, options), /alert/i);
      await until(async () => admission.handshakesFailed === 1, 'it is counted');
      await emptied(admission);
    });
  }

  test('closes who speaks no TLS', async (t) => {
    const { port, admission } = await open(t);
    for (const text of ['GET / HTTP/1.1\r\n\r\n', framed(Buffer.from('a query in the clear'))]) {
      const client = connectTcp(port, '127.0.0.1');
      client.write(text);
      await gone(client);
    }
    await emptied(admission);
    assert.equal(admission.handshakesFailed, 2);
  });

  test('closes who does not end the handshake in time, or goes within it', async (t) => {
    const { port, admission } = await open(t, { limits: { readMs: 100 } });
    const silent = connectTcp(port, '127.0.0.1');
    await gone(silent);
    assert.equal(admission.handshakesFailed, 1);
    const short = connectTcp(port, '127.0.0.1');
    short.write(Buffer.from('1603010200', 'hex')); // a ClientHello begins
    await once(short, 'connect');
    short.resetAndDestroy();
    await until(async () => admission.handshakesFailed === 2, 'it is counted');
    await emptied(admission);
  });

  test('has the limits of TCP', async (t) => {
    const { port, admission } = await open(t, { limits: { connectionsMax: 1, idleMs: 200 } });
    const client = await dial(port);
    const more = connectTcp(port, '127.0.0.1');
    await gone(more);
    assert.equal(admission.refused, 1);
    await gone(client);
    assert.equal(admission.timedOut.idle, 1);
  });

  test('makes no more answers than a client reads, and closes one that reads none', async (t) => {
    let made = 0;
    const answer = () => {
      made++;
      return Buffer.alloc(60_000);
    };
    const { port, admission } = await open(t, { answer, limits: { writeMs: 300 } });
    const client = await dial(port);
    const query = framed(Buffer.from('all of it'));
    client.write(Buffer.concat(Array.from({ length: 5000 }, () => query)));
    client.pause();
    await until(async () => admission.timedOut.write === 1, 'it is closed');
    await emptied(admission);
    assert.ok(made < 500, `${made} were made`);
    client.destroy();
  });

  test('gives an answer of many messages as fast as it is read', async (t) => {
    let [made, received] = [0, 0];
    function* more() {
      while (made < 1000) {
        made++;
        yield Buffer.alloc(20_000);
      }
    }
    const { port } = await open(t, { answer: () => ({ first: Buffer.from('one'), more: more() }) });
    const client = await dial(port);
    const framing = new TcpFraming();
    client.write(framed(Buffer.from('all of it')));
    for await (const octets of client) {
      received += framing.push(octets).length;
      assert.ok(made - received < 300, `${made} were made, ${received} received`);
      if (received === 1001) break;
    }
    assert.equal(received, 1001);
  });

  test('ends connections in order when it closes', async (t) => {
    const { port, listener } = await open(t);
    const client = await dial(port);
    const ended = once(client, 'end'); // an alert, not a reset
    client.resume();
    await listener.close();
    await ended;
  });
});

describe('certificates of clients', () => {
  const nobody = {};
  const [known, unknown] = [pairOf(friend), pairOf(stranger)];
  const rows: readonly (readonly [ClientAuth, string, boolean, boolean, boolean])[] = [
    ['nocert', 'are not asked for', true, true, true],
    ['request', 'may be any, or none', true, true, true],
    ['require', 'must be there', false, true, true],
    ['verify_if_given', 'must be of the CA where they are there', true, true, false],
    ['require_and_verify', 'must be there, of the CA', false, true, false],
  ];
  for (const [clientAuth, what, without, ours, others] of rows) {
    test(`with ${clientAuth} ${what}`, async (t) => {
      const { port } = await open(t, { clientAuth });
      const isAnswered = async (options: ConnectionOptions) => {
        const client = connect({ port, host: '127.0.0.1', ca: [readCa()], ...options });
        const over = gone(client).then(() => false);
        client.write(framed(Buffer.from('who am I')));
        const answered = once(client, 'data').then(
          () => true,
          () => false,
        );
        const is = await Promise.race([answered, over]);
        client.destroy();
        return is;
      };
      assert.deepEqual(
        [await isAnswered(nobody), await isAnswered(known), await isAnswered(unknown)],
        [without, ours, others],
      );
    });
  }
});

describe('a certificate that is renewed', () => {
  const nameOf = (client: TLSSocket) => client.getPeerCertificate().subject.CN;

  test('is given to new connections, and leaves the others', async (t) => {
    const { port, keys, give, said, own } = await open(t);
    await keys.look();
    const before = await dial(port);
    give(renewed);
    await keys.look();
    const after = await dial(port);
    assert.deepEqual([nameOf(before), nameOf(after)], ['server', 'renewed']);
    assert.deepEqual(await ask(before, 'still here'), ['still here']);
    assert.deepEqual(said, [`"${own.cert}" says something else: new connections have it`]);
    for (const client of [before, after]) client.destroy();
  });

  test('that can not be used is told once, and the one before goes on', async (t) => {
    const { port, keys, give, own, said } = await open(t);
    await keys.look();
    const first = await dial(port);
    copyFileSync(renewed.cert, own.cert); // its key is not there yet
    for (let looks = 0; looks < 3; looks++) await keys.look();
    writeFileSync(own.key, 'no key');
    await keys.look();
    const second = await dial(port);
    assert.equal(nameOf(second), 'server');
    assert.equal(said.length, 2);
    assert.match(said[0] ?? '', /Cannot use ".*" for TLS: .*mismatch.*; what was read before is/s);
    assert.match(said[1] ?? '', /expected the private key of ".*" in PEM form; what was/s);
    give(renewed);
    await keys.look();
    const third = await dial(port);
    assert.equal(nameOf(third), 'renewed');
    for (const client of [first, second, third]) client.destroy();
  });
});

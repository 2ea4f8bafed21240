/** DNS over TLS and HTTPS of a process: real clients, renewed certificates, reloads, the end. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { Authority, type Certificate } from '../servers/certificates.ts';
import { findServer, missingServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { short } from './ask.ts';
import { DEMO } from './demo.ts';
import { startReloadProcess } from './reload-process.ts';
import {
  dialHttps,
  fetchHttps,
  pathFor,
  queryFor,
  shortHttps,
  shortOf,
  shortTls,
  TlsClient,
} from './secure-clients.ts';

const run = promisify(execFile);
const WEB = 'web.shop.svc.cluster.local';
const SHOWN = '10.96.0.10';

const folder = makeTempDirectory();
after(() => removeTempDirectory(folder));
const authority = new Authority(folder);
const first = authority.give('first', 'IP:127.0.0.1');
const renewed = authority.give('renewed', 'IP:127.0.0.1');

interface Said {
  readonly keys?: string;
  /** Of the main block. */
  readonly main?: string;
  readonly more?: string;
}

async function started(t: TestContext, said: Said = {}) {
  const own = makeTempDirectory();
  t.after(() => removeTempDirectory(own));
  const files = { cert: join(own, 'tls.crt'), key: join(own, 'tls.key') };
  const give = ({ cert, key }: Certificate) => {
    copyFileSync(cert, files.cert);
    copyFileSync(key, files.key);
  };
  give(first);
  const ports = { dns: await freePort(), tls: await freePort(), https: await freePort() };
  const http = await freePort();
  const all = `.:${ports.dns} tls://.:${ports.tls} https://.:${ports.https}`;
  const textOf = ({ keys = all, main = '', more = '' }: Said = {}) => `${keys} {
    bind 127.0.0.1
    prometheus 127.0.0.1:${http}
    ready 127.0.0.1:${http}
    tls ${files.cert} ${files.key}
    federation cluster.local {
        home east
        cluster east manifests "${join(DEMO, 'east')}"
    }
    ${main}
}
${more}
`;
  const process = await startReloadProcess(t, textOf(said), http);
  const reload = (next: Said) => process.reload(textOf(next));
  return { ports, all, files, give, process, reload, isthmus: process.isthmus };
}

const tools = [
  ['dig', ['+tls'], 'tls'],
  ['dig', ['+https'], 'https'],
  ['dig', ['+https-get'], 'https'],
  ['dig', ['+https-post'], 'https'],
  ['kdig', ['+tls', '+tls-ca', '+tls-hostname=127.0.0.1'], 'tls'],
  ['kdig', ['+tls', '+padding=128'], 'tls'],
  ['kdig', ['+https'], 'https'],
  ['kdig', ['+https-get'], 'https'],
] as const;

describe('encrypted listeners of a process', () => {
  test('are printed, answer from the table, and are counted by their names', async (t) => {
    const { ports, process, isthmus } = await started(t);
    assert.match(isthmus.output, new RegExp(`127\\.0\\.0\\.1:${ports.tls}, DNS over TLS`));
    assert.match(isthmus.output, new RegExp(`127\\.0\\.0\\.1:${ports.https}, DNS over HTTPS`));
    assert.equal(await shortTls(ports.tls, WEB), SHOWN);
    assert.equal(await shortTls(ports.tls, 'none.shop.svc.cluster.local'), 'NXDOMAIN');
    assert.equal(await shortHttps(ports.https, WEB), SHOWN);
    assert.equal(await shortHttps(ports.https, 'example.org'), 'REFUSED');
    assert.equal(await short(ports.dns, WEB), SHOWN);
    const counted = await process.metric('coredns_dns_requests_total');
    for (const server of [`tls://127.0.0.1:${ports.tls}`, `https://127.0.0.1:${ports.https}`]) {
      assert.ok(
        counted.some((line) => line.includes(`server="${server}"`) && line.includes('proto="tcp"')),
        `${server} in ${counted.join('\n')}`,
      );
    }
    assert.deepEqual(await process.metric('coredns_https_responses_total'), [
      `coredns_https_responses_total{server="https://127.0.0.1:${ports.https}",status="200"} 2`,
    ]);
    const handedOver = await process.metric('isthmus_table_handed_over_total{proto="tcp"}');
    assert.deepEqual(handedOver, ['isthmus_table_handed_over_total{proto="tcp"} 1']);
  });

  for (const [tool, options, scheme] of tools) {
    const found = findServer(tool);
    const skip = found === undefined && missingServer(tool);
    test(`answer ${tool} ${options.join(' ')}`, { skip }, async (t) => {
      const { ports } = await started(t);
      const given = options.map((one) => (one === '+tls-ca' ? `+tls-ca=${authority.ca}` : one));
      const args = ['@127.0.0.1', '-p', `${ports[scheme]}`, ...given, '+short', WEB];
      const { stdout } = await run(found ?? '', args);
      assert.equal(stdout.trim(), SHOWN);
    });
  }

  test('say how long HTTP caches may keep what they say', async (t) => {
    const { ports } = await started(t);
    const session = dialHttps(ports.https);
    t.after(() => session.destroy());
    const rows = [
      [`${WEB} A`, 'max-age=5'],
      ['none.shop.svc.cluster.local A', 'max-age=5'],
      ['example.org A', 'max-age=0'],
    ] as const;
    for (const [question, lifetime] of rows) {
      const { headers } = await fetchHttps(session, { ':path': pathFor(queryFor(question)) });
      assert.equal(headers['cache-control'], lifetime, question);
      assert.equal(headers['content-type'], 'application/dns-message');
    }
  });

  test('have a renewed certificate, and keep the connections of the one before', async (t) => {
    const { ports, give, isthmus, files } = await started(t);
    const before = new TlsClient(ports.tls);
    t.after(() => before.close());
    await once(before.socket, 'secureConnect');
    writeFileSync(files.key, 'half a key');
    await isthmus.says(/plugin\/tls: Cannot use ".*tls\.key" for TLS: .*; what was read before is/);
    assert.equal(await shortTls(ports.tls, WEB), SHOWN);
    give(renewed);
    await isthmus.says(/plugin\/tls: ".*tls\.crt" says something else: new connections have it/);
    const next = new TlsClient(ports.tls);
    t.after(() => next.close());
    await once(next.socket, 'secureConnect');
    assert.equal(next.socket.getPeerCertificate().subject.CN, 'renewed');
    assert.equal(before.socket.getPeerCertificate().subject.CN, 'first');
    assert.equal(shortOf((await before.ask(queryFor(WEB))) ?? new Uint8Array()), SHOWN);
  });

  test('hand out a zone over TLS, and over HTTPS where it is one message', async (t) => {
    const { ports } = await started(t, { main: 'transfer {\n to *\n }' });
    const client = new TlsClient(ports.tls);
    t.after(() => client.close());
    const query = queryFor('cluster.local AXFR', { edns: undefined });
    const message = await client.ask(query);
    assert.ok(message !== undefined);
    assert.match(shortOf(message), /10\.96\.0\.10/);
    assert.equal(await shortHttps(ports.https, 'cluster.local AXFR'), shortOf(message));
  });
});

describe('encrypted listeners and a changed Corefile', () => {
  test('stay, come and go, and no connection of those that stay is lost', async (t) => {
    const { ports, all, reload } = await started(t);
    const staying = new TlsClient(ports.tls);
    t.after(() => staying.close());
    const says = async () => shortOf((await staying.ask(queryFor(WEB))) ?? new Uint8Array());
    assert.equal(await says(), SHOWN);
    const session = dialHttps(ports.https);
    t.after(() => session.destroy());
    await once(session, 'connect');
    const goodbye = once(session, 'goaway');

    await reload({ keys: all.replace(/ https:\S+/, '') });
    await goodbye;
    assert.equal(await says(), SHOWN);
    const port = await freePort();
    await reload({ keys: `${all} tls://.:${port}`, main: 'acl {\n block type TXT\n }' });
    assert.equal(await says(), SHOWN);
    assert.equal(await shortTls(port, WEB), SHOWN);
    assert.equal(await shortHttps(ports.https, `${WEB} TXT`), 'REFUSED');
    assert.equal(shortOf((await staying.ask(queryFor(`${WEB} TXT`))) ?? queryFor('')), 'REFUSED');
  });

  test('have the tls of now for new connections', async (t) => {
    const { ports, all, files, process, reload } = await started(t);
    assert.equal(await shortTls(ports.tls, WEB), SHOWN);
    const tls = `tls ${files.cert} ${files.key} ${authority.ca} {
      client_auth require_and_verify
    }`;
    const more = `example.org:${ports.dns} {\n bind 127.0.0.1\n }`;
    await reload({
      keys: `.:${ports.dns}`,
      more: `tls://.:${ports.tls} {\n bind 127.0.0.1\n${tls}\n}`,
    });
    assert.equal(await shortTls(ports.tls, WEB), 'closed');
    const friend = { cert: readFileSync(renewed.cert), key: readFileSync(renewed.key) };
    assert.equal(await shortTls(ports.tls, WEB, friend), 'REFUSED');
    await process.refused(`${all} {\n bind 127.0.0.1\n }\n${more}`);
    await process.isthmus.says(/all stays as it was: .*Corefile:1: .* it has no certificate/);
  });

  test('follow those in the clear at their port, and the other way round', async (t) => {
    const { ports, all, reload } = await started(t);
    const other = await freePort();
    await reload({ keys: all.replace(`:${ports.dns}`, `:${other}`).replace('tls://.', '.') });
    assert.equal(await short(ports.tls, WEB), SHOWN);
    await reload({ keys: all });
    assert.equal(await shortTls(ports.tls, WEB), SHOWN);
  });
});

describe('encrypted listeners of a process that ends', () => {
  test('answer through lameduck, then say goodbye', async (t) => {
    const port = await freePort();
    const { ports, isthmus } = await started(t, {
      main: `health 127.0.0.1:${port} {\n lameduck 1s\n }`,
    });
    const client = new TlsClient(ports.tls);
    const session = dialHttps(ports.https);
    t.after(() => session.destroy());
    await Promise.all([once(client.socket, 'secureConnect'), once(session, 'connect')]);
    const [goodbye, end] = [once(session, 'goaway'), once(client.socket, 'end')];
    isthmus.signal('SIGTERM');
    await isthmus.says(/lameduck/);
    assert.equal(await shortTls(ports.tls, WEB), SHOWN);
    assert.equal(shortOf((await client.ask(queryFor(WEB))) ?? new Uint8Array()), SHOWN);
    await Promise.all([goodbye, end]);
    assert.equal(await isthmus.exit(), 0);
  });

  test('are without plain listeners where none is asked for', async (t) => {
    const port = await freePort();
    const { ports, isthmus } = await started(t, { keys: `https://.:${port}` });
    assert.equal(await shortHttps(port, WEB), SHOWN);
    assert.match(isthmus.output, new RegExp(`dig \\+https @127\\.0\\.0\\.1 -p ${port} `));
    const socket = connect(ports.dns, '127.0.0.1');
    await assert.rejects(once(socket, 'connect'), /ECONNREFUSED/);
  });
});

/**
 * Listeners of TLS and HTTPS beside CoreDNS with the same Corefile: what is answered to each
 * request, which clients may come in, and what CoreDNS says where we do not say the same.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { OutgoingHttpHeaders } from 'node:http2';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { IsthmusProcess } from '../e2e/isthmus-process.ts';
import {
  DOH_TYPE,
  dialHttps,
  fetchHttps,
  pathFor,
  queryFor,
  shortOf,
  shortTls,
} from '../e2e/secure-clients.ts';
import { Authority } from '../servers/certificates.ts';
import { findServer } from '../servers/find-server.ts';
import { freePort } from '../servers/free-port.ts';
import { ServerProcess } from '../servers/server-process.ts';
import { makeTempDirectory, removeTempDirectory } from '../servers/temp-directory.ts';
import { corednsMissing } from './coredns.ts';

const ZONE = `
test. 60 IN SOA ns.test. host.test. 1 7200 1800 86400 30
test. 60 IN NS ns.test.
ns.test. 60 IN A 192.0.2.53
a.test. 60 IN A 192.0.2.1
a.test. 60 IN A 192.0.2.2
`;

const A = queryFor('a.test A');
const POST = { ':method': 'POST', ':path': '/dns-query', 'content-type': DOH_TYPE };

interface HttpRow {
  readonly what: string;
  readonly fields: OutgoingHttpHeaders;
  readonly body?: Uint8Array;
  /** Status, lifetime, answer. */
  readonly said: string;
  /** What CoreDNS says where it is something else; the READMEs of tls and https say why. */
  readonly theirs?: string;
}

const ANSWER = '192.0.2.1 192.0.2.2';
const HTTP: readonly HttpRow[] = [
  { what: 'GET', fields: { ':path': pathFor(A) }, said: `200 max-age=60 ${ANSWER}` },
  { what: 'POST', fields: POST, body: A, said: `200 max-age=60 ${ANSWER}` },
  {
    what: 'GET of what has another type',
    fields: { ':path': pathFor(queryFor('a.test TXT')) },
    said: '200 max-age=30 NOERROR',
    theirs: '200 max-age=60 NOERROR',
  },
  {
    what: 'GET of what does not exist',
    fields: { ':path': pathFor(queryFor('none.test A')) },
    said: '200 max-age=30 NXDOMAIN',
    theirs: '200 max-age=60 NXDOMAIN',
  },
  {
    what: 'GET of what is not served',
    fields: { ':path': pathFor(queryFor('example.org A')) },
    said: '200 max-age=0 REFUSED',
    theirs: '200 max-age=5 REFUSED',
  },
  {
    what: 'HEAD',
    fields: { ':method': 'HEAD', ':path': pathFor(A) },
    said: '200 max-age=60',
    theirs: '400',
  },
  { what: 'another path', fields: { ':path': '/' }, said: '404' },
  { what: 'GET without a query', fields: { ':path': '/dns-query' }, said: '400' },
  { what: 'two queries', fields: { ':path': `${pathFor(A)}&dns=AAAA` }, said: '400' },
  { what: 'base64 with padding', fields: { ':path': `${pathFor(A)}=` }, said: '400' },
  {
    what: 'something else beside',
    fields: { ':path': `${pathFor(A)}&x=y` },
    said: `200 max-age=60 ${ANSWER}`,
  },
  {
    what: 'PUT',
    fields: { ...POST, ':method': 'PUT' },
    body: A,
    said: '405',
    theirs: '400',
  },
  {
    what: 'another content type',
    fields: { ...POST, 'content-type': 'text/plain' },
    body: A,
    said: '415',
    theirs: `200 max-age=60 ${ANSWER}`,
  },
  { what: 'a body that is no query', fields: POST, body: Buffer.from('hello'), said: '400' },
  {
    what: 'a body that is too large',
    fields: POST,
    body: Buffer.alloc(70_000),
    said: '413',
    theirs: '400',
  },
  {
    what: 'another opcode',
    fields: POST,
    body: queryFor('a.test A', { opcode: 2 }),
    said: '200 max-age=0 NOTIMP',
    theirs: '400',
  },
];

const CLIENT_AUTHS = [
  'nocert',
  'request',
  'require',
  'verify_if_given',
  'require_and_verify',
] as const;

const missing = corednsMissing();

describe('encrypted listeners', { skip: missing ?? false }, () => {
  const folder = makeTempDirectory();
  const authority = new Authority(folder);
  authority.give('server', 'IP:127.0.0.1');
  const friend = authority.give('friend');
  const strangers = makeTempDirectory();
  const stranger = new Authority(strangers, 'strangers').give('stranger');
  const ports = { ours: new Map<string, number>(), theirs: new Map<string, number>() };
  let isthmus: IsthmusProcess | undefined;
  let coredns: ServerProcess | undefined;

  before(async () => {
    writeFileSync(join(folder, 'db.test'), ZONE);
    for (const who of ['ours', 'theirs'] as const) {
      const port = async (name: string) => {
        const free = await freePort();
        ports[who].set(name, free);
        return free;
      };
      let text = '';
      for (const policy of CLIENT_AUTHS) {
        text += `tls://test:${await port(policy)} {
    bind 127.0.0.1
    tls server.crt server.key authority.crt {
        client_auth ${policy}
    }
    file db.test
}\n`;
      }
      for (const name of ['https', 'plain']) {
        text += `https://test:${await port(name)} {
    bind 127.0.0.1
    ${name === 'https' ? 'tls server.crt server.key' : ''}
    file db.test
}\n`;
      }
      writeFileSync(join(folder, who), text);
    }
    isthmus = new IsthmusProcess(['up', '-conf', 'ours'], { cwd: folder });
    const args = ['-conf', 'theirs'];
    coredns = new ServerProcess('coredns', findServer('coredns') ?? '', args, folder);
    await isthmus.says(/Isthmus answers DNS on/);
    await coredns.until(
      async () => (await shortTls(portOf('theirs', 'nocert'), 'a.test')) !== 'closed',
    );
  });
  after(async () => {
    await isthmus?.kill();
    await coredns?.kill();
    removeTempDirectory(folder);
    removeTempDirectory(strangers);
  });

  const portOf = (who: keyof typeof ports, name: string) => ports[who].get(name) ?? 0;

  for (const { what, fields, body, said, theirs } of HTTP) {
    test(`HTTPS: ${what}`, async () => {
      const saidBy = async (who: keyof typeof ports) => {
        const session = dialHttps(portOf(who, 'https'));
        const { status, headers, body: octets } = await fetchHttps(session, fields, body);
        session.destroy();
        const isAnswer = status === 200 && octets.length > 0;
        const parts = [status, headers['cache-control'], isAnswer ? shortOf(octets) : undefined];
        return parts.filter((part) => part !== undefined).join(' ');
      };
      assert.equal(await saidBy('theirs'), theirs ?? said, 'CoreDNS');
      assert.equal(await saidBy('ours'), said, 'Isthmus');
    });
  }

  test('HTTPS without tls is HTTP/1.1 in the clear', async () => {
    for (const who of ['theirs', 'ours'] as const) {
      const response = await fetch(`http://127.0.0.1:${portOf(who, 'plain')}${pathFor(A)}`);
      assert.equal(response.headers.get('content-type'), DOH_TYPE);
      assert.equal(shortOf(new Uint8Array(await response.arrayBuffer())), ANSWER);
    }
  });

  const pairOf = ({ cert, key }: typeof friend) => {
    return { cert: readFileSync(cert), key: readFileSync(key) };
  };
  const clients: Readonly<Record<string, ConnectionOptions>> = {
    nobody: {},
    friend: pairOf(friend),
    stranger: pairOf(stranger),
  };
  for (const policy of CLIENT_AUTHS) {
    for (const [client, options] of Object.entries(clients)) {
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
        test(`TLS: ${client} where client_auth is ${policy}, ${maxVersion}`, async () => {
          const saidBy = (who: keyof typeof ports) =>
            shortTls(portOf(who, policy), 'a.test A', { ...options, maxVersion });
          assert.equal(await saidBy('ours'), await saidBy('theirs'));
        });
      }
    }
  }

  test('TLS: a client that names another protocol', async () => {
    const options = { ALPNProtocols: ['h2'] };
    assert.equal(await shortTls(portOf('theirs', 'nocert'), 'a.test A', options), ANSWER);
    assert.equal(await shortTls(portOf('ours', 'nocert'), 'a.test A', options), 'closed');
  });

  test('TLS: a client that is older than TLS 1.2', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    for (const who of ['theirs', 'ours'] as const) {
      assert.equal(await shortTls(portOf(who, 'nocert'), 'a.test A', old), 'closed');
    }
  });

  test('TLS: a client that pads', async () => {
    const options = [{ code: 12, data: new Uint8Array(30) }];
    const edns = { udpSize: 1232, version: 0, dnssecOk: false, options };
    const lengths: number[] = [];
    for (const who of ['theirs', 'ours'] as const) {
      const session = dialHttps(portOf(who, 'https'));
      const { body } = await fetchHttps(session, POST, queryFor('a.test A', { edns }));
      session.destroy();
      lengths.push(body.length % 468);
    }
    assert.equal(lengths[1], 0);
    assert.notEqual(lengths[0], 0);
  });
});

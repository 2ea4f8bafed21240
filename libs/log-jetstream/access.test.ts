/** Whom a NATS server lets in, what is said to the others, and files that are renewed. */
import assert from 'node:assert/strict';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { nkeys } from 'nats';
import { Authority } from '../../test/servers/certificates.ts';
import { findServer, missingServer } from '../../test/servers/find-server.ts';
import { NATS_VERSIONS, type NatsServer, startNats } from '../../test/servers/nats.ts';
import { NatsOperator } from '../../test/servers/nats-jwt.ts';
import { makeTempDirectory, removeTempDirectory } from '../../test/servers/temp-directory.ts';
import { FEDERATION } from '../log/contract-facts.ts';
import { type LogAccess, whyNoAccess } from './access.ts';
import { openJetStreamLogs } from './jetstream-logs.ts';

const SEED = 'SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY';

function temporary(t: TestContext): string {
  const folder = makeTempDirectory();
  t.after(() => removeTempDirectory(folder));
  return folder;
}

async function startNode(t: TestContext, binary: string, extra: string): Promise<NatsServer> {
  const servers = await startNats(binary, 1, extra);
  t.after(() => servers.stop());
  return servers.nodes[0] ?? assert.fail('no node');
}

interface Opened {
  /** The outcome of a question: that there is a log, or why there is none. */
  readonly ask: () => Promise<string>;
  readonly said: readonly string[];
}

function open(t: TestContext, url: string, access: LogAccess = {}, patienceMs = 500): Opened {
  const said: string[] = [];
  const onTrouble = (text: string) => said.push(text);
  const options = { servers: [url], federation: FEDERATION, access, patienceMs, onTrouble };
  const logs = openJetStreamLogs(options);
  t.after(() => logs.close());
  const ask = async () => {
    try {
      await logs.open('east').head();
      return 'let in';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  return { ask, said };
}

for (const version of NATS_VERSIONS) {
  const binary = findServer(version) ?? '';
  describe(`a log on ${version}`, { skip: binary === '' && missingServer(version) }, () => {
    test('with TLS is had by who trusts its authority, and has a certificate of it', async (t) => {
      const folder = temporary(t);
      const authority = new Authority(folder);
      const node = await startNode(t, binary, tlsOf(authority, 'server', 'IP:127.0.0.1'));
      const tls = { ca: authority.ca, pair: authority.give('watcher') };
      const stranger = new Authority(folder, 'stranger');
      assert.equal(await open(t, node.url, { tls }, 5000).ask(), 'let in');
      const strange = open(t, node.url, { tls: { ...tls, ca: stranger.ca } });
      assert.match(await strange.ask(), /unable to verify|unable to get .*issuer|self-signed/);
      assert.match(await open(t, node.url).ask(), /unable to verify|self-signed/);
      const nobody = open(t, node.url, { tls: { ca: authority.ca } }, 5000);
      assert.match(await nobody.ask(), /wants a certificate of ours/);
    });

    test('with TLS is asked for by the name in its certificate, not by another', async (t) => {
      const authority = new Authority(temporary(t));
      const node = await startNode(t, binary, tlsOf(authority, 'server', 'DNS:nats.example'));
      const tls = { ca: authority.ca, pair: authority.give('watcher') };
      assert.match(await open(t, node.url, { tls }).ask(), /127\.0\.0\.1|altname|names/i);
      const named = { ...tls, serverName: 'nats.example' };
      assert.equal(await open(t, node.url, { tls: named }, 5000).ask(), 'let in');
    });

    test('with TLS is had by its address only where its certificate has that', async (t) => {
      const authority = new Authority(temporary(t));
      const node = await startNode(t, binary, tlsOf(authority, 'server', 'DNS:localhost'));
      const tls = { ca: authority.ca, pair: authority.give('watcher') };
      assert.match(await open(t, node.url, { tls }).ask(), /127\.0\.0\.1|altname|names/i);
      const url = node.url.replace('127.0.0.1', 'localhost');
      assert.equal(await open(t, url, { tls }, 5000).ask(), 'let in');
    });

    test('without TLS is not had by who wants it', async (t) => {
      const node = await startNode(t, binary, '');
      const authority = new Authority(temporary(t));
      const expected = /server does not support 'tls'/;
      assert.match(await open(t, node.url, { tls: { ca: authority.ca } }).ask(), expected);
      assert.match(await open(t, node.url.replace('nats:', 'tls:')).ask(), expected);
    });

    test('with a token is had by who has it in the URL', async (t) => {
      const node = await startNode(t, binary, 'authorization { token: "s3cr3t/@" }');
      const url = (token: string) => node.url.replace('//', `//${encodeURIComponent(token)}@`);
      assert.equal(await open(t, url('s3cr3t/@'), {}, 5000).ask(), 'let in');
      const wrong = open(t, url('other'));
      const outcome = await wrong.ask();
      assert.match(outcome, /Authorization Violation/i);
      assert.doesNotMatch(outcome + wrong.said.join(), /other|s3cr3t/);
    });

    test('with nkeys goes on with the key that is in the file by then', async (t) => {
      const folder = temporary(t);
      const [first, second] = [nkeys.createUser(), nkeys.createUser()];
      const users = (...keys: readonly (typeof first)[]) =>
        `authorization { users: [${keys.map((key) => `{ nkey: ${key.getPublicKey()} }`)}] }`;
      const node = await startNode(t, binary, users(first, second));
      const nkey = join(folder, 'user.nk');
      writeFileSync(nkey, `${new TextDecoder().decode(first.getSeed())}\n`);
      const opened = open(t, node.url, { nkey }, 10_000);
      assert.equal(await opened.ask(), 'let in');
      await node.kill();
      rmSync(nkey);
      await node.start();
      const brief = open(t, node.url, { nkey }, 2000); // several attempts
      assert.match(await brief.ask(), /Authorization Violation/i);
      const [missing, waiting, ...more] = brief.said;
      assert.match(missing ?? '', /^Cannot use ".*user.nk" as nkey: ENOENT/);
      assert.match(waiting ?? '', /^Waiting for .*: '?Authorization Violation/i);
      assert.deepEqual(more, []);
      writeFileSync(nkey, new TextDecoder().decode(second.getSeed()));
      assert.equal(await opened.ask(), 'let in');
    });

    test('with credentials goes on with those that are in the file when they expire', async (t) => {
      const operator = new NatsOperator();
      const node = await startNode(t, binary, operator.configuration);
      const credentials = join(temporary(t), 'east.creds');
      writeFileSync(credentials, operator.credentials(Date.now() + 3000));
      const opened = open(t, node.url, { credentials }, 10_000);
      assert.equal(await opened.ask(), 'let in');
      writeFileSync(credentials, operator.credentials());
      await until(() => opened.said.some((text) => /connection was lost/.test(text)));
      assert.equal(await opened.ask(), 'let in');
      const damaged = operator.credentials().replace(/^SU.{10}/m, 'SUAAAAAAAAAA');
      writeFileSync(credentials, damaged);
      const broken = open(t, node.url, { credentials }, 2000);
      assert.match(await broken.ask(), /Authorization Violation/i);
      assert.match(broken.said[0] ?? '', /^Cannot use the seed in ".*east.creds": its checksum is/);
      writeFileSync(credentials, new NatsOperator().credentials());
      assert.match(await open(t, node.url, { credentials }).ask(), /Authorization Violation/i);
    });
  });
}

test('whyNoAccess says what is wrong with a file, and nothing of what is in it', (t) => {
  const folder = temporary(t);
  const authority = new Authority(folder);
  const pair = authority.give('watcher');
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const [right, empty] = [file('right.nk', SEED), file('empty', '')];
  const rows: readonly (readonly [LogAccess, RegExp])[] = [
    [{ nkey: join(folder, 'none') }, /^Cannot use ".*none" as nkey: ENOENT.*; expected the seed/],
    [{ nkey: empty }, /it has no seed of a user; expected the seed of a user \(SU…\)$/],
    [{ nkey: file('account.nk', SEED.replace('SU', 'SA')) }, /it has no seed of a user/],
    [{ nkey: file('huge', SEED.repeat(2000)) }, /it has 116000 characters/],
    [
      { credentials: right },
      /^Cannot use ".*right.nk" as credentials: it has no JWT of a user; ex/,
    ],
    [{ tls: { ca: join(folder, 'none') } }, /^Cannot use ".*none" for TLS: ENOENT/],
    [
      { tls: { ca: empty } },
      /^Cannot use ".*empty" for TLS: .*; expected certificates in PEM form$/,
    ],
    [{ tls: { pair: { ...pair, cert: empty } } }, /^Cannot use ".*empty" for TLS: /],
    [{ tls: { pair: { ...pair, key: empty } } }, /^Cannot use ".*empty" for TLS: .*private key/],
    [
      { tls: { pair: { ...pair, key: authority.give('other').key } } },
      /other.key" for TLS: .*; expected the private key of ".*watcher.crt" in PEM form$/,
    ],
  ];
  for (const [access, expected] of rows) {
    const why = whyNoAccess(access) ?? '';
    assert.match(why, expected);
    assert.doesNotMatch(why, new RegExp(SEED.slice(2)));
  }
  const credentials = file('right.creds', new NatsOperator().credentials());
  for (const access of [
    {},
    { nkey: right },
    { credentials },
    { tls: { ca: authority.ca, pair } },
  ]) {
    assert.equal(whyNoAccess(access), undefined);
  }
});

test('TLS goes on with the last files that were right', async (t) => {
  const { TlsContext } = await import('../tls/tls-files.ts');
  const authority = new Authority(temporary(t));
  const pair = authority.give('watcher');
  const said: string[] = [];
  const context = new TlsContext({ pair }, (text) => said.push(text));
  const first = context.now;
  copyFileSync(authority.give('other').cert, pair.cert);
  assert.equal(context.now, first);
  assert.equal(context.now, first);
  assert.equal(said.length, 1);
  assert.match(said.join('\n'), /^Cannot use ".*watcher.key" for TLS: .*; what was read before is/);
  authority.give('watcher');
  assert.notEqual(context.now, first);
});

/** A server's TLS that asks for certificates. */
function tlsOf(authority: Authority, name: string, ...names: readonly string[]): string {
  const { cert, key } = authority.give(name, ...names);
  const files = `cert_file: "${cert}", key_file: "${key}", ca_file: "${authority.ca}"`;
  return `tls { ${files}, verify: true }`;
}

async function until(holds: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!holds()) {
    assert.ok(Date.now() < deadlineMs, 'it never was');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

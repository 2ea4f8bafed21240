import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { get, type RequestOptions } from 'node:https';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { until } from '../../../../test/e2e/isthmus-process.ts';
import { directives } from '../../../../test/plugin/directives.ts';
import { getPage } from '../../../../test/plugin/get-page.ts';
import { setupContext } from '../../../../test/plugin/setup-context.ts';
import { Authority } from '../../../../test/servers/certificates.ts';
import { makeTempDirectory, removeTempDirectory } from '../../../../test/servers/temp-directory.ts';
import { setup } from './setup.ts';

describe('prometheus', () => {
  test('shows what was counted', async () => {
    const { context } = setupContext();
    setup(directives('prometheus 127.0.0.1:0'), context);
    context.metrics.counter({ name: 'a_total', help: 'A.' }).add();
    const { status, text } = await getPage(context.http, '/metrics');
    assert.equal(status, 200);
    assert.match(text, /^a_total 1$/m);
  });

  test('shows the runtime when asked to, from when the block is used', async () => {
    const { context } = setupContext();
    const plugin = setup(directives('prometheus 127.0.0.1:0 {\n runtime_metrics\n}'), context);
    assert.doesNotMatch((await getPage(context.http, '/metrics')).text, /nodejs_/);
    plugin.opened?.();
    assert.match((await getPage(context.http, '/metrics')).text, /^nodejs_heap_size_used_bytes /m);
  });

  const refused: readonly (readonly [lines: string, message: RegExp])[] = [
    ['prometheus 9153', /Corefile:2: Cannot read the address "9153"/],
    ['prometheus {\n foo\n}', /Corefile:3: .* expected one of runtime_metrics, tls/],
    ['prometheus {\n runtime_metrics 1\n}', /Cannot read "runtime_metrics": it has one argument/],
    ['prometheus {\n tls\n}', /Corefile:3: Cannot read "tls": it has no argument; expected a file/],
    ['prometheus {\n tls f\n}', /Cannot read the file "f": ENOENT.*; expected a web configuration/],
  ];
  for (const [lines, message] of refused) {
    test(`refuses ${JSON.stringify(lines)}`, () => {
      assert.throws(() => setup(directives(lines), setupContext().context), message);
    });
  }
});

describe('prometheus over TLS', () => {
  function given(t: TestContext, config: string) {
    const folder = makeTempDirectory();
    t.after(() => removeTempDirectory(folder));
    const authority = new Authority(folder);
    const own = authority.give('metrics', 'DNS:metrics.example', 'IP:127.0.0.1');
    const client = authority.give('client');
    writeFileSync(join(folder, 'web.yaml'), config);
    const { context } = setupContext();
    const lines = 'prometheus 127.0.0.1:0 {\n tls web.yaml\n}';
    const read = () => setup(directives(lines, join(folder, 'Corefile')), context);
    const open = async () => {
      await context.http.open();
      t.after(() => context.http.close());
      const port = context.http.portOf({ host: '127.0.0.1', port: 0 });
      const ca = readFileSync(authority.ca);
      return (more: RequestOptions = {}) =>
        new Promise<string>((resolve, reject) => {
          const options = { host: '127.0.0.1', port, path: '/metrics', ca, agent: false, ...more };
          get(options, (response) => {
            const { socket } = response;
            assert.ok(socket instanceof TLSSocket);
            const { fingerprint256 } = socket.getPeerCertificate();
            response.resume();
            response.on('end', () => resolve(`${response.statusCode} ${fingerprint256}`));
          }).on('error', reject);
        });
    };
    return { folder, authority, own, client, read, open };
  }

  const PLAIN = 'tls_server_config:\n  cert_file: metrics.crt\n  key_file: metrics.key\n';

  test('shows what was counted, and has a renewed certificate', async (t) => {
    const { authority, own, read, open } = given(t, PLAIN);
    read();
    const page = await open();
    const first = await page();
    assert.match(first, /^200 /);
    const fresh = authority.give('fresh', 'IP:127.0.0.1');
    copyFileSync(fresh.key, own.key);
    copyFileSync(fresh.cert, own.cert);
    // The connection that finds that it is another may have had the one before.
    await until(async () => (await page()) !== first, 'the renewed certificate');
  });

  test('asks clients for a certificate where the file says so', async (t) => {
    const { client, read, open } = given(
      t,
      `${PLAIN}  client_ca_file: authority.crt\n  client_auth_type: RequireAndVerifyClientCert\n`,
    );
    read();
    const page = await open();
    await assert.rejects(page());
    const [cert, key] = [readFileSync(client.cert), readFileSync(client.key)];
    assert.match(await page({ cert, key }), /^200 /);
  });

  test('refuses a certificate that is none', (t) => {
    const { own, read } = given(t, PLAIN);
    writeFileSync(own.cert, 'nonsense');
    assert.throws(
      read,
      /Corefile:3: Cannot read the file "web.yaml": Cannot use ".*metrics.crt" for/,
    );
  });
});

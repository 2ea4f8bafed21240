/** Upstreams over TLS and HTTPS as a Corefile has them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { Authority, type Certificate } from '../../../../test/servers/certificates.ts';
import { startHttpsUpstream, startTlsUpstream } from '../../../../test/servers/secure-upstream.ts';
import { makeTempDirectory, removeTempDirectory } from '../../../../test/servers/temp-directory.ts';
import { answerTo, type Script } from '../../../../test/servers/upstream.ts';
import { at, givenForward, type Scene, shown } from './given-forward.ts';

const A = 'a.example. 60 IN A 192.0.2.1';
const answers: Script = (query) => [answerTo(query, [A])];

describe('forward to tls and https', () => {
  let folder = '';
  let authority: Authority;
  let certificate: Certificate;
  before(() => {
    folder = makeTempDirectory();
    authority = new Authority(folder);
    certificate = authority.give('server', 'DNS:dns.example', 'IP:127.0.0.1');
  });
  after(() => removeTempDirectory(folder));

  async function scene(t: Scene, script = answers, ca?: string) {
    const tls = await startTlsUpstream(script, certificate, ca);
    const https = await startHttpsUpstream(script, certificate);
    t.after(async () => {
      await Promise.all([tls.close(), https.close()]);
    });
    return { tls, https, trust: `tls ${authority.ca}` };
  }

  test('asks by tls, whatever the client came by, and is shown the name', async (t) => {
    const { tls, trust } = await scene(t);
    const { plugin, metrics } = givenForward(
      t,
      `forward . tls://${at(tls)} {\n ${trust}\n tls_servername dns.example\n force_tcp\n}`,
    );
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(shown(await askPlugin(plugin, 'a.example.', 'A')), [A]);
    }
    assert.deepEqual(tls.clients, ['dns.example -']);
    const labels = `proxy_name="forward",to="${at(tls)}",proto="tcp-tls"`;
    assert.match(await metrics.text(), new RegExp(`_conn_cache_hits_total{${labels}} 1$`, 'm'));
  });

  test('asks servers of different names in one directive, with a certificate', async (t) => {
    const { tls, https } = await scene(t, answers, authority.ca);
    const { cert, key } = authority.give('resolver');
    const list = `tls://127.0.0.1%dns.example:${tls.port} https://127.0.0.1:${https.port}`;
    const { plugin } = givenForward(
      t,
      `forward . ${list} {\n tls ${cert} ${key} ${authority.ca}\n policy round_robin\n
        doh_method GET\n}`,
    );
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(shown(await askPlugin(plugin, 'a.example.', 'A')), [A]);
    }
    assert.deepEqual(tls.clients, ['dns.example resolver']);
    assert.deepEqual(https.requests, [`GET /dns-query ${at(https)}`]);
  });

  test('knows a host by its name', async (t) => {
    const { tls, trust } = await scene(t);
    const { plugin } = givenForward(t, `forward . tls://DNS.example:${tls.port} {\n ${trust}\n}`, {
      '/etc/hosts': '127.0.0.1 dns.example',
    });
    assert.deepEqual(shown(await askPlugin(plugin, 'a.example.', 'A')), [A]);
    assert.deepEqual(tls.clients, ['dns.example -']);
  });

  test('does not ask a server that it can not know, and says why', async (t) => {
    const { tls, trust } = await scene(t);
    const { plugin } = givenForward(
      t,
      `forward . tls://${at(tls)}\n { ${trust}\n tls_servername bank.example\n}`.replace(
        '\n {',
        ' {\n',
      ),
    );
    await assert.rejects(
      askPlugin(plugin, 'a.example.', 'A'),
      /no upstream of "." answered: 127.0.0.1:\d+: Hostname\/IP does not match .* bank.example/,
    );
    assert.deepEqual(tls.asked, []);
  });

  test('probes by tls', async (t) => {
    let isDown = true;
    const probes: string[] = [];
    const { tls, trust } = await scene(t, (query, via) => {
      if (query.question?.name === '.') probes.push(via);
      return isDown ? ['close'] : answers(query, via);
    });
    const { plugin } = givenForward(
      t,
      `forward . tls://${at(tls)} {
        ${trust}
        health_check 1ms
        max_fails 1
        failfast_all_unhealthy_upstreams
      }`,
    );
    await assert.rejects(askPlugin(plugin, 'a.example.', 'A'));
    while (probes.length < 3) await sleep(5);
    await assert.rejects(askPlugin(plugin, 'a.example.', 'A'), /all are down/);
    isDown = false;
    let response = await askPlugin(plugin, 'a.example.', 'A').catch(() => undefined);
    while (response === undefined) {
      await sleep(5);
      response = await askPlugin(plugin, 'a.example.', 'A').catch(() => undefined);
    }
    assert.deepEqual(shown(response), [A]);
    assert.deepEqual(new Set(probes), new Set(['tls']));
  });

  test('tells of properties that do nothing', async (t) => {
    const lines = 'tls\n tls_servername a\n doh_method GET\n resolver 9.9.9.9';
    const { said } = givenForward(t, `forward . 9.9.9.9 {\n ${lines}\n}`);
    const named = said.map((line) => /plugin\/forward: (\w+) does nothing/.exec(line)?.[1]);
    assert.deepEqual(named, ['tls', 'tls_servername', 'doh_method', 'resolver']);
  });
});

/** Unbound as an upstream, over all that it speaks. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { formatRecord } from '../../../../libs/dns/presentation.ts';
import { ask } from '../../../../test/e2e/ask.ts';
import { askPlugin } from '../../../../test/plugin/ask-plugin.ts';
import { Authority } from '../../../../test/servers/certificates.ts';
import { findServer, missingServer } from '../../../../test/servers/find-server.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import { ServerProcess } from '../../../../test/servers/server-process.ts';
import { makeTempDirectory, removeTempDirectory } from '../../../../test/servers/temp-directory.ts';
import { givenForward } from './given-forward.ts';

const unbound = findServer('unbound');
const missing = unbound === undefined ? missingServer('unbound') : undefined;
/** More than its connections carry at once. */
const NAMES = 1000;

describe('forward to Unbound', { skip: missing ?? false }, () => {
  let folder = '';
  let server: ServerProcess | undefined;
  let ca = '';
  const ports = { dns: 0, tls: 0, https: 0 };

  before(async () => {
    folder = makeTempDirectory();
    const authority = new Authority(folder);
    const { cert, key } = authority.give('unbound', 'DNS:dns.example');
    ca = authority.ca;
    for (const transport of ['dns', 'tls', 'https'] as const) ports[transport] = await freePort();
    const lines = [
      'server:',
      ...['do-daemonize: no', 'username: ""', 'chroot: ""', `directory: "${folder}"`],
      // Those of a test before may be open there for a moment still.
      'incoming-num-tcp: 50',
      ...['pidfile: ""', 'use-syslog: no', 'num-threads: 1', 'module-config: "iterator"'],
      ...Object.values(ports).map((port) => `interface: 127.0.0.1@${port}`),
      ...[`tls-port: ${ports.tls}`, `https-port: ${ports.https}`],
      ...[`tls-service-key: "${key}"`, `tls-service-pem: "${cert}"`],
      'local-zone: "example." redirect',
      'local-data: "example. 60 IN A 192.0.2.1"',
      'remote-control:',
      'control-enable: no',
    ];
    const configuration = join(folder, 'unbound.conf');
    writeFileSync(configuration, `${lines.join('\n')}\n`);
    server = new ServerProcess('unbound', unbound ?? '', ['-d', '-c', configuration]);
    await server.until(async () => (await ask(ports.dns, 'a.example', 'A')) !== undefined);
  });
  after(async () => {
    await server?.kill();
    removeTempDirectory(folder);
  });

  const rows = [
    // So many packets at once are too many for its buffers.
    ['dns', 'prefer_udp\n read_timeout 1s\n max_connect_attempts 5'],
    ['dns', 'force_tcp'],
    ['tls', 'expire 10s'],
    ['https', 'doh_method POST'],
    ['https', 'doh_method GET'],
  ] as const;
  for (const [transport, property] of rows) {
    test(`${transport} ${property.split('\n')[0]}: many at a time, each with its answer`, async (t) => {
      const secure = transport === 'dns' ? '' : `tls ${ca}\n tls_servername dns.example`;
      const { plugin, metrics } = givenForward(
        t,
        `forward . ${transport}://127.0.0.1:${ports[transport]} {
          ${secure}
          read_timeout 10s
          ${property}
        }`,
      );
      const names = Array.from({ length: NAMES }, (_, i) => `n${i}.example.`);
      const said = await Promise.all(names.map((name) => askPlugin(plugin, name, 'A')));
      assert.deepEqual(
        said.map(({ answer }) => answer.map(formatRecord)),
        names.map((name) => [`${name} 60 IN A 192.0.2.1`]),
      );
      if (property.startsWith('prefer_udp')) return;
      const misses = /conn_cache_misses_total\{.*\} (\d+)$/m.exec(await metrics.text());
      assert.ok(Number(misses?.[1]) <= 10, `connections opened: ${misses?.[1]}`);
    });
  }
});

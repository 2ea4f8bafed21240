import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { after, describe, test } from 'node:test';
import { loadCLibrary } from '../../../libs/socket/c-library.ts';
import { loadZone } from '../../../libs/table/asking.ts';
import { readCounters } from '../../../libs/table/counters.ts';
import { createTable } from '../../../libs/table/table-writer.ts';
import { SILENT } from '../../../libs/telemetry/log.ts';
import { ServerKeys } from '../../../libs/tls/server-keys.ts';
import { shortHttps, shortTls, TlsClient } from '../../../test/e2e/secure-clients.ts';
import { Authority } from '../../../test/servers/certificates.ts';
import { makeTempDirectory, removeTempDirectory } from '../../../test/servers/temp-directory.ts';
import { answersOf, askUdp, chain, OLD, openClient, ZONE } from './asking-listeners.ts';
import { openListeners } from './open-listeners.ts';
import type { SlowClient } from './slow-path.ts';
import type { Listen } from './udp-readers.ts';

const folder = makeTempDirectory();
after(() => removeTempDirectory(folder));
const authority = new Authority(folder);
const files = authority.give('server', 'IP:127.0.0.1');
const keys = new ServerKeys(files, { info: () => {}, warning: () => {} });
const security = { keys, clientAuth: 'nocert' } as const;

const HERE = { address: '127.0.0.1', port: 0, view: 0 };
const DNS: Listen = HERE;
const TLS: Listen = { ...HERE, scheme: 'tls', security };
const HTTPS: Listen = { ...HERE, scheme: 'https', security };

for (const udp of ['mmsg', 'dgram'] as const) {
  const open = async (t: TestContext, ...listen: readonly Listen[]) => {
    const hasLibrary = udp === 'dgram' || (await loadCLibrary()) !== undefined;
    if (!hasLibrary) return t.skip('needs Linux and koffi');
    const table = createTable({ octets: 1 << 20 });
    loadZone(table, 1, ZONE);
    const asked: SlowClient[] = [];
    const statuses: string[] = [];
    const listeners = await openListeners({
      ...{ table: table.memory, listen, threads: 2, udp, log: SILENT },
      answerSlow: chain(asked),
      onHttpResponse: ({ scheme }, status) => statuses.push(`${scheme} ${status}`),
    });
    t.after(() => listeners.close());
    const portOf = (i: number) => listeners.addresses[i]?.port ?? 0;
    return { table, listeners, asked, statuses, portOf };
  };

  describe(`listeners that encrypt, beside UDP over ${udp}`, () => {
    test('answer what the table knows, and what the chain does', async (t) => {
      const opened = await open(t, DNS, TLS, HTTPS);
      if (opened === undefined) return;
      const { portOf, asked, statuses, table } = opened;
      for (const short of [
        (question: string) => shortTls(portOf(1), question),
        (question: string) => shortHttps(portOf(2), question),
      ]) {
        assert.equal(await short('web.cluster.local A'), '10.0.0.1');
        assert.equal(await short('none.cluster.local A'), 'NXDOMAIN');
        assert.equal(await short('example.com A'), '192.0.2.80');
      }
      assert.deepEqual(
        asked.map(({ address, transport }) => `${address} ${transport}`),
        ['127.0.0.1 tcp', '127.0.0.1 tcp'],
      );
      assert.equal(readCounters(table.memory).handedOver, 2);
      assert.deepEqual(statuses, ['https 200', 'https 200', 'https 200']);
      assert.equal(answersOf(await askUdp(portOf(0), 'web.cluster.local. A'))[0], OLD);
    });

    test('have no UDP, and need none beside them', async (t) => {
      const opened = await open(t, TLS);
      if (opened === undefined) return;
      const { portOf, listeners } = opened;
      assert.equal(await shortTls(portOf(0), 'web.cluster.local A'), '10.0.0.1');
      await (await listeners.prepare([TLS, DNS])).take();
      assert.equal(answersOf(await askUdp(portOf(1), 'web.cluster.local. A'))[0], OLD);
      await (await listeners.prepare([TLS])).take();
      assert.equal(await shortTls(portOf(0), 'web.cluster.local A'), '10.0.0.1');
    });

    test('stay open when others come and go, and have the keys of now', async (t) => {
      const opened = await open(t, DNS, TLS);
      if (opened === undefined) return;
      const { portOf, listeners } = opened;
      const port = portOf(1);
      const staying = new TlsClient(port);
      t.after(() => staying.close());
      await once(staying.socket, 'secureConnect');
      const strict = { ...TLS, security: { keys, clientAuth: 'require_and_verify' } } as const;
      await (await listeners.prepare([strict, HTTPS])).take();
      assert.ok(staying.isOpen);
      assert.equal(await shortTls(port, 'web.cluster.local A'), 'closed');
      assert.equal(await shortHttps(portOf(1), 'web.cluster.local A'), '10.0.0.1');
      const closed = portOf(1);
      await (await listeners.prepare([TLS])).take();
      assert.equal(await shortTls(port, 'web.cluster.local A'), '10.0.0.1');
      await assert.rejects(openClient(closed), { code: 'ECONNREFUSED' });
    });

    test('that take all connections leave those in the clear alone', async (t) => {
      const opened = await open(t, DNS, { ...HTTPS, http: { connectionsMax: 1 } });
      if (opened === undefined) return;
      const { portOf, listeners } = opened;
      const holding = new TlsClient(portOf(1));
      t.after(() => holding.close());
      await once(holding.socket, 'secureConnect');
      await assert.rejects(shortHttps(portOf(1), 'web.cluster.local A'));
      assert.deepEqual([listeners.tls.open, listeners.tls.refused], [1, 1]);
      (await openClient(portOf(0))).destroy();
      assert.equal(listeners.tcp.refused, 0);
    });
  });
}

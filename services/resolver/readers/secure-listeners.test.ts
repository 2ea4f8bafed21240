import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { after, describe, test } from 'node:test';
import { encode } from '../../../libs/dns/encode.ts';
import { loadCLibrary } from '../../../libs/socket/c-library.ts';
import { framed } from '../../../libs/socket/tcp-framing.ts';
import { loadZone, query } from '../../../libs/table/asking.ts';
import { readCounters } from '../../../libs/table/counters.ts';
import { createTable } from '../../../libs/table/table-writer.ts';
import { SILENT } from '../../../libs/telemetry/log.ts';
import { ServerKeys } from '../../../libs/tls/server-keys.ts';
import { until } from '../../../test/e2e/isthmus-process.ts';
import {
  queryFor,
  shortHttps,
  shortOf,
  shortTls,
  TlsClient,
} from '../../../test/e2e/secure-clients.ts';
import { Authority } from '../../../test/servers/certificates.ts';
import { makeTempDirectory, removeTempDirectory } from '../../../test/servers/temp-directory.ts';
import {
  answersOf,
  askUdp,
  chain,
  OLD,
  openClient,
  readMessages,
  ZONE,
} from './asking-listeners.ts';
import type { ListenersOptions } from './listeners.ts';
import { openListeners } from './open-listeners.ts';
import type { AnswerSlow, SlowClient } from './slow-path.ts';
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

async function dial(t: TestContext, port: number): Promise<TlsClient> {
  const client = new TlsClient(port);
  t.after(() => client.close());
  await once(client.socket, 'secureConnect');
  return client;
}

for (const udp of ['mmsg', 'dgram'] as const) {
  const open = (t: TestContext, ...listen: readonly Listen[]) => openWith(t, {}, ...listen);
  const openWith = async (
    t: TestContext,
    rest: Partial<ListenersOptions>,
    ...listen: readonly Listen[]
  ) => {
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
      ...rest,
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

    test('stay open when others come and go', async (t) => {
      const opened = await open(t, DNS, TLS);
      if (opened === undefined) return;
      const { portOf, listeners } = opened;
      const staying = await dial(t, portOf(1));
      await (await listeners.prepare([TLS, HTTPS])).take();
      assert.ok(staying.isOpen);
      assert.equal(await shortHttps(portOf(1), 'web.cluster.local A'), '10.0.0.1');
      const closed = portOf(1);
      const change = await listeners.prepare([TLS]);
      await change.take();
      await change.ended();
      assert.ok(staying.isOpen);
      await assert.rejects(openClient(closed), { code: 'ECONNREFUSED' });
    });

    test('let in whom they would let in now: others get their answers, and go', async (t) => {
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const answerSlow: AnswerSlow = async (packet, client) => {
        await released;
        return await chain([])(packet, client);
      };
      const opened = await openWith(t, { answerSlow }, TLS);
      if (opened === undefined) return;
      const { portOf, listeners } = opened;
      const [asking, idle] = [await dial(t, portOf(0)), await dial(t, portOf(0))];
      const answer = asking.ask(queryFor('example.com A'));
      await until(async () => listeners.slowInFlight === 1, 'the chain has it');
      const strict = { ...TLS, security: { keys, clientAuth: 'require_and_verify' } } as const;
      await (await listeners.prepare([strict])).take();
      assert.equal(await shortTls(portOf(0), 'web.cluster.local A'), 'closed');
      assert.equal(await idle.next(), undefined);
      assert.ok(asking.isOpen);
      release();
      assert.equal(shortOf((await answer) ?? new Uint8Array()), '192.0.2.80');
      assert.equal(await asking.next(), undefined);
    });

    test('follow those in the clear at their port, and the other way round', async (t) => {
      const opened = await open(t, DNS);
      if (opened === undefined) return;
      const { portOf, listeners } = opened;
      const port = portOf(0);
      const [clear, encrypted] = [
        { ...DNS, port },
        { ...TLS, port },
      ];
      const change = async (listen: Listen) => {
        const prepared = await listeners.prepare([listen]);
        await prepared.take();
        await prepared.ended();
      };
      const inTheClear = await openClient(port);
      const over = once(inTheClear, 'close');
      inTheClear.resume();
      await change(encrypted);
      await over;
      assert.equal(await shortTls(port, 'web.cluster.local A'), '10.0.0.1');
      const secured = await dial(t, port);
      await change(clear);
      assert.equal(await secured.next(), undefined);
      assert.equal(answersOf(await askUdp(port, 'web.cluster.local. A'))[0], OLD);
      await (await listeners.prepare([encrypted])).giveUp();
      const again = await openClient(port);
      again.write(framed(encode(query('web.cluster.local. A'))));
      assert.deepEqual((await readMessages(again, 1)).map(answersOf), [[OLD]]);
      again.destroy();
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

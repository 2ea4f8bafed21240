import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { decode } from '../../../libs/dns/decode.ts';
import { encode } from '../../../libs/dns/encode.ts';
import { loadCLibrary } from '../../../libs/socket/c-library.ts';
import { loadZone, query, records } from '../../../libs/table/asking.ts';
import { readCounters, UDP_READERS } from '../../../libs/table/counters.ts';
import { READER_RING_HEAD, readerWord } from '../../../libs/table/layout.ts';
import { createTable, type TableWriter } from '../../../libs/table/table-writer.ts';
import { SILENT } from '../../../libs/telemetry/log.ts';
import { openListeners } from './open-listeners.ts';
import { createSecondLook } from './second-look.ts';

const WEB = 'web.example.com. 60 IN A 192.0.2.80';
const PACKET = encode(query('web.example.com. A', { id: 7 }));

function keepWeb(table: TableWriter): void {
  const saidAtSeconds = Math.floor(Date.now() / 1000);
  const answer = {
    type: 'A',
    authoritative: false,
    answer: records(WEB),
    authority: [],
    additional: [],
    cached: { saidAtSeconds, expiresAtSeconds: saidAtSeconds + 60, denial: false },
  };
  assert.equal(table.keep('web.example.com.', 0, 3, answer), 'stored');
}

const answersOf = (response: Uint8Array) => {
  const decoded = decode(response);
  assert.ok(decoded.kind === 'message');
  assert.equal(decoded.message.id, 7);
  return decoded.message.answer.map(({ name, type, rdata }) => `${name} ${type} ${rdata}`);
};
const WEB_ANSWER = ['web.example.com. A 192.0.2.80'];

describe('the second look', () => {
  test('gives what the table has by now, and counts it with UDP', () => {
    const table = createTable({ octets: 1 << 20 });
    loadZone(table, 1, 'cluster.local. 5 IN SOA ns.test. admin.test. 7 7200 1800 86400 5');
    const lookAgain = createSecondLook(table.memory);
    assert.equal(lookAgain(PACKET, 0, '192.0.2.7'), undefined);
    keepWeb(table);
    assert.deepEqual(answersOf(lookAgain(PACKET, 0, '192.0.2.7') ?? new Uint8Array()), WEB_ANSWER);
    const { responses } = readCounters(table.memory, UDP_READERS).groups[3] ?? {};
    assert.deepEqual(responses, [{ rcode: 0, kind: 'success', count: 1 }]);
  });

  test('answers a query that was waiting while its answer arrived', async (t) => {
    if ((await loadCLibrary()) === undefined) return t.skip('needs Linux and koffi');
    const table = createTable({ octets: 1 << 20 });
    const asked: Uint8Array[] = [];
    const listeners = await openListeners({
      table: table.memory,
      listen: [{ address: '127.0.0.1', port: 0, view: 0 }],
      threads: 1,
      udp: 'mmsg',
      answerSlow: async (packet) => {
        asked.push(packet);
        return undefined;
      },
      log: SILENT,
    });
    t.after(() => listeners.close());
    const client = createSocket('udp4');
    t.after(() => client.close());
    client.connect(listeners.addresses[0]?.port ?? 0, '127.0.0.1');
    await once(client, 'connect');
    client.send(PACKET);
    // This thread takes nothing from the ring until it has waited for the query to be there.
    const head = readerWord(0) + READER_RING_HEAD;
    assert.notEqual(Atomics.wait(new Int32Array(table.memory), head, 0, 10_000), 'timed-out');
    keepWeb(table);
    const [response]: readonly unknown[] = await once(client, 'message');
    assert.ok(response instanceof Uint8Array);
    assert.deepEqual(answersOf(response), WEB_ANSWER);
    assert.deepEqual(asked, []);
  });
});

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { encode } from '../../../libs/dns/encode.ts';
import { query } from '../../../libs/table/asking.ts';
import { createTable } from '../../../libs/table/table-writer.ts';
import { SILENT } from '../../../libs/telemetry/log.ts';
import { openListeners } from './open-listeners.ts';

const packetOf = (id: number) => encode(query('example.com. A', { id }));
const idOf = (packet: Uint8Array) => ((packet[0] ?? 0) << 8) | (packet[1] ?? 0);
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function open(t: TestContext) {
  /** What the chain was asked, and what answers it. */
  const asked = new Map<number, () => void>();
  /** The last one serves: a port that TCP has not was given back by those before. */
  const workers: Worker[] = [];
  const onWorker = (worker: Worker) => workers.push(worker);
  process.on('worker', onWorker);
  t.after(() => process.off('worker', onWorker));
  const listeners = await openListeners({
    table: createTable({ octets: 1 << 17 }).memory,
    listen: [{ address: '127.0.0.1', port: 0, view: 0 }],
    threads: 1,
    udp: 'dgram',
    answerSlow: (packet) =>
      new Promise((resolve) => asked.set(idOf(packet), () => resolve(packet))),
    log: SILENT,
  });
  t.after(() => listeners.close());
  return { listeners, port: listeners.addresses[0]?.port ?? 0, asked, workers };
}

test('an answer to a thread that died goes to no client of the next one', async (t) => {
  const { listeners, port, asked, workers } = await open(t);
  const client = createSocket('udp4');
  t.after(() => client.close());
  client.send(packetOf(1), port, '127.0.0.1');
  while (!asked.has(1)) await turn();

  workers.at(-1)?.postMessage(null); // no message that it knows: it dies
  while (listeners.restarts === 0) await turn();
  const other = createSocket('udp4');
  t.after(() => other.close());
  const again = setInterval(() => other.send(packetOf(2), port, '127.0.0.1'), 20);
  while (!asked.has(2)) await turn();
  clearInterval(again);

  asked.get(1)?.();
  await turn();
  asked.get(2)?.();
  const [packet]: readonly unknown[] = await once(other, 'message');
  assert.ok(packet instanceof Uint8Array);
  assert.equal(idOf(packet), 2);
});

test('a thread whose port was taken while it was dead is started until it is free', async (t) => {
  const { listeners, port, asked, workers } = await open(t);
  const client = createSocket('udp4');
  t.after(() => client.close());
  workers.at(-1)?.postMessage(null); // no message that it knows: it dies
  while (listeners.restarts === 0) await turn();
  const taker = createSocket('udp4');
  taker.bind(port, '127.0.0.1');
  await once(taker, 'listening');
  while (listeners.restarts < 3) await turn();
  taker.close();
  const again = setInterval(() => client.send(packetOf(3), port, '127.0.0.1'), 20);
  t.after(() => clearInterval(again));
  while (!asked.has(3)) await turn();
});

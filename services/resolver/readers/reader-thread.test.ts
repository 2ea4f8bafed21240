import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { encode } from '../../../libs/dns/encode.ts';
import { IPPROTO_IP, loadCLibrary, SO_RCVBUF, SOL_SOCKET } from '../../../libs/socket/c-library.ts';
import { RingTaker } from '../../../libs/socket/hand-over-ring.ts';
import { openUdpPort } from '../../../libs/socket/open-udp-socket.ts';
import { ReplySender } from '../../../libs/socket/reply-sender.ts';
import { loadZone, query } from '../../../libs/table/asking.ts';
import { readCounters } from '../../../libs/table/counters.ts';
import { READER_EPOCH, readerWord } from '../../../libs/table/layout.ts';
import { createTable } from '../../../libs/table/table-writer.ts';
import { createLog, SILENT } from '../../../libs/telemetry/log.ts';
import { ReaderThread } from './reader-thread.ts';

const READER = 7;
const IP_RECVERR = 11;
const ZONE = `
  cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 7 7200 1800 86400 5
  web.cluster.local. 5 IN A 10.0.0.1
`;

test('a reader that dies is started again, counted, and serves the same socket', async (t) => {
  const library = await loadCLibrary();
  if (library === undefined) return t.skip('needs Linux and koffi for batched UDP');
  const table = createTable({ octets: 1 << 17 });
  const { memory } = table;
  loadZone(table, 1, ZONE);
  const { sockets, endpoint } = openUdpPort(library, { address: '127.0.0.1', port: 0 }, 1);
  const [socket = { fd: -1, tellsAddress: false }] = sockets;
  // Given a socket that reports what became of replies: receiving fails once when one was refused.
  library.setsockopt(socket.fd, IPPROTO_IP, IP_RECVERR, Uint8Array.of(1, 0, 0, 0), 4);
  const lines: string[] = [];
  const thread = new ReaderThread({
    start: { kind: 'mmsg', memory, reader: READER, sockets: [{ ...socket, listener: 0 }] },
    log: createLog((line) => lines.push(line)),
  });
  await thread.start();
  t.after(async () => {
    await thread.stop();
    library.close(socket.fd);
  });

  // When a client is gone before its reply comes
  const taker = new RingTaker(memory, READER);
  const gone = createSocket('udp4');
  gone.send(encode(query('example.com. A')), endpoint.port, endpoint.address);
  await taker.wait();
  const asked = taker.take();
  assert.ok(asked !== undefined);
  gone.close();
  await once(gone, 'close');
  new ReplySender(memory, library).send(socket.fd, asked.packet, asked);

  // Then the reader ends and another takes its place
  while (thread.restarts === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.match(lines.join('\n'), /reader 7 died: .*Cannot receive: errno 111/);
  assert.equal(Atomics.load(new Int32Array(memory), readerWord(READER) + READER_EPOCH), 0);
  const client = createSocket('udp4');
  client.send(encode(query('web.cluster.local. A')), endpoint.port, endpoint.address);
  await once(client, 'message');
  client.close();
  assert.equal(thread.restarts, 1);
});

test('a reader that is never idle counts what the kernel dropped, each once', async (t) => {
  const library = await loadCLibrary();
  if (library === undefined) return t.skip('needs Linux and koffi for batched UDP');
  const table = createTable({ octets: 1 << 17 });
  const { memory } = table;
  loadZone(table, 1, ZONE);
  const { sockets, endpoint } = openUdpPort(library, { address: '127.0.0.1', port: 0 }, 1);
  const [socket = { fd: -1, tellsAddress: false }] = sockets;
  t.after(() => library.close(socket.fd));
  library.setsockopt(socket.fd, SOL_SOCKET, SO_RCVBUF, new Uint8Array(4), 4); // the least there is
  const client = createSocket('udp4');
  t.after(() => client.close());
  client.connect(endpoint.port, endpoint.address);
  await once(client, 'connect');
  const packet = encode(query('web.cluster.local. A'));
  const flood = async () => {
    for (let i = 0; i < 100; i++) client.send(packet);
    await new Promise((sent) => client.send(packet, sent));
  };
  const drops = () => readCounters(memory, [READER]).kernelDrops;
  const serve = async (until: () => boolean) => {
    const start = {
      kind: 'mmsg',
      memory,
      reader: READER,
      sockets: [{ ...socket, listener: 0 }],
    } as const;
    const thread = new ReaderThread({ start, log: SILENT });
    await thread.start();
    // The next question with each answer: idle for less than the reader waits.
    client.on('message', () => client.send(packet));
    client.send(packet);
    while (!until()) await new Promise((resolve) => setImmediate(resolve));
    client.removeAllListeners('message');
    await thread.stop();
  };
  await flood();
  await serve(() => drops() > 0);
  const dropped = drops();
  assert.ok(dropped < 102, `${dropped} dropped of 101`);
  // Another thread on the same socket does not count them again.
  const batches = readCounters(memory, [READER]).batches;
  await serve(() => readCounters(memory, [READER]).batches > batches + 2000);
  assert.equal(drops(), dropped);
});

test('a reader with sockets of its own serves the same port again', async (t) => {
  const table = createTable({ octets: 1 << 17 });
  loadZone(table, 1, ZONE);
  const listen = [{ endpoint: { address: '127.0.0.1', port: 0 }, listener: 0 }];
  const thread = new ReaderThread({
    start: { kind: 'dgram', memory: table.memory, reader: READER, listen },
    log: SILENT,
  });
  const [endpoint = { address: '', port: 0 }] = await thread.start();
  t.after(() => thread.stop());
  thread.tell(JSON.parse('null')); // no message that it knows: it dies
  const client = createSocket('udp4');
  t.after(() => client.close());
  const again = setInterval(() => {
    if (thread.restarts === 0) return;
    client.send(encode(query('web.cluster.local. A')), endpoint.port, endpoint.address);
  }, 20);
  t.after(() => clearInterval(again));
  await once(client, 'message', { signal: AbortSignal.timeout(20_000) });
  assert.equal(thread.restarts, 1);
});

/** A reader thread: answers UDP from the table, and hands over the rest (open-listeners.ts). */
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { afterReading } from '../../../libs/socket/after-reading.ts';
import { loadCLibrary } from '../../../libs/socket/c-library.ts';
import { ListenError } from '../../../libs/socket/listen-error.ts';
import type { Endpoint } from '../../../libs/socket/socket-address.ts';
import type { DgramServer } from '../../../libs/socket/udp-dgram.ts';
import { openDgram } from '../../../libs/socket/udp-dgram.ts';
import type { ReaderSocket } from '../../../libs/socket/udp-mmsg.ts';
import { serveUdp } from '../../../libs/socket/udp-mmsg.ts';
import { createAnswerer } from '../../../libs/table/answerer.ts';
import { warmAnswerer } from '../../../libs/table/warm-answerer.ts';
import { prioritizeReader } from './control-priority.ts';
import type { DgramListen, FromReader, ReaderData, ToReader } from './reader-start.ts';

/** Queries of this thread that wait for the control thread. */
const HANDED_OVER_MAX = 1024;
/** Turns in which what waits in sockets that close is read, some 32 datagrams a turn. */
const LAST_TURNS_MAX = 256;
/** Between two looks whether all that was handed over is answered. */
const REPLIES_LOOK_MS = 2;

const start: ReaderData = workerData;
prioritizeReader(start.priority);
const answerer = createAnswerer(start.memory, start.reader);
warmAnswerer();
if (start.kind === 'mmsg') await serveMmsg(start.sockets);
else await serveDgram(start.listen);

function tell(message: FromReader): void {
  parentPort?.postMessage(message);
}

async function serveMmsg(sockets: readonly ReaderSocket[]): Promise<void> {
  const library = await loadCLibrary();
  if (library === undefined) throw new Error('Cannot load the C library: koffi is missing');
  tell({ kind: 'ready', endpoints: [] });
  const { memory, reader } = start;
  serveUdp({ memory, reader, library, answerer, sockets });
}

async function serveDgram(listen: readonly DgramListen[]): Promise<void> {
  const replies = new Map<number, (response: Uint8Array) => void>();
  const servers: DgramServer[] = [];
  let lastId = 0;
  const handOver = (listener: number) => {
    return (packet: Uint8Array, client: Endpoint, reply: (response: Uint8Array) => void) => {
      if (replies.size >= HANDED_OVER_MAX) return false;
      replies.set(++lastId, reply);
      tell({ kind: 'query', id: lastId, packet, client, listener });
      return true;
    };
  };
  const received = () => servers.reduce((sum, server) => sum + server.received, 0);
  /** What came before is answered; who started us does not wait for ever. */
  const stop = async () => {
    for (let turns = 0, before = -1; turns < LAST_TURNS_MAX && received() > before; turns++) {
      before = received();
      await afterReading();
    }
    while (replies.size > 0) await delay(REPLIES_LOOK_MS);
    for (const server of servers) server.close();
    parentPort?.close();
  };
  parentPort?.on('message', (message: ToReader) => {
    if (message.kind === 'stop') {
      void stop();
      return;
    }
    const reply = replies.get(message.id);
    replies.delete(message.id);
    if (message.packet !== undefined) reply?.(message.packet);
  });
  const { memory, reader } = start;
  for (const { endpoint, listener } of listen) {
    try {
      const rest = { endpoint, listener, handOver: handOver(listener) };
      servers.push(await openDgram({ memory, reader, answerer, ...rest }));
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      tell({ kind: 'failed', endpoint, code: error.code });
      return;
    }
  }
  tell({ kind: 'ready', endpoints: servers.map((server) => server.endpoint) });
}

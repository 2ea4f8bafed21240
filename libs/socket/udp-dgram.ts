/**
 * UDP where the batched calls are missing: Node's own sockets, one datagram a call, on the event
 * loop of one reader thread. Same table, same answers, twice the cost.
 */
import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Answerer } from '../table/answerer.ts';
import { HAND_OVER } from '../table/answerer.ts';
import {
  CELL_DROPPED,
  CELL_HANDED_OVER,
  CELL_RING_FULL,
  CELL_SEND_ERRORS,
  countersOf,
} from '../table/counters.ts';
import {
  READER_EPOCH,
  ROOT_EPOCH,
  ROOT_LISTENERS,
  ROOT_SLOTS,
  readerWord,
} from '../table/layout.ts';
import { viewsOf } from '../table/memory-views.ts';
import { batchMemoryOf, PACKET_OCTETS } from './batch-memory.ts';
import { ClientPlace } from './client-place.ts';
import { codeOf, ListenError } from './listen-error.ts';
import type { Endpoint } from './socket-address.ts';
import { plainAddress } from './socket-address.ts';

const RECEIVE_BUFFER_OCTETS = 4 << 20;

export interface DgramOptions {
  readonly memory: SharedArrayBuffer;
  readonly reader: number;
  readonly answerer: Answerer;
  readonly endpoint: Endpoint;
  /** Its number: the table says what view its clients see. */
  readonly listener: number;
  /** A query for the chain; false when it has no room. `reply` sends its response. */
  readonly handOver: (
    packet: Uint8Array,
    client: Endpoint,
    reply: (response: Uint8Array) => void,
  ) => boolean;
}

export interface DgramServer {
  readonly endpoint: Endpoint;
  /** Datagrams since it was opened. */
  readonly received: number;
  close(): void;
}

/** Opens the socket; port 0 takes a free one. Rejects with ListenError. */
export async function openDgram(options: DgramOptions): Promise<DgramServer> {
  const { endpoint } = options;
  const socket = await bind(endpoint);
  const server = new DgramReader(options, socket);
  socket.on('message', (packet, { address, port }) => server.serve(packet, { address, port }));
  socket.on('error', () => server.countError());
  return {
    endpoint: { address: endpoint.address, port: socket.address().port },
    get received() {
      return server.received;
    },
    close: () => void socket.close(),
  };
}

async function bind(endpoint: Endpoint): Promise<Socket> {
  const { address } = endpoint;
  try {
    return await bindFamily(address === '' || isIPv6(address) ? 'udp6' : 'udp4', endpoint);
  } catch (error) {
    const isTaken = error instanceof ListenError && error.code === 'EADDRINUSE';
    if (address !== '' || isTaken) throw error;
    return await bindFamily('udp4', endpoint); // a machine without IPv6
  }
}

async function bindFamily(type: 'udp4' | 'udp6', endpoint: Endpoint): Promise<Socket> {
  const { address, port } = endpoint;
  const isAny = address === '' || address === '::';
  const socket = createSocket({
    type,
    ipv6Only: type === 'udp6' && !isAny,
    recvBufferSize: RECEIVE_BUFFER_OCTETS,
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('error', reject);
  socket.bind({ port, ...(address === '' ? {} : { address }) }, resolve);
  try {
    await promise;
  } catch (error) {
    socket.close();
    throw new ListenError(endpoint, 'udp', codeOf(error));
  }
  socket.removeAllListeners('error');
  return socket;
}

class DgramReader {
  readonly #options: DgramOptions;
  readonly #socket: Socket;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #counters: Float64Array;
  readonly #packet: number;
  readonly #place: ClientPlace;
  readonly #block: number;
  received = 0;

  constructor(options: DgramOptions, socket: Socket) {
    const { words, bytes } = viewsOf(options.memory);
    this.#options = options;
    this.#socket = socket;
    this.#words = words;
    this.#bytes = bytes;
    this.#counters = countersOf(options.memory, options.reader);
    this.#packet = batchMemoryOf(options.reader).packets;
    this.#place = new ClientPlace(options.memory, options.reader);
    this.#block = readerWord(options.reader);
  }

  serve(packet: Uint8Array, client: Endpoint): void {
    this.received++;
    const started = performance.now();
    const response = packet.length > PACKET_OCTETS ? 0 : this.#answer(packet, client);
    if (response > 0) {
      // The socket keeps what it was given until it is sent; the memory is used again before.
      this.#send(this.#bytes.slice(this.#packet, this.#packet + response), client);
    } else if (response !== HAND_OVER) this.#count(CELL_DROPPED, 1);
    else {
      const plain = { address: plainAddress(client.address), port: client.port };
      const taken = this.#options.handOver(packet, plain, (reply) => this.#send(reply, client));
      this.#count(taken ? CELL_HANDED_OVER : CELL_RING_FULL, 1);
    }
    this.#options.answerer.counter.endBatch(performance.now() - started);
  }

  countError(): void {
    this.#count(CELL_SEND_ERRORS, 1);
  }

  #answer(packet: Uint8Array, { address }: Endpoint): number {
    const words = this.#words;
    const { answerer, listener } = this.#options;
    this.#bytes.set(packet, this.#packet);
    Atomics.store(words, this.#block + READER_EPOCH, words[ROOT_EPOCH] ?? 0);
    Atomics.load(words, ROOT_SLOTS);
    const view = Atomics.load(words, ROOT_LISTENERS + listener);
    const client = this.#place.of(plainAddress(address));
    const nowSeconds = Math.floor(Date.now() / 1000);
    const response = answerer.answer(this.#packet, packet.length, view, nowSeconds, client);
    Atomics.store(words, this.#block + READER_EPOCH, 0);
    return response;
  }

  #send(response: Uint8Array, { address, port }: Endpoint): void {
    this.#socket.send(response, port, address, (error) => {
      if (error) this.countError();
    });
  }

  #count(cell: number, by: number): void {
    this.#counters[cell] = (this.#counters[cell] ?? 0) + by;
  }
}

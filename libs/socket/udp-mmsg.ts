/**
 * A reader: the thread that answers UDP from the table, many datagrams a system call.
 *
 *   recvmmsg ─► answer each in place ─┬─ response ─► sendmmsg, all at once
 *                                     ├─ handed over ─► ring to the control thread
 *                                     └─ dropped
 *
 * It blocks in the kernel while there is nothing to do, and looks every 100 ms whether to stop. A
 * loop of native calls alone would never notice that its thread is to end: Atomics.load is enough.
 */
import { performance } from 'node:perf_hooks';
import type { Answerer } from '../table/answerer.ts';
import { DROP, HAND_OVER } from '../table/answerer.ts';
import { BatchTouch } from '../table/batch-touch.ts';
import {
  CELL_DROPPED,
  CELL_HANDED_OVER,
  CELL_KERNEL_DROPS,
  CELL_RING_FULL,
  CELL_SEND_ERRORS,
  countersOf,
} from '../table/counters.ts';
import {
  READER_EPOCH,
  READER_STOP,
  ROOT_EPOCH,
  ROOT_LISTENERS,
  ROOT_SLOTS,
  readerWord,
} from '../table/layout.ts';
import { viewsOf } from '../table/memory-views.ts';
import type { BatchMemory } from './batch-memory.ts';
import {
  BATCH,
  batchMemoryOf,
  CONTROL_OCTETS,
  HEADER_CONTROL,
  HEADER_CONTROL_OCTETS,
  HEADER_FLAGS,
  HEADER_OCTETS,
  HEADER_PEER,
  HEADER_PEER_OCTETS,
  HEADER_RECEIVED,
  HEADER_WORDS,
  PACKET_OCTETS,
  PEER_OCTETS,
  prepareHeaders,
  VECTOR_WORDS,
} from './batch-memory.ts';
import type { CLibrary } from './c-library.ts';
import { EAGAIN, EINTR, MSG_DONTWAIT, MSG_TRUNC, MSG_WAITFORONE, POLLIN } from './c-library.ts';
import { clientAt } from './client-place.ts';
import { RingWriter } from './hand-over-ring.ts';
import { kernelDropsOf } from './kernel-drops.ts';
import { SOCKADDR_IN6_OCTETS } from './socket-address.ts';

/**
 * How often a reader that is never idle looks at what the kernel dropped: under overload, with full
 * batches, three times a second; one call of 0.3 µs for thousands of queries.
 */
const BATCHES_A_LOOK = 1024;
/** Of fewer there is nothing to overlap. */
const TOUCHED_MIN = 3;
/** How soon a stop is seen where several sockets are waited for. */
const POLL_TIMEOUT_MS = 100;
/** How old the second may be by which TTLs are counted: a batch of one pays for what it reads. */
const CLOCK_MS = 20;

/** Batches of a socket that closes: what the largest of buffers holds (open-udp-socket.ts). */
const LAST_BATCHES_MAX = 256;

export interface ReaderSocket {
  readonly fd: number;
  /** Of which listener it is: the table says what view its clients see. */
  readonly listener: number;
  readonly tellsAddress: boolean;
}

export interface MmsgOptions {
  readonly memory: SharedArrayBuffer;
  readonly reader: number;
  readonly library: CLibrary;
  readonly answerer: Answerer;
  readonly sockets: readonly ReaderSocket[];
}

/** Serves until the reader is told to stop (`READER_STOP`); the sockets stay open. */
export function serveUdp(options: MmsgOptions): void {
  const server = new MmsgReader(options);
  if (options.sockets.length === 1) server.serveOne();
  else server.serveSeveral();
}

/**
 * Answers what waits in the sockets of these listeners, in the place of a reader that has ended, so
 * that they can be closed. After each batch its ring is to be emptied.
 */
export function drainUdp(options: MmsgOptions, listeners: ReadonlySet<number>): Iterable<void> {
  return new MmsgReader(options).drain(listeners);
}

class MmsgReader {
  readonly #options: MmsgOptions;
  readonly #words: Int32Array;
  readonly #memory: BatchMemory;
  readonly #counters: Float64Array;
  readonly #ring: RingWriter;
  readonly #touch: BatchTouch;
  readonly #block: number;
  /** The whole memory, as this process sees it. */
  readonly #address: number;
  /** Which packet an outgoing header points at. */
  readonly #sends = Int32Array.from({ length: BATCH }, (_, i) => i);
  #batchesToLook = BATCHES_A_LOOK;
  #nowSeconds = 0;
  #clockReadAt = Number.NEGATIVE_INFINITY;

  constructor(options: MmsgOptions) {
    const views = viewsOf(options.memory);
    const { words, bytes } = views;
    this.#options = options;
    this.#words = words;
    this.#memory = batchMemoryOf(options.reader);
    this.#counters = countersOf(options.memory, options.reader);
    this.#touch = new BatchTouch(views, BATCH);
    this.#ring = new RingWriter(options.memory, options.reader);
    this.#block = readerWord(options.reader);
    this.#address = options.library.addressOf(bytes);
    prepareHeaders(words, this.#address, this.#memory);
  }

  serveOne(): void {
    const [socket] = this.#options.sockets;
    if (socket === undefined) return;
    while (!this.#stops()) {
      if (!this.#serveBatch(socket, 0, MSG_WAITFORONE)) this.#countKernelDrops();
    }
    this.#countKernelDrops();
  }

  /** Asks first which sockets have something: one more call a round. */
  serveSeveral(): void {
    const { sockets, library } = this.#options;
    const words = this.#words;
    const polls = this.#memory.polls >> 2;
    for (const [i, { fd }] of sockets.entries()) words[polls + 2 * i] = fd;
    while (!this.#stops()) {
      for (let i = 0; i < sockets.length; i++) words[polls + 2 * i + 1] = POLLIN;
      const address = this.#address + this.#memory.polls;
      const ready = library.poll(address, sockets.length, POLL_TIMEOUT_MS);
      if (ready <= 0) this.#countKernelDrops();
      for (let i = 0, left = ready; left > 0 && i < sockets.length; i++) {
        const socket = sockets[i];
        // revents: the upper half
        if (socket === undefined || (words[polls + 2 * i + 1] ?? 0) >>> 16 === 0) continue;
        left--;
        this.#serveBatch(socket, i, MSG_DONTWAIT);
      }
    }
    this.#countKernelDrops();
  }

  *drain(listeners: ReadonlySet<number>): Generator<void> {
    for (const [i, socket] of this.#options.sockets.entries()) {
      if (!listeners.has(socket.listener)) continue;
      for (let batches = 0; batches < LAST_BATCHES_MAX; batches++) {
        if (!this.#serveBatch(socket, i, MSG_DONTWAIT)) break;
        yield;
      }
    }
  }

  #stops(): boolean {
    return Atomics.load(this.#words, this.#block + READER_STOP) !== 0;
  }

  /** False when nothing came. */
  #serveBatch(socket: ReaderSocket, index: number, flags: number): boolean {
    const { library } = this.#options;
    const headers = this.#address + this.#memory.headersIn;
    const received = library.recvmmsg(socket.fd, headers, BATCH, flags, 0);
    if (received <= 0) {
      const errno = library.errno();
      if (received < 0 && errno !== EAGAIN && errno !== EINTR) {
        throw new Error(`Cannot receive: errno ${errno}; expected datagrams or a timeout`);
      }
      return false;
    }
    const words = this.#words;
    // From here on no record that can be found is used again. The load orders those of the batch
    // behind the store.
    Atomics.store(words, this.#block + READER_EPOCH, words[ROOT_EPOCH] ?? 0);
    Atomics.load(words, ROOT_SLOTS);
    const started = performance.now();
    if (started - this.#clockReadAt > CLOCK_MS) {
      this.#clockReadAt = started;
      this.#nowSeconds = Math.floor(Date.now() / 1000);
    }
    const ready = this.#answerBatch(socket, index, received, this.#nowSeconds);
    this.#send(socket.fd, ready);
    Atomics.store(words, this.#block + READER_EPOCH, 0);
    this.#options.answerer.counter.endBatch(performance.now() - started);
    if (--this.#batchesToLook === 0) this.#countKernelDrops();
    return true;
  }

  /** How many responses stand ready to be sent. */
  #answerBatch(socket: ReaderSocket, index: number, received: number, nowSeconds: number): number {
    const words = this.#words;
    const memory = this.#memory;
    const { answerer } = this.#options;
    const view = Atomics.load(words, ROOT_LISTENERS + socket.listener);
    if (received >= TOUCHED_MIN) {
      this.#touch.touch(memory.packets, PACKET_OCTETS, received, view);
    }
    let ready = 0;
    let handedOver = 0;
    for (let i = 0; i < received; i++) {
      const header = (memory.headersIn >> 2) + i * HEADER_WORDS;
      const octets = words[header + HEADER_RECEIVED] ?? 0;
      const isCut = ((words[header + HEADER_FLAGS] ?? 0) & MSG_TRUNC) !== 0;
      const response = isCut
        ? DROP
        : answerer.answer(
            memory.packets + i * PACKET_OCTETS,
            octets,
            view,
            nowSeconds,
            clientAt(words, memory.peers + i * PEER_OCTETS),
          );
      if (response > 0) this.#prepare(ready++, i, response, socket.tellsAddress);
      else if (response === HAND_OVER) handedOver += this.#handOver(i, octets, index);
      else this.#count(CELL_DROPPED, 1);
      words[header + HEADER_PEER_OCTETS] = SOCKADDR_IN6_OCTETS;
      words[header + HEADER_CONTROL_OCTETS] = CONTROL_OCTETS;
    }
    if (handedOver > 0) this.#ring.notify();
    return ready;
  }

  /** Makes message `ready` of the outgoing batch the response in packet i. */
  #prepare(ready: number, i: number, octets: number, tellsAddress: boolean): void {
    const words = this.#words;
    const { headersIn, headersOut, vectorsIn, vectorsOut } = this.#memory;
    const from = (headersIn >> 2) + i * HEADER_WORDS;
    const to = (headersOut >> 2) + ready * HEADER_WORDS;
    const vector = (vectorsOut >> 2) + ready * VECTOR_WORDS;
    if (this.#sends[ready] !== i) {
      this.#sends[ready] = i;
      const packet = (vectorsIn >> 2) + i * VECTOR_WORDS;
      for (let half = 0; half < 2; half++) {
        words[to + HEADER_PEER + half] = words[from + HEADER_PEER + half] ?? 0;
        words[to + HEADER_CONTROL + half] = words[from + HEADER_CONTROL + half] ?? 0;
        words[vector + half] = words[packet + half] ?? 0;
      }
    }
    words[vector + 2] = octets;
    words[to + HEADER_PEER_OCTETS] = words[from + HEADER_PEER_OCTETS] ?? 0;
    words[to + HEADER_CONTROL_OCTETS] = tellsAddress
      ? (words[from + HEADER_CONTROL_OCTETS] ?? 0)
      : 0;
  }

  #handOver(i: number, octets: number, index: number): number {
    if (!this.#ring.push(i, octets, index)) {
      this.#count(CELL_RING_FULL, 1);
      return 0;
    }
    this.#count(CELL_HANDED_OVER, 1);
    return 1;
  }

  /** A message that fails is left out; when the kernel has no room, the rest is. */
  #send(fd: number, ready: number): void {
    const { library } = this.#options;
    const headers = this.#address + this.#memory.headersOut;
    for (let sent = 0; sent < ready; ) {
      const taken = library.sendmmsg(fd, headers + sent * HEADER_OCTETS, ready - sent, 0);
      if (taken > 0) {
        sent += taken;
        continue;
      }
      const failed = library.errno() === EAGAIN ? ready - sent : 1;
      this.#count(CELL_SEND_ERRORS, failed);
      sent += failed;
    }
  }

  /** While idle, and now and then. */
  #countKernelDrops(): void {
    const { sockets, library } = this.#options;
    const words = this.#words;
    this.#batchesToLook = BATCHES_A_LOOK;
    for (const [i, { fd }] of sockets.entries()) {
      const counted = (this.#memory.drops >> 2) + i;
      const drops = kernelDropsOf(library, fd);
      if (drops === 0) continue;
      this.#count(CELL_KERNEL_DROPS, (drops - (words[counted] ?? 0)) >>> 0);
      words[counted] = drops;
    }
  }

  #count(cell: number, by: number): void {
    this.#counters[cell] = (this.#counters[cell] ?? 0) + by;
  }
}

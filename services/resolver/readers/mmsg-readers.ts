/**
 * Batched UDP: the control thread opens the sockets and keeps them, a thread each reads its share
 * of them, and what they hand over comes through a ring. Other threads may read the same sockets
 * later, and a while at the same time.
 */
import { BATCH, clearReader, RING_ENTRIES } from '../../../libs/socket/batch-memory.ts';
import type { CLibrary } from '../../../libs/socket/c-library.ts';
import type { HandedOver } from '../../../libs/socket/hand-over-ring.ts';
import { RingTaker } from '../../../libs/socket/hand-over-ring.ts';
import { preferHugePages } from '../../../libs/socket/huge-pages.ts';
import { kernelDropsOf } from '../../../libs/socket/kernel-drops.ts';
import { ReplySender } from '../../../libs/socket/reply-sender.ts';
import { decodeSocketAddress } from '../../../libs/socket/socket-address.ts';
import { drainUdp, type ReaderSocket } from '../../../libs/socket/udp-mmsg.ts';
import { createAnswerer } from '../../../libs/table/answerer.ts';
import { CELL_RING_FULL, CELL_SEND_ERRORS, countersOf } from '../../../libs/table/counters.ts';
import { CONTROL_READER, ROOT_LISTENERS } from '../../../libs/table/layout.ts';
import { ReaderThread } from './reader-thread.ts';
import type { LookAgain } from './second-look.ts';
import { createSecondLook } from './second-look.ts';
import { oneMessage } from './slow-path.ts';
import type { ReadPort, UdpReaders, UdpReadersOptions } from './udp-readers.ts';

/** Queries taken from a ring before other work of the control thread has its turn. */
const TAKEN_AT_ONCE = 64;

/** Begins to read the sockets, which stay open when that ends. */
export async function openMmsgReaders(
  options: UdpReadersOptions,
  ports: readonly ReadPort[],
  library: CLibrary,
): Promise<UdpReaders> {
  const readers = new MmsgReaders(options, ports, library);
  try {
    await readers.serve();
    return readers;
  } catch (error) {
    await readers.close();
    throw error;
  }
}

class MmsgReaders implements UdpReaders {
  readonly #options: UdpReadersOptions;
  readonly #ports: readonly ReadPort[];
  readonly #library: CLibrary;
  readonly #words: Int32Array;
  readonly #threads: readonly ReaderThread[];
  /** Of each thread: ports may get more sockets later, for others. */
  readonly #sockets: readonly (readonly ReaderSocket[])[];
  readonly #takers: readonly RingTaker[];
  readonly #lookAgain: LookAgain;
  readonly #sender: ReplySender;
  readonly #counters: Float64Array;
  #isClosed = false;

  constructor(options: UdpReadersOptions, ports: readonly ReadPort[], library: CLibrary) {
    const { table: memory, readers, log } = options;
    this.#options = options;
    this.#ports = ports;
    this.#library = library;
    preferHugePages(memory, library);
    this.#words = new Int32Array(memory);
    this.#lookAgain = createSecondLook(memory);
    this.#sender = new ReplySender(memory, library);
    this.#counters = countersOf(memory, CONTROL_READER);
    this.#sockets = readers.map((_, i) => this.#shareOf(i));
    this.#takers = readers.map((reader) => new RingTaker(memory, reader));
    this.#threads = readers.map((reader, i) => {
      const sockets = this.#sockets[i] ?? [];
      clearReader(
        this.#words,
        reader,
        sockets.map(({ fd }) => kernelDropsOf(library, fd)),
      );
      return new ReaderThread({ start: { kind: 'mmsg', memory, reader, sockets }, log });
    });
  }

  get restarts(): number {
    return this.#threads.reduce((sum, { restarts }) => sum + restarts, 0);
  }

  async serve(): Promise<void> {
    for (const [i, taker] of this.#takers.entries()) void this.#take(taker, this.#sockets[i] ?? []);
    await Promise.all(this.#threads.map((thread) => thread.start()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
    this.#isClosed = true;
    for (const [i, taker] of this.#takers.entries()) {
      this.#takeSome(taker, this.#sockets[i] ?? [], RING_ENTRIES);
      taker.wake();
    }
  }

  drain(listeners: ReadonlySet<number>): void {
    const { table: memory, readers } = this.#options;
    const library = this.#library;
    for (const [i, reader] of readers.entries()) {
      const [sockets, taker] = [this.#sockets[i] ?? [], this.#takers[i]];
      if (taker === undefined || !sockets.some(({ listener }) => listeners.has(listener))) continue;
      const options = {
        memory,
        reader,
        library,
        answerer: createAnswerer(memory, reader),
        sockets,
      };
      for (const _batch of drainUdp(options, listeners)) this.#takeSome(taker, sockets, BATCH);
    }
  }

  /** One of each port, or more where a port has more than there are threads. */
  #shareOf(thread: number): readonly ReaderSocket[] {
    const { length: threads } = this.#options.readers;
    return this.#ports.flatMap(({ number, udp }) =>
      udp.sockets
        .filter((_, i) => i % threads === thread)
        .map((socket) => ({ ...socket, listener: number })),
    );
  }

  async #take(taker: RingTaker, sockets: readonly ReaderSocket[]): Promise<void> {
    while (!this.#isClosed) {
      const taken = this.#takeSome(taker, sockets, TAKEN_AT_ONCE);
      if (taken === TAKEN_AT_ONCE) await new Promise((resolve) => setImmediate(resolve));
      else await taker.wait();
    }
  }

  #takeSome(taker: RingTaker, sockets: readonly ReaderSocket[], most: number): number {
    for (let taken = 0; taken < most; taken++) {
      const query = taker.take();
      if (query === undefined) return taken;
      const socket = sockets[query.socket];
      if (socket !== undefined) this.#answer(query, socket);
    }
    return most;
  }

  #answer(query: HandedOver, { fd, listener }: ReaderSocket): void {
    const view = this.#words[ROOT_LISTENERS + listener] ?? 0;
    const client = { ...decodeSocketAddress(query.peer), transport: 'udp', view } as const;
    const known = this.#lookAgain(query.packet, view, client.address);
    if (known !== undefined) {
      this.#send(fd, known, query);
      return;
    }
    const answered = this.#options.slowPath.submit(query.packet, client);
    if (answered === undefined) {
      this.#count(CELL_RING_FULL);
      return;
    }
    void answered.then((answer) => {
      const response = oneMessage(answer);
      if (response !== undefined && this.#isOpen(listener)) this.#send(fd, response, query);
    });
  }

  /** Once it is closed, its descriptors may already be another's. */
  #isOpen(listener: number): boolean {
    return this.#ports.some(({ number, udp }) => number === listener && udp.isOpen);
  }

  #send(fd: number, response: Uint8Array, query: HandedOver): void {
    if (!this.#sender.send(fd, response, query)) this.#count(CELL_SEND_ERRORS);
  }

  #count(cell: number): void {
    this.#counters[cell] = (this.#counters[cell] ?? 0) + 1;
  }
}

/**
 * Batched UDP: the control thread opens the sockets and keeps them, a thread each reads its share
 * of them, and what they hand over comes through a ring.
 */
import { clearReader } from '../../../libs/socket/batch-memory.ts';
import type { CLibrary } from '../../../libs/socket/c-library.ts';
import type { HandedOver } from '../../../libs/socket/hand-over-ring.ts';
import { RingTaker } from '../../../libs/socket/hand-over-ring.ts';
import { preferHugePages } from '../../../libs/socket/huge-pages.ts';
import type { UdpPort } from '../../../libs/socket/open-udp-socket.ts';
import { BUFFER_OCTETS, openUdpPort } from '../../../libs/socket/open-udp-socket.ts';
import { ReplySender } from '../../../libs/socket/reply-sender.ts';
import { decodeSocketAddress, endpointText } from '../../../libs/socket/socket-address.ts';
import type { ReaderSocket } from '../../../libs/socket/udp-mmsg.ts';
import { CELL_RING_FULL, CELL_SEND_ERRORS, countersOf } from '../../../libs/table/counters.ts';
import { CONTROL_READER } from '../../../libs/table/layout.ts';
import { ReaderThread } from './reader-thread.ts';
import type { LookAgain } from './second-look.ts';
import { createSecondLook } from './second-look.ts';
import { oneMessage } from './slow-path.ts';
import type { UdpReaders, UdpReadersOptions } from './udp-readers.ts';

/** Queries taken from a ring before other work of the control thread has its turn. */
const TAKEN_AT_ONCE = 64;

/** Opens the sockets; throws ListenError, with nothing left open. */
export function openMmsgReaders(options: UdpReadersOptions, library: CLibrary): UdpReaders {
  const ports: UdpPort[] = [];
  try {
    for (const { address, port, sockets } of options.listen) {
      ports.push(openUdpPort(library, { address, port }, sockets));
    }
  } catch (error) {
    closePorts(library, ports);
    throw error;
  }
  return new MmsgReaders(options, library, ports);
}

function closePorts(library: CLibrary, ports: readonly UdpPort[]): void {
  for (const { sockets } of ports) for (const { fd } of sockets) library.close(fd);
}

class MmsgReaders implements UdpReaders {
  readonly #options: UdpReadersOptions;
  readonly #library: CLibrary;
  readonly #ports: readonly UdpPort[];
  readonly #threads: readonly ReaderThread[];
  readonly #takers: readonly RingTaker[];
  readonly #lookAgain: LookAgain;
  readonly #sender: ReplySender;
  readonly #counters: Float64Array;
  #isClosed = false;

  constructor(options: UdpReadersOptions, library: CLibrary, ports: readonly UdpPort[]) {
    const { table: memory, readers, log } = options;
    this.#options = options;
    this.#library = library;
    this.#ports = ports;
    preferHugePages(memory, library);
    const words = new Int32Array(memory);
    for (const reader of readers) clearReader(words, reader);
    for (const port of ports) this.#tellBuffer(port);
    this.#lookAgain = createSecondLook(memory);
    this.#sender = new ReplySender(memory, library);
    this.#counters = countersOf(memory, CONTROL_READER);
    this.#takers = readers.map((reader) => new RingTaker(memory, reader));
    this.#threads = readers.map((reader, i) => {
      const start = { kind: 'mmsg', memory, reader, sockets: this.#socketsOf(i) } as const;
      return new ReaderThread({ start, log });
    });
  }

  get endpoints() {
    return this.#ports.map(({ endpoint }) => endpoint);
  }

  get restarts(): number {
    return this.#threads.reduce((sum, { restarts }) => sum + restarts, 0);
  }

  async serve(): Promise<void> {
    for (const [i, taker] of this.#takers.entries()) void this.#take(taker, this.#socketsOf(i));
    await Promise.all(this.#threads.map((thread) => thread.start()));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#threads.map((thread) => thread.stop()));
    for (const taker of this.#takers) taker.wake();
    closePorts(this.#library, this.#ports);
  }

  #tellBuffer({ endpoint, receiveOctets }: UdpPort): void {
    if (receiveOctets >= BUFFER_OCTETS) return;
    const [has, wanted] = [receiveOctets >> 10, BUFFER_OCTETS >> 10];
    this.#options.log.info(
      `${endpointText(endpoint)}/udp: the receive buffer has ${has} KiB of ${wanted}; ` +
        'more need net.core.rmem_max or CAP_NET_ADMIN',
    );
  }

  #socketsOf(thread: number): readonly ReaderSocket[] {
    return this.#ports.flatMap(({ sockets }, i) => {
      const socket = sockets[thread];
      return socket === undefined ? [] : [{ ...socket, view: this.#options.listen[i]?.view ?? 0 }];
    });
  }

  async #take(taker: RingTaker, sockets: readonly ReaderSocket[]): Promise<void> {
    while (!this.#isClosed) {
      let taken = 0;
      for (; taken < TAKEN_AT_ONCE; taken++) {
        const query = taker.take();
        if (query === undefined) break;
        const socket = sockets[query.socket];
        if (socket !== undefined) this.#answer(query, socket);
      }
      if (taken === TAKEN_AT_ONCE) await new Promise((resolve) => setImmediate(resolve));
      else await taker.wait();
    }
  }

  #answer(query: HandedOver, { fd, view }: ReaderSocket): void {
    const client = { ...decodeSocketAddress(query.peer), transport: 'udp', view } as const;
    const family = client.address.includes(':') ? 1 : 0;
    const known = this.#lookAgain(query.packet, view, family);
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
      // Once closed, the descriptor may already be another's.
      if (response !== undefined && !this.#isClosed) this.#send(fd, response, query);
    });
  }

  #send(fd: number, response: Uint8Array, query: HandedOver): void {
    if (!this.#sender.send(fd, response, query)) this.#count(CELL_SEND_ERRORS);
  }

  #count(cell: number): void {
    this.#counters[cell] = (this.#counters[cell] ?? 0) + 1;
  }
}

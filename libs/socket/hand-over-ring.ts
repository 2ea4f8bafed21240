/**
 * Queries on their way from a reader to the control thread: a ring in shared memory, one writer,
 * one taker. A query carries what its reply needs: the peer, the address that was asked, the
 * socket. When the ring is full the query is dropped, and the client asks again: readers never
 * wait.
 */
import { READER_RING_HEAD, READER_RING_TAIL, readerWord } from '../table/layout.ts';
import { viewsOf } from '../table/memory-views.ts';
import type { BatchMemory } from './batch-memory.ts';
import {
  batchMemoryOf,
  CONTROL_OCTETS,
  HEADER_CONTROL_OCTETS,
  HEADER_OCTETS,
  HEADER_PEER_OCTETS,
  PACKET_OCTETS,
  PEER_OCTETS,
  RING_ENTRIES,
  RING_ENTRY_OCTETS,
} from './batch-memory.ts';

/** Words of an entry, then where its octets are. */
const ENTRY_OCTETS = 0;
const ENTRY_PEER_OCTETS = 1;
const ENTRY_CONTROL_OCTETS = 2;
const ENTRY_SOCKET = 3;
const ENTRY_PEER = 16;
const ENTRY_CONTROL = 48;
const ENTRY_PACKET = 128;

/** The reader's end. */
export class RingWriter {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #memory: BatchMemory;
  readonly #block: number;

  constructor(memory: SharedArrayBuffer, reader: number) {
    const { words, bytes } = viewsOf(memory);
    this.#words = words;
    this.#bytes = bytes;
    this.#memory = batchMemoryOf(reader);
    this.#block = readerWord(reader);
  }

  /** Copies packet i of the batch; false when the ring is full. */
  push(i: number, octets: number, socket: number): boolean {
    const words = this.#words;
    const bytes = this.#bytes;
    const { ring, headersIn, peers, controls, packets } = this.#memory;
    const head = words[this.#block + READER_RING_HEAD] ?? 0;
    const tail = Atomics.load(words, this.#block + READER_RING_TAIL);
    if (((head - tail) | 0) >= RING_ENTRIES) return false;
    const entry = ring + (head & (RING_ENTRIES - 1)) * RING_ENTRY_OCTETS;
    const header = (headersIn + i * HEADER_OCTETS) >> 2;
    words[(entry >> 2) + ENTRY_OCTETS] = octets;
    words[(entry >> 2) + ENTRY_PEER_OCTETS] = words[header + HEADER_PEER_OCTETS] ?? 0;
    words[(entry >> 2) + ENTRY_CONTROL_OCTETS] = words[header + HEADER_CONTROL_OCTETS] ?? 0;
    words[(entry >> 2) + ENTRY_SOCKET] = socket;
    const [peer, control] = [peers + i * PEER_OCTETS, controls + i * CONTROL_OCTETS];
    const packet = packets + i * PACKET_OCTETS;
    bytes.copyWithin(entry + ENTRY_PEER, peer, peer + PEER_OCTETS);
    bytes.copyWithin(entry + ENTRY_CONTROL, control, control + CONTROL_OCTETS);
    bytes.copyWithin(entry + ENTRY_PACKET, packet, packet + octets);
    Atomics.store(words, this.#block + READER_RING_HEAD, (head + 1) | 0);
    return true;
  }

  /** Once a batch: tells the control thread that there is something. */
  notify(): void {
    Atomics.notify(this.#words, this.#block + READER_RING_HEAD);
  }
}

/** A query that was handed over, copied out of the ring. */
export interface HandedOver {
  readonly packet: Uint8Array;
  /** As the kernel gave them, and takes them back. */
  readonly peer: Uint8Array;
  readonly control: Uint8Array;
  /** Which of the reader's sockets it came to. */
  readonly socket: number;
}

/** The control thread's end. */
export class RingTaker {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #bytes: Uint8Array;
  readonly #ring: number;
  readonly #block: number;

  constructor(memory: SharedArrayBuffer, reader: number) {
    const { words, bytes } = viewsOf(memory);
    this.#words = words;
    this.#bytes = bytes;
    this.#ring = batchMemoryOf(reader).ring;
    this.#block = readerWord(reader);
  }

  /** The oldest query, or undefined. */
  take(): HandedOver | undefined {
    const words = this.#words;
    const tail = words[this.#block + READER_RING_TAIL] ?? 0;
    if (tail === Atomics.load(words, this.#block + READER_RING_HEAD)) return undefined;
    const entry = this.#ring + (tail & (RING_ENTRIES - 1)) * RING_ENTRY_OCTETS;
    const slice = (offset: number, word: number) =>
      this.#bytes.slice(entry + offset, entry + offset + (words[(entry >> 2) + word] ?? 0));
    const query = {
      packet: slice(ENTRY_PACKET, ENTRY_OCTETS),
      peer: slice(ENTRY_PEER, ENTRY_PEER_OCTETS),
      control: slice(ENTRY_CONTROL, ENTRY_CONTROL_OCTETS),
      socket: words[(entry >> 2) + ENTRY_SOCKET] ?? 0,
    };
    Atomics.store(words, this.#block + READER_RING_TAIL, (tail + 1) | 0);
    return query;
  }

  /** Resolves when there is something to take, or `wake` was called. Keeps no process alive. */
  async wait(): Promise<void> {
    const at = this.#block + READER_RING_HEAD;
    const waiting = Atomics.waitAsync(
      this.#words,
      at,
      this.#words[this.#block + READER_RING_TAIL] ?? 0,
    );
    if (waiting.async) await waiting.value;
  }

  wake(): void {
    Atomics.notify(this.#words, this.#block + READER_RING_HEAD);
  }
}

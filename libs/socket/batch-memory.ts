/**
 * What one reader's calls to the kernel need, inside of its share of the memory.
 *
 *   packets │ peers │ control messages │ headers in │ out │ vectors in │ out │ poll │ drops │ ring
 *
 * Packet, peer and control message i belong together. A header (struct mmsghdr) points at them; the
 * headers to receive into stay as they are, those to send point at whichever packets are answered.
 */
import {
  IO_OCTETS,
  LISTENERS_MAX,
  READER_RING_HEAD,
  READER_RING_TAIL,
  readerIo,
  readerWord,
} from '../table/layout.ts';
import { SOCKADDR_IN6_OCTETS } from './socket-address.ts';

/** Datagrams a call. 8 to 128 cost the same; this many fit a burst. */
export const BATCH = 64;
/** A query of more is dropped: they have some 40 octets, and cookies and padding less than 512. */
export const PACKET_OCTETS = 2048;
export const PEER_OCTETS = 32;
/** One IP_PKTINFO or IPV6_PKTINFO. */
export const CONTROL_OCTETS = 64;
/** struct mmsghdr: name, its size, iovec, count, control, its size, flags, then octets received. */
export const HEADER_OCTETS = 64;
const VECTOR_OCTETS = 16;
/** Sockets of one reader: one of each listener. */
export const SOCKETS_MAX = LISTENERS_MAX;
/**
 * Queries that may wait for the control thread, per reader. A power of two. The thread pauses for
 * up to some 75 ms (collecting garbage, say, on a busy machine): 20,000 queries a second of two
 * readers wait so long. With 256 some of 10,000 a second were lost.
 */
export const RING_ENTRIES = 1024;
/** Sizes and socket, peer, control message, then the packet. */
export const RING_ENTRY_OCTETS = 128 + PACKET_OCTETS;

/** Words of a header. */
export const HEADER_PEER = 0;
export const HEADER_PEER_OCTETS = 2;
export const HEADER_VECTOR = 4;
export const HEADER_VECTORS = 6;
export const HEADER_CONTROL = 8;
export const HEADER_CONTROL_OCTETS = 10;
export const HEADER_FLAGS = 12;
export const HEADER_RECEIVED = 14;
export const HEADER_WORDS = HEADER_OCTETS >> 2;
export const VECTOR_WORDS = VECTOR_OCTETS >> 2;

export interface BatchMemory {
  readonly packets: number;
  readonly peers: number;
  readonly controls: number;
  readonly headersIn: number;
  readonly headersOut: number;
  readonly vectorsIn: number;
  readonly vectorsOut: number;
  readonly polls: number;
  /** A word a socket: drops of the kernel that are counted already, also by a thread that died. */
  readonly drops: number;
  readonly ring: number;
}

/** Where they are, as octet offsets. */
export function batchMemoryOf(reader: number): BatchMemory {
  let at = readerIo(reader);
  const take = (octets: number) => {
    const place = at;
    at += octets;
    return place;
  };
  const places = {
    packets: take(BATCH * PACKET_OCTETS),
    peers: take(BATCH * PEER_OCTETS),
    controls: take(BATCH * CONTROL_OCTETS),
    headersIn: take(BATCH * HEADER_OCTETS),
    headersOut: take(BATCH * HEADER_OCTETS),
    vectorsIn: take(BATCH * VECTOR_OCTETS),
    vectorsOut: take(BATCH * VECTOR_OCTETS),
    polls: take(SOCKETS_MAX * 8),
    drops: take(SOCKETS_MAX * 4),
    ring: take(RING_ENTRIES * RING_ENTRY_OCTETS),
  };
  if (at > readerIo(reader) + IO_OCTETS) {
    throw new RangeError(`Cannot lay out a reader: it needs more than ${IO_OCTETS} octets`);
  }
  return places;
}

/**
 * For a reader with new sockets: what the one before it left belongs to others. `dropped`: what the
 * kernel dropped of each socket before, and others have counted.
 */
export function clearReader(
  words: Int32Array,
  reader: number,
  dropped: readonly number[] = [],
): void {
  const drops = batchMemoryOf(reader).drops >> 2;
  for (let i = 0; i < SOCKETS_MAX; i++) words[drops + i] = dropped[i] ?? 0;
  Atomics.store(words, readerWord(reader) + READER_RING_HEAD, 0);
  Atomics.store(words, readerWord(reader) + READER_RING_TAIL, 0);
}

/** Header i points at vector i, peer i, control message i; vector i at packet i. */
export function prepareHeaders(words: Int32Array, address: number, memory: BatchMemory): void {
  const sides = [
    [memory.headersIn, memory.vectorsIn],
    [memory.headersOut, memory.vectorsOut],
  ] as const;
  for (let i = 0; i < BATCH; i++) {
    for (const [headers, vectors] of sides) {
      const header = (headers + i * HEADER_OCTETS) >> 2;
      const vector = vectors + i * VECTOR_OCTETS;
      writePointer(words, header + HEADER_PEER, address + memory.peers + i * PEER_OCTETS);
      words[header + HEADER_PEER_OCTETS] = SOCKADDR_IN6_OCTETS;
      writePointer(words, header + HEADER_VECTOR, address + vector);
      words[header + HEADER_VECTORS] = 1;
      writePointer(words, header + HEADER_CONTROL, address + memory.controls + i * CONTROL_OCTETS);
      words[header + HEADER_CONTROL_OCTETS] = CONTROL_OCTETS;
      writePointer(words, vector >> 2, address + memory.packets + i * PACKET_OCTETS);
      words[(vector >> 2) + 2] = PACKET_OCTETS;
    }
  }
}

/** 64 bits, the lower half first. */
export function writePointer(words: Int32Array, word: number, address: number): void {
  words[word] = address | 0;
  words[word + 1] = Math.floor(address / 2 ** 32);
}

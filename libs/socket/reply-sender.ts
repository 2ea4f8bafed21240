/**
 * Sends what the control thread answered, from the socket and the address that the client asked.
 * One at a time and without waiting: where the kernel has no room the client asks again.
 */
import { CONTROL_READER } from '../table/layout.ts';
import { viewsOf } from '../table/memory-views.ts';
import type { BatchMemory } from './batch-memory.ts';
import {
  batchMemoryOf,
  HEADER_CONTROL_OCTETS,
  HEADER_PEER_OCTETS,
  PACKET_OCTETS,
  prepareHeaders,
} from './batch-memory.ts';
import type { CLibrary } from './c-library.ts';
import { MSG_DONTWAIT } from './c-library.ts';
import type { HandedOver } from './hand-over-ring.ts';

export class ReplySender {
  readonly #library: CLibrary;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #memory: BatchMemory;
  readonly #headers: number;

  constructor(memory: SharedArrayBuffer, library: CLibrary) {
    const { words, bytes } = viewsOf(memory);
    const address = library.addressOf(bytes);
    this.#library = library;
    this.#words = words;
    this.#bytes = bytes;
    this.#memory = batchMemoryOf(CONTROL_READER);
    this.#headers = address + this.#memory.headersOut;
    prepareHeaders(words, address, this.#memory);
  }

  /** False when the kernel did not take it. */
  send(fd: number, response: Uint8Array, { peer, control }: HandedOver): boolean {
    if (response.length > PACKET_OCTETS) return false;
    const { packets, peers, controls, headersOut, vectorsOut } = this.#memory;
    this.#bytes.set(response, packets);
    this.#bytes.set(peer, peers);
    this.#bytes.set(control, controls);
    this.#words[(headersOut >> 2) + HEADER_PEER_OCTETS] = peer.length;
    this.#words[(headersOut >> 2) + HEADER_CONTROL_OCTETS] = control.length;
    this.#words[(vectorsOut >> 2) + 2] = response.length;
    return this.#library.sendmmsg(fd, this.#headers, 1, MSG_DONTWAIT) === 1;
  }
}

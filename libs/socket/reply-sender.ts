/**
 * Sends what the control thread answered, from the socket and the address that the client asked.
 * All that is answered at once goes in one call, and without waiting: where the kernel has no room
 * the client asks again.
 */
import { CONTROL_READER } from '../table/layout.ts';
import { viewsOf } from '../table/memory-views.ts';
import type { BatchMemory } from './batch-memory.ts';
import {
  BATCH,
  batchMemoryOf,
  CONTROL_OCTETS,
  HEADER_CONTROL_OCTETS,
  HEADER_PEER_OCTETS,
  HEADER_WORDS,
  PACKET_OCTETS,
  PEER_OCTETS,
  prepareHeaders,
  VECTOR_WORDS,
} from './batch-memory.ts';
import type { CLibrary } from './c-library.ts';
import { MSG_DONTWAIT } from './c-library.ts';
import type { HandedOver } from './hand-over-ring.ts';
import { sendBatch } from './send-batch.ts';

export interface ReplySenderOptions {
  readonly memory: SharedArrayBuffer;
  readonly library: CLibrary;
  /** Once it is closed, a descriptor may already be another's. */
  readonly isOpen: (fd: number) => boolean;
  /** So many were not sent. */
  readonly onFailed: (replies: number) => void;
  /** Calls as soon as all is done that can be done at once; a turn of the event loop is later. */
  readonly soon?: (work: () => void) => void;
}

export class ReplySender {
  readonly #options: ReplySenderOptions;
  readonly #soon: (work: () => void) => void;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #memory: BatchMemory;
  readonly #headers: number;
  /** Of those that stand ready: they are all from this socket. */
  #fd = -1;
  #ready = 0;

  constructor(options: ReplySenderOptions) {
    const { memory, library, soon = (work) => process.nextTick(work) } = options;
    const { words, bytes } = viewsOf(memory);
    const address = library.addressOf(bytes);
    this.#options = options;
    this.#soon = soon;
    this.#words = words;
    this.#bytes = bytes;
    this.#memory = batchMemoryOf(CONTROL_READER);
    this.#headers = address + this.#memory.headersOut;
    prepareHeaders(words, address, this.#memory);
  }

  /** The response is copied. */
  send(fd: number, response: Uint8Array, { peer, control }: HandedOver): void {
    if (response.length > PACKET_OCTETS) {
      this.#options.onFailed(1);
      return;
    }
    if (this.#ready === BATCH || fd !== this.#fd) this.#flush();
    const i = this.#ready++;
    this.#fd = fd;
    const { packets, peers, controls, headersOut, vectorsOut } = this.#memory;
    const header = (headersOut >> 2) + i * HEADER_WORDS;
    this.#bytes.set(response, packets + i * PACKET_OCTETS);
    this.#bytes.set(peer, peers + i * PEER_OCTETS);
    this.#bytes.set(control, controls + i * CONTROL_OCTETS);
    this.#words[header + HEADER_PEER_OCTETS] = peer.length;
    this.#words[header + HEADER_CONTROL_OCTETS] = control.length;
    this.#words[(vectorsOut >> 2) + i * VECTOR_WORDS + 2] = response.length;
    if (i === 0) this.#soon(() => this.#flush());
  }

  #flush(): void {
    const [fd, ready] = [this.#fd, this.#ready];
    this.#ready = 0;
    if (ready === 0 || !this.#options.isOpen(fd)) return;
    const { library, onFailed } = this.#options;
    const failed = sendBatch(library, fd, this.#headers, ready, MSG_DONTWAIT);
    if (failed > 0) onFailed(failed);
  }
}

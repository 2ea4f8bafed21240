/**
 * Where the table finds who asks: the octets of the address in the shared memory, 4-aligned; 1 more
 * says that they are of IPv6. An IPv4 client of a socket of both families is one of IPv4.
 */
import { viewsOf } from '../table/memory-views.ts';
import { batchMemoryOf } from './batch-memory.ts';
import { AF_INET, AF_INET6 } from './c-library.ts';
import { encodeSocketAddress } from './socket-address.ts';

/** In a sockaddr_in, in a sockaddr_in6, and there behind ::ffff: */
const IPV4_AT = 4;
const IPV6_AT = 8;
const MAPPED_AT = 20;
/** The word of ::ffff:a.b.c.d between its zeros and the IPv4 address. */
const MAPPED_WORD = 4;
const MAPPED = -65536;
const IS_IPV6 = 1;

/** Of the peer as the kernel wrote it. */
export function clientAt(words: Int32Array, peer: number): number {
  const word = peer >> 2;
  if (((words[word] ?? 0) & 0xffff) === AF_INET) return peer + IPV4_AT;
  return words[word + MAPPED_WORD] === MAPPED ? peer + MAPPED_AT : peer + IPV6_AT + IS_IPV6;
}

/** Of who is known by text: in the place of the first peer of a reader without batched calls. */
export class ClientPlace {
  readonly #bytes: Uint8Array;
  readonly #peer: number;
  #address = '';
  #client = 0;

  constructor(memory: SharedArrayBuffer, reader: number) {
    this.#bytes = viewsOf(memory).bytes;
    this.#peer = batchMemoryOf(reader).peers;
  }

  /** Good until the next one. `address`: an IPv6 one may have its zone behind it. */
  of(address: string): number {
    if (address === this.#address) return this.#client; // the next of a connection
    const isIPv6 = address.includes(':');
    const [plain = ''] = address.split('%');
    const octets = encodeSocketAddress(isIPv6 ? AF_INET6 : AF_INET, { address: plain, port: 0 });
    if (octets === undefined) {
      throw new RangeError(`Cannot place the client "${address}": it is no address of IP`);
    }
    this.#bytes.set(octets, this.#peer);
    this.#address = address;
    this.#client = this.#peer + (isIPv6 ? IPV6_AT + IS_IPV6 : IPV4_AT);
    return this.#client;
  }
}

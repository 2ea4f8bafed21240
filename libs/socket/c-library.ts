/**
 * The system calls that Node has no function for: many datagrams a call, from the address asked.
 * Sizes and numbers below are those of 64-bit little-endian Linux; elsewhere node:dgram serves.
 */
import { endianness } from 'node:os';

/** All give -1 on failure, and `errno` says why. Memory is passed as its address. */
export interface CLibrary {
  socket(family: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, octets: number): number;
  getsockopt(
    fd: number,
    level: number,
    option: number,
    value: Int32Array,
    octets: Int32Array,
  ): number;
  bind(fd: number, address: Uint8Array, octets: number): number;
  getsockname(fd: number, address: Uint8Array, octets: Int32Array): number;
  close(fd: number): number;
  poll(descriptors: number, count: number, timeoutMs: number): number;
  recvmmsg(fd: number, headers: number, count: number, flags: number, timeout: number): number;
  sendmmsg(fd: number, headers: number, count: number, flags: number): number;
  madvise(address: number, octets: number, advice: number): number;
  /** Where the octets are in this process. */
  addressOf(octets: Uint8Array): number;
  errno(): number;
}

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_DGRAM = 2;
export const SOCK_CLOEXEC = 0x80000;
export const SOL_SOCKET = 1;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_REUSEPORT = 15;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_MEMINFO = 55;
export const IPPROTO_IP = 0;
export const IP_PKTINFO = 8;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVPKTINFO = 49;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_WAITFORONE = 0x10000;
export const POLLIN = 1;
export const MADV_HUGEPAGE = 14;

export const EINTR = 4;
export const EAGAIN = 11;

/** Architectures whose socket options have the numbers above. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64', 'riscv64'];

/** Undefined where koffi, or one of the calls, is missing. */
export async function loadCLibrary(): Promise<CLibrary | undefined> {
  if (process.platform !== 'linux' || endianness() !== 'LE') return undefined;
  if (!ARCHITECTURES.includes(process.arch)) return undefined;
  try {
    const { default: koffi } = await import('koffi');
    const library = koffi.load(null);
    // An address as a number: nothing is converted, nothing is looked up.
    const many = ['int', 'uint64_t', 'unsigned int', 'int'];
    const place = library.func('uint64_t memcpy(void*, void*, size_t)');
    return {
      socket: library.func('int socket(int, int, int)'),
      setsockopt: library.func('int setsockopt(int, int, int, void*, uint32_t)'),
      getsockopt: library.func('int getsockopt(int, int, int, void*, void*)'),
      bind: library.func('int bind(int, void*, uint32_t)'),
      getsockname: library.func('int getsockname(int, void*, void*)'),
      close: library.func('int close(int)'),
      poll: library.func('poll', 'int', ['uint64_t', 'uint64_t', 'int']),
      recvmmsg: library.func('recvmmsg', 'int', [...many, 'uint64_t']),
      sendmmsg: library.func('sendmmsg', 'int', many),
      madvise: library.func('madvise', 'int', ['uint64_t', 'uint64_t', 'int']),
      // Copying nothing gives back where it would have gone to.
      addressOf: (octets) => Number(place(octets, octets, 0)),
      errno: () => koffi.errno(),
    };
  } catch {
    return undefined;
  }
}

/**
 * UDP sockets that share one port, one a reader: the kernel gives each client's packets to one of
 * them.
 */
import type { CLibrary } from './c-library.ts';
import {
  AF_INET,
  AF_INET6,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_RCVTIMEO,
  SO_REUSEPORT,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SO_SNDTIMEO,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOL_SOCKET,
} from './c-library.ts';
import { errnoName, ListenError } from './listen-error.ts';
import type { Endpoint } from './socket-address.ts';
import { decodeSocketAddress, encodeSocketAddress, SOCKADDR_IN6_OCTETS } from './socket-address.ts';

/**
 * What may wait for a reader: the kernel doubles it and accounts some 800 octets for a query, so
 * that is 10,000 of them, 50 ms of one thread. Without CAP_NET_ADMIN net.core.rmem_max caps it.
 */
export const BUFFER_OCTETS = 4 << 20;
/**
 * How long a reader waits for packets before it looks whether to stop; for the sending the same.
 */
const TIMEOUT_MICROSECONDS = 100_000;

export interface UdpSocket {
  readonly fd: number;
  /** Replies must say the address that was asked, because the socket is bound to any. */
  readonly tellsAddress: boolean;
}

export interface UdpPort {
  readonly sockets: readonly UdpSocket[];
  readonly endpoint: Endpoint;
  /** What the kernel gave of BUFFER_OCTETS. */
  readonly receiveOctets: number;
  readonly isOpen: boolean;
  /**
   * Opens sockets until there are so many; what is called then closes them again. Throws
   * ListenError, with nothing more open.
   */
  grow(count: number): () => void;
  close(): void;
}

/**
 * `count` sockets on one endpoint; port 0 takes a free one. Address '' is any, of both families
 * where the machine has both. `isBesideOwn`: other sockets of ours have the port, at addresses that
 * cover this one, or among them. Throws ListenError, with nothing left open.
 */
export function openUdpPort(
  library: CLibrary,
  wanted: Endpoint,
  count: number,
  isBesideOwn = false,
): UdpPort {
  const first = openFirst(library, wanted, isBesideOwn);
  const sockets: UdpSocket[] = [first.socket];
  let isOpen = true;
  const closeFrom = (least: number) => {
    for (const { fd } of sockets.splice(least)) library.close(fd);
  };
  const grow = (most: number) => {
    const before = sockets.length;
    try {
      while (sockets.length < most) {
        sockets.push(openOne(library, first.family, first.endpoint, true));
      }
    } catch (error) {
      closeFrom(before);
      throw error;
    }
    return () => closeFrom(before);
  };
  try {
    grow(count);
  } catch (error) {
    closeFrom(0);
    throw error;
  }
  return {
    sockets,
    endpoint: first.endpoint,
    receiveOctets: receiveOctetsOf(library, first.socket.fd),
    get isOpen() {
      return isOpen;
    },
    grow,
    close: () => {
      closeFrom(0);
      isOpen = false;
    },
  };
}

/** The first is bound without sharing, so that another process on this port is noticed. */
function openFirst(library: CLibrary, wanted: Endpoint, isBesideOwn: boolean) {
  const family = familyOf(wanted.address);
  let socket: UdpSocket;
  let used = family;
  try {
    socket = openOne(library, family, wanted, isBesideOwn);
  } catch (error) {
    if (wanted.address !== '' || !(error instanceof ListenError) || error.code === 'EADDRINUSE') {
      throw error;
    }
    used = AF_INET; // a machine without IPv6
    socket = openOne(library, used, wanted, isBesideOwn);
  }
  const { port } = nameOf(library, socket.fd);
  const { address } = wanted;
  return { socket, family: used, endpoint: { address, port } };
}

function familyOf(address: string): number {
  return address === '' || address.includes(':') ? AF_INET6 : AF_INET;
}

function openOne(
  library: CLibrary,
  family: number,
  endpoint: Endpoint,
  isShared: boolean,
): UdpSocket {
  const address = encodeSocketAddress(family, endpoint);
  if (address === undefined) throw new ListenError(endpoint, 'udp', 'EINVAL');
  const fd = library.socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const fail = () => {
    const code = errnoName(library.errno());
    if (fd >= 0) library.close(fd);
    return new ListenError(endpoint, 'udp', code);
  };
  if (fd < 0) throw fail();
  const set = (level: number, option: number, ...values: readonly number[]) => {
    const octets = new Uint8Array(new Int32Array(values).buffer);
    if (library.setsockopt(fd, level, option, octets, octets.length) < 0) throw fail();
  };
  const isAny = address.subarray(family === AF_INET ? 4 : 8).every((octet) => octet === 0);
  if (isShared) set(SOL_SOCKET, SO_REUSEPORT, 1);
  setBuffer(library, fd, SO_RCVBUFFORCE, SO_RCVBUF);
  setBuffer(library, fd, SO_SNDBUFFORCE, SO_SNDBUF);
  set(SOL_SOCKET, SO_RCVTIMEO, 0, 0, TIMEOUT_MICROSECONDS, 0); // two int64: s, µs
  set(SOL_SOCKET, SO_SNDTIMEO, 0, 0, TIMEOUT_MICROSECONDS, 0);
  if (family === AF_INET6) set(IPPROTO_IPV6, IPV6_V6ONLY, isAny ? 0 : 1);
  if (isAny && family === AF_INET6) set(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  if (isAny && family === AF_INET) set(IPPROTO_IP, IP_PKTINFO, 1);
  if (library.bind(fd, address, address.length) < 0) throw fail();
  if (!isShared) set(SOL_SOCKET, SO_REUSEPORT, 1);
  return { fd, tellsAddress: isAny };
}

/** Above the system's limit where that is permitted, else as far as it goes. */
function setBuffer(library: CLibrary, fd: number, force: number, option: number): void {
  const octets = new Uint8Array(Int32Array.of(BUFFER_OCTETS).buffer);
  if (library.setsockopt(fd, SOL_SOCKET, force, octets, octets.length) === 0) return;
  library.setsockopt(fd, SOL_SOCKET, option, octets, octets.length);
}

function receiveOctetsOf(library: CLibrary, fd: number): number {
  const doubled = new Int32Array(1);
  library.getsockopt(fd, SOL_SOCKET, SO_RCVBUF, doubled, Int32Array.of(4));
  return (doubled[0] ?? 0) / 2;
}

function nameOf(library: CLibrary, fd: number): Endpoint {
  const name = new Uint8Array(SOCKADDR_IN6_OCTETS);
  library.getsockname(fd, name, new Int32Array([name.length]));
  return decodeSocketAddress(name);
}

/**
 * Packets of a socket that found its receive buffer full, since it was opened. (SO_RXQ_OVFL would
 * tell with each packet, but put a second control message before the one that goes back.)
 */
import type { CLibrary } from './c-library.ts';
import { SO_MEMINFO, SOL_SOCKET } from './c-library.ts';

/** Index of SO_MEMINFO. */
const MEMINFO_DROPS = 8;

const info = new Int32Array(16);
const octets = new Int32Array(1);

/** 0 where the kernel does not say. */
export function kernelDropsOf(library: CLibrary, fd: number): number {
  octets[0] = info.byteLength;
  const failed = library.getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, octets);
  return failed === 0 ? (info[MEMINFO_DROPS] ?? 0) : 0;
}

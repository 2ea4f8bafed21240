/**
 * Large pages for the names: each of the two loads of an answer that miss the caches also misses
 * the list of pages that the processor keeps, and a virtual machine walks two trees for each miss.
 */
import { ARENA_BASE } from '../table/layout.ts';
import type { CLibrary } from './c-library.ts';
import { MADV_HUGEPAGE } from './c-library.ts';

const PAGE_OCTETS = 2 << 20;

/**
 * Asks for them where names are put from now on; the rest of the memory is mostly never touched.
 * Where the system has none (transparent_hugepage is never) all stays as it is.
 */
export function preferHugePages(memory: SharedArrayBuffer, library: CLibrary): void {
  const begin = library.addressOf(new Uint8Array(memory));
  const from = Math.ceil((begin + ARENA_BASE) / PAGE_OCTETS) * PAGE_OCTETS;
  const to = Math.floor((begin + memory.byteLength) / PAGE_OCTETS) * PAGE_OCTETS;
  if (from < to) library.madvise(from, to - from, MADV_HUGEPAGE);
}

/** Hands a batch of messages to the kernel, which may take some of them only. */
import { HEADER_OCTETS } from './batch-memory.ts';
import type { CLibrary } from './c-library.ts';
import { EAGAIN } from './c-library.ts';

/**
 * How many were not sent: a message that fails is left out; when the kernel has no room, the rest
 * is. `headers`: the address of the first.
 */
export function sendBatch(
  library: CLibrary,
  fd: number,
  headers: number,
  count: number,
  flags: number,
): number {
  let failures = 0;
  for (let sent = 0; sent < count; ) {
    const taken = library.sendmmsg(fd, headers + sent * HEADER_OCTETS, count - sent, flags);
    if (taken > 0) {
      sent += taken;
      continue;
    }
    const failed = library.errno() === EAGAIN ? count - sent : 1;
    failures += failed;
    sent += failed;
  }
  return failures;
}

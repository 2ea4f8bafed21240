/**
 * So long, in ms, further signals are the same wish: a terminal signals the whole group, and what
 * runs us in it (npm, timeout, a shell) passes its own on.
 */
const SAME_WISH_MS = 500;

/**
 * Aborts on the first SIGINT or SIGTERM; a second one, from somebody who lost patience, ends the
 * process at once, whatever it was doing.
 */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  let firstMs = 0;
  const stop = (name: NodeJS.Signals) => {
    if (!stopping.signal.aborted) {
      firstMs = performance.now();
      stopping.abort(name);
    } else if (performance.now() - firstMs > SAME_WISH_MS) {
      process.kill(process.pid, 'SIGKILL');
    }
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return stopping.signal;
}

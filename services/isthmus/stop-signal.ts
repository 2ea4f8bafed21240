/**
 * Aborts on the first SIGINT or SIGTERM; a second one ends the process at once, whatever it was
 * doing.
 */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (stopping.signal.aborted) process.kill(process.pid, 'SIGKILL');
    stopping.abort(name);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return stopping.signal;
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Connection, Nats } from './connection.ts';
import { StreamMisfit } from './stream.ts';

/** Between two attempts of what is asked for once. */
const RETRY_MS = 100;

/** Tries until it works, or LogUnavailable after a bounded time with the reason of the last try. */
export async function attempt<T>(
  connection: Connection,
  patienceMs: number,
  use: (nats: Nats) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const nats = await connection.ready(deadline - performance.now());
    try {
      return await use(nats);
    } catch (error) {
      if (error instanceof StreamMisfit) throw error;
      const forbidden = connection.forbidden(error);
      if (forbidden !== undefined) throw forbidden;
      if (performance.now() + RETRY_MS > deadline || connection.isClosed) {
        throw connection.unavailable(error instanceof Error ? error.message : String(error), error);
      }
    }
    await delay(RETRY_MS);
  }
}

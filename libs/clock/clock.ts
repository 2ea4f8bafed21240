/** Time and chance, injected: a test holds them in its hand. */
import { setTimeout } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Ends early, and without an error, when the signal aborts. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
}

export const SYSTEM_CLOCK: Clock = {
  nowMs: () => Date.now(),
  sleep: (durationMs, signal) => setTimeout(durationMs, undefined, { signal }).catch(() => {}),
};

const BACKOFF_FIRST_MS = 25;
/** After an outage of any length, the log is found again within this. */
const BACKOFF_MAX_MS = 1000;

/**
 * How long to wait before the attempt after `failures` (1, 2, …): doubling, and up to half of it by
 * chance.
 */
export function backoffMs(failures: number, random: () => number): number {
  const most = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return most * (0.5 + random() / 2);
}

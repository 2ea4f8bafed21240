/** Time and chance, injected: a test holds them in its hand. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Milliseconds since any moment, by a clock that is never set: for how long something took. */
  elapsedMs(): number;
  /** Ends early, and without an error, when the signal aborts. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
  /** Calls once, unless it is cancelled before. No reason for the process to live on. */
  after(durationMs: number, call: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

export const SYSTEM_CLOCK: Clock = {
  nowMs: () => Date.now(),
  elapsedMs: () => performance.now(),
  sleep: (durationMs, signal) => delay(durationMs, undefined, { signal }).catch(() => {}),
  after(durationMs, call) {
    const timer = setTimeout(call, durationMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
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

/** Time for the reflectors, injected so that a simulation can run them from one seed. */
import { setTimeout as wait } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds; never goes back. */
  nowMs(): number;
  /** Ends after the time, or when the signal aborts; never throws. */
  wait(timeMs: number, signal: AbortSignal): Promise<void>;
}

export const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  wait: (timeMs, signal) => wait(timeMs, undefined, { signal }).catch(() => {}),
};

/**
 * How often, and how many at a time, an API server is asked.
 *
 *   a request ──► a place among those under way ──► a token ──► goes
 *                 (maxInflight, first come first)    (qps, burst)
 *
 * Whoever has a place waits for its token there, so that requests that waited for places do not
 * go off together with tokens they saved up.
 */
import type { Clock } from './clock.ts';

/** As CoreDNS's apiserver_qps, apiserver_burst and apiserver_max_inflight say it. */
export interface RequestLimits {
  /** Requests a second in the long run; 0, or none: client-go's default. */
  readonly qps?: number | undefined;
  /** Requests that may go at once after a rest; 0, or none: client-go's default. */
  readonly burst?: number | undefined;
  /** Requests under way at a time; 0, or none: any number. */
  readonly maxInflight?: number | undefined;
}

/** Of client-go. */
const QPS = 5;
const BURST = 10;

/** Ends a request's stay; more than once does no harm. */
export type Leave = () => void;

export class RequestGate {
  readonly #clock: Clock;
  readonly #qps: number;
  readonly #burst: number;
  readonly #inflightMax: number;
  /** Below 0: promised to those who wait for them. */
  #tokens: number;
  #filledAtMs: number;
  #inflight = 0;
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>();

  constructor(limits: RequestLimits, clock: Clock) {
    this.#clock = clock;
    this.#qps = limits.qps || QPS;
    this.#burst = limits.burst || BURST;
    this.#inflightMax = limits.maxInflight || Number.POSITIVE_INFINITY;
    this.#tokens = this.#burst;
    this.#filledAtMs = clock.nowMs();
  }

  /** Waits as long as the limits want, at most until the signal aborts. */
  async enter(signal: AbortSignal): Promise<Leave> {
    if (this.#inflight < this.#inflightMax) this.#inflight++;
    else if (!(await this.#place(signal))) return () => {};
    const waitMs = this.#takeToken();
    if (waitMs > 0) await this.#clock.wait(waitMs, signal);
    let hasLeft = false;
    return () => {
      if (!hasLeft) this.#leave();
      hasLeft = true;
    };
  }

  /** True with a place, which was another's; false when the signal aborts before. */
  #place(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (hasPlace: boolean) => {
        signal.removeEventListener('abort', abort);
        this.#waiting.delete(take);
        resolve(hasPlace);
      };
      const take = () => end(true);
      const abort = () => end(false);
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
      else this.#waiting.add(take);
    });
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#inflight--;
    else next();
  }

  /** In how many milliseconds the token that is taken now is there. */
  #takeToken(): number {
    const nowMs = this.#clock.nowMs();
    const more = ((nowMs - this.#filledAtMs) * this.#qps) / 1000;
    this.#tokens = Math.min(this.#burst, this.#tokens + more) - 1;
    this.#filledAtMs = nowMs;
    return this.#tokens >= 0 ? 0 : (-this.#tokens * 1000) / this.#qps;
  }
}

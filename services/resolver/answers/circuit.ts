/**
 * Whether a helper that may be broken is worth asking. Some failures in a row open the circuit;
 * after a while one call is tried, and what comes of it closes the circuit or opens it for twice as
 * long.
 *
 *   closed ─failures─► open ─time─► one trial ─success─► closed
 *                        ▲              └─failure─┐
 *                        └────────────────────────┘
 */

/** Failures in a row: one may be a hiccup of this process. */
const FAILURES_MAX = 5;
const OPEN_MS_FIRST = 1000;
/** A store that comes back is used again within this. */
const OPEN_MS_MAX = 30_000;

export class Circuit {
  readonly #nowMs: () => number;
  #failures = 0;
  #openMs = OPEN_MS_FIRST;
  /** Undefined while closed. */
  #untilMs: number | undefined;
  #isTrying = false;

  /** By a monotonic clock. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get isOpen(): boolean {
    return this.#untilMs !== undefined;
  }

  /** Whether to call now. Who calls says how it went. */
  allows(): boolean {
    if (this.#untilMs === undefined) return true;
    if (this.#isTrying || this.#nowMs() < this.#untilMs) return false;
    this.#isTrying = true;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openMs = OPEN_MS_FIRST;
    this.#untilMs = undefined;
    this.#isTrying = false;
  }

  failed(): void {
    const wasTrial = this.#isTrying;
    this.#isTrying = false;
    this.#failures++;
    if (wasTrial) this.#openMs = Math.min(this.#openMs * 2, OPEN_MS_MAX);
    else if (this.isOpen || this.#failures < FAILURES_MAX) return;
    this.#untilMs = this.#nowMs() + this.#openMs;
  }
}

/**
 * How long to wait before trying again. The longest waits are short on purpose: after an outage of
 * any length a new object must be seen within 2 s of the API server's readyz, and six small
 * requests a second from a watcher harm no API server.
 */

const FIRST_MS = 25;
/** Nobody listens, or nothing gets through: costs the server nothing. */
const UNREACHABLE_MAX_MS = 500;
/** The server answered, and refused. */
const REFUSED_MAX_MS = 1000;
/** Of a Retry-After: servers that shut down say 5 s, and are back in 3. */
const RETRY_AFTER_MAX_MS = 1500;

export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  /** `random` is uniform in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  succeed(): void {
    this.#failures = 0;
  }

  afterUnreachable(): number {
    return this.#next(UNREACHABLE_MAX_MS);
  }

  /** `retryAfterMs` is what the server asked for, 0 if it did not. */
  afterRefusal(retryAfterMs: number): number {
    const jitterMs = this.#random() * FIRST_MS;
    const asked = retryAfterMs > 0 ? Math.min(retryAfterMs, RETRY_AFTER_MAX_MS) + jitterMs : 0;
    return Math.max(asked, this.#next(REFUSED_MAX_MS));
  }

  /** Between half of the step and all of it, so that watchers that failed together part. */
  #next(maxMs: number): number {
    const stepMs = Math.min(maxMs, FIRST_MS * 2 ** Math.min(this.#failures, 16));
    this.#failures++;
    return stepMs * (0.5 + this.#random() / 2);
  }
}

/** How long a connection to a server may take to open: by how long others took. CoreDNS's. */

const LEAST_MS = 1000;
const MOST_MS = 30_000;
/** An average of about the last four. */
const WEIGHT = 4;

export class DialTimeout {
  #averageMs = MOST_MS / 2;

  /** Twice the average, within a second and half a minute. */
  get ms(): number {
    return Math.min(Math.max(2 * this.#averageMs, LEAST_MS), MOST_MS);
  }

  /** One opened, or did not, after so long. */
  took(ms: number): void {
    this.#averageMs += (ms - this.#averageMs) / WEIGHT;
  }
}

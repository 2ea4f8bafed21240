/**
 * Which names are asked so often that they are asked for again before they expire: CoreDNS's
 * `prefetch`. Pure.
 *
 * Hits of the chain are seen when they happen. Those of readers are counted in the table, and seen
 * when the cache looks: often enough that no gap goes unseen.
 */

export interface PrefetchOptions {
  /** Hits that make a name popular; 0: none is. */
  readonly amount: number;
  /** Hits with a longer gap between them do not add up. */
  readonly gapMs: number;
  /** Of the lifetime, the last part, in which a popular name is asked for again. */
  readonly percentage: number;
}

/** What a reader counts between two looks, at most (HITS_MAX of the table). */
const HITS_PER_LOOK = 255;
/** Looks cost a search in the table each. */
const LOOK_MS_LEAST = 1000;
/** A gap is seen with so much of it to spare. */
const LOOKS_PER_GAP = 4;

export class Popularity {
  #hits = 0;
  #lastHitMs = Number.NEGATIVE_INFINITY;

  /** So many hits were seen now. */
  add(hits: number, nowMs: number, { amount, gapMs }: PrefetchOptions): void {
    if (hits === 0) return;
    if (nowMs - this.#lastHitMs > gapMs) this.#hits = 0;
    // Who asks so often that it can't be counted asks `amount` times without a gap.
    this.#hits += hits < HITS_PER_LOOK ? hits : amount;
    this.#lastHitMs = nowMs;
  }

  /** Whether it is, and somebody asked since then. */
  isPopular(nowMs: number, sinceMs: number, { amount, gapMs }: PrefetchOptions): boolean {
    return (
      amount > 0 &&
      this.#hits >= amount &&
      nowMs - this.#lastHitMs <= gapMs &&
      this.#lastHitMs > sinceMs
    );
  }
}

/** How long before its expiry a popular name is asked for again: a second at least. */
export function windowMs(lifetimeSeconds: number, { percentage }: PrefetchOptions): number {
  return Math.ceil((lifetimeSeconds * percentage) / 100) * 1000;
}

/**
 * When to look at it next: at the window's start, and often enough before to see each gap and to
 * count all that `amount` needs; then some more times until it expires.
 */
export function nextLookMs(
  nowMs: number,
  expiresAtMs: number,
  lifetimeSeconds: number,
  options: PrefetchOptions,
): number {
  const window = windowMs(lifetimeSeconds, options);
  const windowAtMs = expiresAtMs - window;
  const { amount, gapMs } = options;
  const looks = Math.max(LOOKS_PER_GAP, Math.ceil(amount / HITS_PER_LOOK));
  const everyMs = Math.max(LOOK_MS_LEAST, gapMs / looks);
  if (nowMs < windowAtMs) return Math.min(windowAtMs, nowMs + everyMs);
  return nowMs + Math.max(LOOK_MS_LEAST, window / 4);
}

/**
 * Tells whoever waits within this process that there may be something new, at once and without
 * polling.
 *
 * The waiter looks first and waits only if there was nothing: between the look and the wait no
 * other code runs, so nothing is missed.
 */
export class Wakeup {
  readonly #waiting = new Set<() => void>();

  notify(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  wait(): Promise<void> {
    return new Promise((wake) => this.#waiting.add(wake));
  }
}

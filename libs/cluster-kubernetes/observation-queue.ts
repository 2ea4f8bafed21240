/**
 * Six reflectors → one consumer. Bounded: a reflector that finds the queue full waits, which holds
 * back its list or its watch, and at last the server.
 */
import type { Observation } from '../cluster/source.ts';

/** Two pages of a list. */
const OBSERVATIONS_MAX = 1000;

export class ObservationQueue {
  #waiting: Observation[] = [];
  #wake: (() => void) | undefined;
  #room = Promise.withResolvers<void>();

  /** Undefined when there was room, else a promise to await before the next. */
  push(observation: Observation): Promise<void> | undefined {
    this.#waiting.push(observation);
    this.#wake?.();
    return this.#waiting.length < OBSERVATIONS_MAX ? undefined : this.#room.promise;
  }

  async *drain(signal: AbortSignal): AsyncGenerator<Observation> {
    const wake = () => this.#wake?.();
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        const some = this.#waiting;
        this.#waiting = [];
        this.#room.resolve();
        this.#room = Promise.withResolvers<void>();
        for (const observation of some) {
          if (signal.aborted) return;
          yield observation;
        }
        if (this.#waiting.length === 0) await this.#pushed(signal);
      }
    } finally {
      signal.removeEventListener('abort', wake);
      this.#room.resolve();
    }
  }

  #pushed(signal: AbortSignal): Promise<void> | undefined {
    if (signal.aborted) return undefined;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/**
 * A process as far as the world can tell: its clock, and whether what comes in reaches it.
 *
 *   running ◄─► paused (SIGSTOP: everything waits at its door)      crashed: nothing ever again
 *
 * What a crashed process still computes reaches nobody.
 */
import type { Clock, Timer } from '../../libs/clock/clock.ts';
import type { Timeline } from './timeline.ts';

export class Machine {
  readonly name: string;
  readonly clock: Clock;
  readonly #timeline: Timeline;
  #state: 'running' | 'paused' | 'crashed' = 'running';
  #waiting: (() => void)[] = [];

  /** `skewMs`: how wrong its clock is. */
  constructor(name: string, timeline: Timeline, skewMs: number) {
    this.name = name;
    this.#timeline = timeline;
    const begunMs = timeline.nowMs;
    this.clock = {
      nowMs: () => timeline.nowMs + skewMs,
      elapsedMs: () => timeline.nowMs - begunMs,
      sleep: (durationMs, signal) => this.#sleep(durationMs, signal),
      after: (durationMs, call) => this.#after(durationMs, call),
    };
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  get hasCrashed(): boolean {
    return this.#state === 'crashed';
  }

  /** Something comes in. */
  arrive(act: () => void): void {
    if (this.#state === 'running') act();
    else if (this.#state === 'paused') this.#waiting.push(act);
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const act of waiting) this.arrive(act);
  }

  crash(): void {
    this.#state = 'crashed';
    this.#waiting = [];
  }

  #after(durationMs: number, call: () => void): Timer {
    let isCancelled = false;
    const timer = this.#timeline.after(durationMs, `${this.name}: time is up`, () =>
      this.arrive(() => {
        if (!isCancelled) call();
      }),
    );
    return {
      cancel() {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  #sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        timer.cancel();
        resolve();
      };
      const timer = this.#after(durationMs, wake);
      signal.addEventListener('abort', wake);
    });
  }
}

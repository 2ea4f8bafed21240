/**
 * The only time there is: what is due happens in the order of its time, one after the other, and
 * between two nothing happens.
 */
import type { Timer } from '../../libs/clock/clock.ts';

export interface Due {
  readonly atMs: number;
  /** For the trace. */
  readonly what: string;
  readonly act: () => void;
}

interface Waiting extends Due {
  readonly order: number;
  isCancelled: boolean;
}

const BEGINS = Date.parse('2026-03-01T03:12:00Z');

export class Timeline {
  /** Since 1970. */
  nowMs = BEGINS;
  #order = 0;
  /** A binary heap: the first is due next. */
  readonly #heap: Waiting[] = [];

  /** Since the simulation began. */
  get sinceMs(): number {
    return this.nowMs - BEGINS;
  }

  after(delayMs: number, what: string, act: () => void): Timer {
    const atMs = this.nowMs + Math.max(0, delayMs);
    const waiting = { atMs, what, act, order: this.#order++, isCancelled: false };
    this.#push(waiting);
    return {
      cancel() {
        waiting.isCancelled = true;
      },
    };
  }

  /** What is due next, which is now; undefined: nothing is until then. */
  next(untilMs: number): Due | undefined {
    for (;;) {
      const [first] = this.#heap;
      if (first === undefined || (!first.isCancelled && first.atMs > untilMs)) return undefined;
      this.#pop();
      if (first.isCancelled) continue;
      this.nowMs = first.atMs;
      return first;
    }
  }

  #push(waiting: Waiting): void {
    const heap = this.#heap;
    let at = heap.push(waiting) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = heap[above];
      if (other === undefined || isBefore(other, waiting)) break;
      heap[at] = other;
      at = above;
    }
    heap[at] = waiting;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [one, other] = [heap[left], heap[left + 1]];
      if (one === undefined) break;
      const isOther = other !== undefined && isBefore(other, one);
      const least = isOther ? other : one;
      if (isBefore(last, least)) break;
      heap[at] = least;
      at = isOther ? left + 1 : left;
    }
    heap[at] = last;
  }
}

function isBefore(a: Waiting, b: Waiting): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

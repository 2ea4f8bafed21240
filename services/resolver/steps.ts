/** Work that is cut into steps: between two of them queries may be answered. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Others get a turn after each step. */
export async function inTurns<T>(steps: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await nextTurn();
  }
}

/** Nobody waits for a turn, or all wait for what comes out. */
export function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

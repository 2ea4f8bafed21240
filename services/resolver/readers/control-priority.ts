/**
 * Control work gives way to readers: every thread of the process but theirs is nicer. A list of
 * 100,000 services keeps the control thread and those that collect its garbage busy for seconds;
 * on few cores a query that arrives then would wait for their time slices.
 *
 * Nicer is what every process may become. It counts among the threads of one control group: in a
 * container, among ours alone.
 *
 *   the first listeners: threads there are ─► readers start ─► those threads become nicer
 */
import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/**
 * A reader gets three times the share of a busy core. With 10 it is ten times, and a flood of
 * queries leaves a tenth of a core to all else, health checks included.
 */
const NICER = 5;
const NICEST = 19;

let readersPriority: number | undefined;

/**
 * Called before the readers of this process start; gives what is to be called once they serve.
 * Only once: threads that start later are as their starter is.
 */
export function beforeReaders(): () => void {
  if (process.platform !== 'linux' || readersPriority !== undefined) return () => {};
  const before = getPriority();
  readersPriority = before;
  const threads = readdirSync('/proc/self/task').map(Number);
  return () => {
    for (const thread of threads) prioritize(thread, Math.min(before + NICER, NICEST));
  };
}

/** What readers are to have; undefined where there is none to have. */
export function priorityOfReaders(): number | undefined {
  return readersPriority;
}

/** In a reader: one that is started late has inherited what control work has. */
export function prioritizeReader(priority: number | undefined): void {
  if (priority !== undefined) prioritize(0, priority);
}

function prioritize(thread: number, priority: number): void {
  try {
    setPriority(thread, priority);
  } catch {
    // It has ended, or less nice needs CAP_SYS_NICE: nothing but latency depends on it.
  }
}
